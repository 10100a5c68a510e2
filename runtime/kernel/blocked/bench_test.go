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
	kernel.AVX2:    sync.OnceValue(func() float64 { return kernel.PeakGFLOPS(kernel.AVX2, 1) }),
	kernel.AVX512:  sync.OnceValue(func() float64 { return kernel.PeakGFLOPS(kernel.AVX512, 1) }),
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

// best returns the seconds of a run: the least of several windows of a millisecond.
func best(run func()) float64 {
	least := math.Inf(1)
	for range 15 {
		trips := 0
		start := time.Now()
		for time.Since(start) < time.Millisecond || trips == 0 {
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
