package blocked

import (
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestRunsAllocateNothing runs every layer of maps after a first time, which makes
// the description of its task.
func TestRunsAllocateNothing(t *testing.T) {
	m, half, large := Map{C: 16, H: 8, W: 8, Halo: 1}, Map{C: 16, H: 4, W: 4, Halo: 1}, Map{C: 16, H: 16, W: 16, Halo: 1}
	s := kernel.ConvShape{C: 16, H: 8, W: 8, O: 16, R: 3, S: 3, Groups: 16, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	pool := kernel.PoolShape{C: 16, H: 8, W: 8, R: 2, S: 2, StrideH: 2, StrideW: 2}
	x, y := make([]float32, large.Len(1)), make([]float32, large.Len(1))
	bias := make([]float32, 16)
	for _, isa := range isas() {
		conv := NewConv(ConvConfig{Shape: s, In: m, Out: m, Epilogue: kernel.Epilogue{Bias: true, Act: kernel.ActSilu}, ISA: isa})
		packed := make([]float32, conv.PackedLen())
		scale := NewElementwise(ElementwiseConfig{Op: OpScale, A: m, B: Map{C: m.C, H: 1, W: 1}, Out: m, ISA: isa})
		sum := NewElementwise(ElementwiseConfig{Op: OpAdd, Act: kernel.ActRelu, A: m, B: m, Out: m, ISA: isa})
		maximum := NewPool(PoolConfig{Shape: pool, Max: true, In: m, Out: half, ISA: isa})
		at := make([]uint8, maximum.Positions(1))
		mean := NewMean(MeanConfig{In: m, ISA: isa})
		resize := NewResize(ResizeConfig{In: m, Out: large, ScaleH: 2, ScaleW: 2, Bilinear: true, ISA: isa})
		place := NewCopy(CopyConfig{In: half, Out: Map{C: 28, H: 4, W: 4, Halo: 1}, At: 12, ISA: isa})
		plain := NewConv(ConvConfig{Shape: s, In: m, Out: m, Epilogue: kernel.Epilogue{Bias: true}, ISA: isa})
		chain := newChain(1<<10, false, []Link{conv, plain, maximum})
		ctx := kernel.NewCtx(nil)
		ctx.Reserve(conv.Need(1))
		ctx.Reserve(chain.Need(1))
		for name, run := range map[string]func(){
			"conv": func() { conv.Run(ctx, 1, y, x, packed, bias, nil) },
			"chain": func() {
				chain.Run(ctx, 1, y, x, nil, ChainWeights{Packed: packed, Bias: bias}, ChainWeights{Packed: packed, Bias: bias}, ChainWeights{})
			},
			"scale":  func() { scale.Run(ctx, 1, y, x, bias) },
			"sum":    func() { sum.Run(ctx, 1, y, x, x) },
			"pool":   func() { maximum.Run(ctx, 1, y, x) },
			"poolAt": func() { maximum.RunAt(ctx, 1, y, at, x) },
			"poolDX": func() { maximum.RunDX(ctx, 1, y, at, x) },
			"mean":   func() { mean.Run(ctx, 1, bias, x) },
			"resize": func() { resize.Run(ctx, 1, y, x) },
			"copy":   func() { place.Run(ctx, 1, y, x) },
		} {
			run()
			if n := testing.AllocsPerRun(200, run); n >= 1 {
				t.Errorf("%v, %s: %v allocations a run, want none", isa, name, n)
			}
		}
	}
}

// TestConvolutionsAllocateNothing runs every algorithm of a convolution and of its
// gradients after a first time.
func TestConvolutionsAllocateNothing(t *testing.T) {
	shape := func(c, o, side, stride, groups int) kernel.ConvShape {
		return kernel.ConvShape{C: c, H: 12, W: 12, O: o, R: side, S: side, Groups: groups, StrideH: stride, StrideW: stride, DilH: 1, DilW: 1,
			PadTop: side / 2, PadLeft: side / 2, PadBottom: side / 2, PadRight: side / 2}
	}
	odd := func(s kernel.ConvShape) kernel.ConvShape { s.H, s.W = s.H-1, s.W-1; return s }
	for _, row := range []struct {
		name  string
		shape kernel.ConvShape
		algo  Algorithm
		plain bool // x is a picture
	}{
		{"stem", shape(3, 16, 3, 2, 1), Auto, true},
		{"direct", shape(16, 24, 3, 1, 1), Direct, false},
		{"direct of stride 2", shape(16, 24, 3, 2, 1), Direct, false},
		{"pointwise", shape(16, 24, 1, 1, 1), Auto, false},
		{"pointwise turned", shape(24, 96, 1, 1, 1), Auto, false},
		{"grouped", shape(16, 32, 3, 1, 2), Auto, false},
		{"depthwise", shape(24, 24, 3, 1, 24), Auto, false},
		{"depthwise of stride 2", shape(24, 24, 5, 2, 24), Auto, false},
		{"winograd2", shape(24, 40, 3, 1, 1), Winograd2, false},
		{"winograd3", shape(24, 40, 3, 1, 1), Winograd3, false},
		{"winograd4", shape(24, 40, 3, 1, 1), Winograd4, false},
		{"winograd4 once", shape(256, 256, 3, 1, 1), Winograd4, false},
		{"strassen of rows", shape(64, 64, 1, 1, 1), Strassen, false},
		{"strassen of images", odd(shape(64, 64, 1, 1, 1)), Strassen, false},
	} {
		const n = 3
		s := row.shape
		x, y := Map{C: s.C, H: s.H, W: s.W, Halo: s.PadTop}, Map{C: s.O, H: s.P(), W: s.Q(), Halo: DXHalo(&s)}
		in, out := make([]float32, x.Len(n)), make([]float32, y.Len(n))
		weights := make([]float32, s.Weights())
		for _, isa := range isas() {
			ctx := kernel.NewCtx(nil)
			conv := NewConv(ConvConfig{Shape: s, In: x, PlainIn: row.plain, Out: y, Images: n, Algo: row.algo, ISA: isa})
			dw := NewConvDW(ConvDWConfig{Shape: s, X: x, PlainX: row.plain, DY: y, Algo: row.algo, ISA: isa})
			packed := make([]float32, conv.PackedLen())
			enough(t, row.name, conv.Need, conv.MostNeed, n)
			enough(t, row.name+" dw", dw.Need, dw.MostNeed, n)
			ctx.Reserve(conv.Need(n))
			ctx.Reserve(dw.Need(n))
			runs := map[string]func(){
				"conv": func() { conv.Run(ctx, n, out, in, packed, nil, nil) },
				"dw":   func() { dw.Run(ctx, n, weights, in, out) },
			}
			if !row.plain {
				dx := NewConvDX(ConvDXConfig{Shape: s, In: y, Out: x, Images: n, Algo: row.algo, ISA: isa})
				turned := make([]float32, dx.PackedLen())
				enough(t, row.name+" dx", dx.Need, dx.MostNeed, n)
				ctx.Reserve(dx.Need(n))
				runs["dx"] = func() { dx.Run(ctx, n, in, out, turned, nil, nil) }
			}
			for name, run := range runs {
				run()
				if n := testing.AllocsPerRun(2, run); n >= 1 {
					t.Errorf("%v, %s, %s: %v allocations a run, want none", isa, row.name, name, n)
				}
			}
		}
	}
}

// enough wants no need to be more than what a compiler plans with.
func enough(t *testing.T, name string, need, most func(n int) (int, int), n int) {
	t.Helper()
	own, all := need(n)
	if a, b := most(n); own > a || all > b {
		t.Errorf("%s: needs %d and %d floats, more than %d and %d", name, own, all, a, b)
	}
}
