package blocked

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
)

// peaks measures the multiply-add peak of each set once in a run.
var peaks = [...]func() float64{
	kernel.Generic: func() float64 { return math.NaN() },
	kernel.AVX2:    sync.OnceValue(func() float64 { return steadyPeak(kernel.AVX2) }),
	kernel.AVX512:  sync.OnceValue(func() float64 { return steadyPeak(kernel.AVX512) }),
}

// steadyPeak is the highest of several readings, for the same reason as in best.
func steadyPeak(isa kernel.ISA) float64 {
	peak := 0.0
	for range 8 {
		peak = max(peak, kernel.PeakGFLOPS(isa, 1))
	}
	return peak
}

// bench runs one kernel and reports its best rates: operations against the
// multiply-add peak, and bytes read and written against a copy of as many.
func bench(b *testing.B, isa kernel.ISA, flops, bytes int, run func()) {
	peak := peaks[isa]()
	from, to := make([]float32, bytes/8), make([]float32, bytes/8)
	seconds := best(run)
	copied := best(func() { copy(to, from) })
	for b.Loop() {
		run()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(seconds*1e6, "us")
	if flops > 0 {
		b.ReportMetric(float64(flops)/seconds/1e9, "gflops")
		b.ReportMetric(peak, "peak")
		b.ReportMetric(float64(flops)/seconds/1e9/peak, "ratio")
	}
	b.ReportMetric(float64(bytes)/seconds/1e9, "GB/s")
	b.ReportMetric(copied/seconds, "of-copy")
}

// best returns the seconds of a run: the least of many short windows, since other
// programs may share the processor.
func best(run func()) float64 {
	least := math.Inf(1)
	for range 50 {
		trips := 0
		start := time.Now()
		for time.Since(start) < 300*time.Microsecond || trips == 0 {
			run()
			trips++
		}
		least = min(least, time.Since(start).Seconds()/float64(trips))
	}
	return least
}

func BenchmarkDepthwise(b *testing.B) {
	for _, l := range []struct{ c, size, k, stride, dil int }{
		{192, 28, 3, 1, 1}, {576, 14, 3, 1, 1}, {960, 7, 3, 1, 1}, {32, 112, 3, 1, 1}, {144, 56, 3, 1, 1},
		{96, 112, 3, 2, 1}, {144, 56, 3, 2, 1}, {192, 28, 3, 2, 1}, {576, 14, 3, 2, 1}, {240, 28, 3, 1, 2},
		{240, 28, 5, 1, 1}, {672, 14, 5, 1, 1}, {1152, 7, 5, 1, 1}, {144, 56, 5, 2, 1}, {672, 14, 5, 2, 1},
		{96, 56, 7, 1, 1}, {384, 14, 7, 1, 1}, {96, 56, 7, 2, 1}, {64, 28, 4, 1, 1},
	} {
		pad := l.k / 2 * l.dil
		s := kernel.ConvShape{C: l.c, H: l.size, W: l.size, O: l.c, R: l.k, S: l.k, Groups: l.c, StrideH: l.stride, StrideW: l.stride,
			DilH: l.dil, DilW: l.dil, PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad}
		for _, isa := range isas()[1:] {
			b.Run(fmt.Sprintf("%dx%d_k%ds%dd%d/%v", l.c, l.size, l.k, l.stride, l.dil, isa), func(b *testing.B) {
				f := ConvConfig{Shape: s, In: Map{C: l.c, H: l.size, W: l.size, Halo: pad}, Out: Map{C: l.c, H: s.P(), W: s.Q(), Halo: 1}, ISA: isa,
					Epilogue: kernel.Epilogue{Bias: true, Act: kernel.ActClamp, Args: [2]float32{0, 6}}}
				p := NewConv(f)
				x, y := kernel.Aligned(f.In.Len(1)), kernel.Aligned(f.Out.Len(1))
				packed, bias := kernel.Aligned(p.PackedLen()), make([]float32, l.c)
				ctx := kernel.NewCtx(nil)
				bench(b, isa, 2*s.MACs(), 4*(len(x)+len(y)), func() { p.Run(ctx, 1, y, x, packed, bias, nil) })
			})
		}
	}
}

func BenchmarkElementwise(b *testing.B) {
	for _, size := range []struct{ c, size int }{{64, 56}, {96, 112}, {672, 14}} {
		m := Map{C: size.c, H: size.size, W: size.size, Halo: 1}
		for op := OpApply; op <= OpScale; op++ {
			for _, act := range everyAct {
				if op == OpScale && act != kernel.ActNone || op == OpAdd && act > kernel.ActRelu {
					continue
				}
				for _, isa := range isas()[1:] {
					b.Run(fmt.Sprintf("%dx%d_%d_%v/%v", size.c, size.size, op, act, isa), func(b *testing.B) {
						f := ElementwiseConfig{Op: op, Act: act, A: m, B: m, Out: m, ISA: isa}
						if op == OpScale {
							f.B = Map{C: m.C, H: 1, W: 1}
						}
						p := NewElementwise(f)
						x, z, y := kernel.Aligned(m.Len(1)), kernel.Aligned(m.Len(1)), kernel.Aligned(m.Len(1))
						ctx := kernel.NewCtx(nil)
						bytes := 8 * len(x)
						if op == OpAdd {
							bytes += 4 * len(x)
						}
						elements := m.C * m.H * m.W
						run := func() { p.Run(ctx, 1, y, x, z) }
						b.ReportMetric(best(run)*1e9/float64(elements), "ns/elem")
						bench(b, isa, 0, bytes, run)
					})
				}
			}
		}
	}
}

func BenchmarkPool(b *testing.B) {
	for _, l := range []struct{ c, size, k, stride, pad int }{{64, 112, 3, 2, 1}, {64, 56, 2, 2, 0}, {64, 224, 2, 2, 0}, {192, 28, 3, 1, 1}, {512, 14, 2, 2, 0}} {
		s := kernel.PoolShape{C: l.c, H: l.size, W: l.size, R: l.k, S: l.k, StrideH: l.stride, StrideW: l.stride, PadTop: l.pad, PadLeft: l.pad, PadBottom: l.pad, PadRight: l.pad}
		f := PoolConfig{Shape: s, In: Map{C: l.c, H: l.size, W: l.size, Halo: 1}, Out: Map{C: l.c, H: s.P(), W: s.Q(), Halo: 1}, ISA: kernel.AVX2}
		for _, f.Max = range []bool{true, false} {
			b.Run(fmt.Sprintf("%dx%d_k%ds%d_max=%v", l.c, l.size, l.k, l.stride, f.Max), func(b *testing.B) {
				p := NewPool(f)
				x, y := kernel.Aligned(f.In.Len(1)), kernel.Aligned(f.Out.Len(1))
				ctx := kernel.NewCtx(nil)
				bench(b, kernel.AVX2, 0, 4*(len(x)+len(y)), func() { p.Run(ctx, 1, y, x) })
			})
		}
	}
	for _, size := range []struct{ c, size int }{{1280, 7}, {96, 112}, {672, 14}} {
		b.Run(fmt.Sprintf("%dx%d_mean", size.c, size.size), func(b *testing.B) {
			m := Map{C: size.c, H: size.size, W: size.size, Halo: 1}
			p := NewMean(MeanConfig{In: m, ISA: kernel.AVX2})
			x, y := kernel.Aligned(m.Len(1)), kernel.Aligned(m.C)
			ctx := kernel.NewCtx(nil)
			bench(b, kernel.AVX2, 0, 4*len(x), func() { p.Run(ctx, 1, y, x) })
		})
	}
}

func BenchmarkMove(b *testing.B) {
	m, large := Map{C: 64, H: 56, W: 56, Halo: 1}, Map{C: 64, H: 112, W: 112, Halo: 1}
	x, y := kernel.Aligned(large.Len(1)), kernel.Aligned(large.Len(1))
	ctx := kernel.NewCtx(nil)
	for _, l := range []struct {
		name  string
		bytes int
		run   func()
	}{
		{"enter", 8 * m.Size(), func() { NewEnter(m).Run(ctx, 1, y, x) }},
		{"leave", 8 * m.Size(), func() { NewLeave(m).Run(ctx, 1, y, x) }},
		{"nearest2", 20 * m.Size(), resizeOf(ctx, m, large, false, y, x)},
		{"bilinear2", 20 * m.Size(), resizeOf(ctx, m, large, true, y, x)},
		{"copy", 8 * m.Size(), copyOf(ctx, m, 8, y, x)},
		{"copy_other_lanes", 8 * m.Size(), copyOf(ctx, m, 12, y, x)},
	} {
		b.Run(l.name, func(b *testing.B) { bench(b, kernel.AVX2, 0, l.bytes, l.run) })
	}
}

func resizeOf(ctx *kernel.Ctx, in, out Map, bilinear bool, y, x []float32) func() {
	p := NewResize(ResizeConfig{In: in, Out: out, ScaleH: 2, ScaleW: 2, Bilinear: bilinear, ISA: kernel.AVX2})
	return func() { p.Run(ctx, 1, y, x) }
}

func copyOf(ctx *kernel.Ctx, in Map, at int, y, x []float32) func() {
	out := in
	out.C += at
	p := NewCopy(CopyConfig{In: in, Out: out, At: at, ISA: kernel.AVX2})
	return func() { p.Run(ctx, 1, y, x) }
}
