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
		scale := NewElementwise(ElementwiseConfig{Op: OpScale, A: m, Out: m, ISA: isa})
		sum := NewElementwise(ElementwiseConfig{Op: OpAdd, Act: kernel.ActRelu, A: m, B: m, Out: m, ISA: isa})
		maximum := NewPool(PoolConfig{Shape: pool, Max: true, In: m, Out: half, ISA: isa})
		at := make([]uint8, maximum.Positions(1))
		mean := NewMean(m, isa)
		resize := NewResize(ResizeConfig{In: m, Out: large, ScaleH: 2, ScaleW: 2, Bilinear: true, ISA: isa})
		place := NewCopy(CopyConfig{In: half, Out: Map{C: 28, H: 4, W: 4, Halo: 1}, At: 12, ISA: isa})
		ctx := kernel.NewCtx(nil)
		ctx.Reserve(conv.Need(1))
		for name, run := range map[string]func(){
			"conv":   func() { conv.Run(ctx, 1, y, x, packed, bias, nil) },
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
