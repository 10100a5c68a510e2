package blocked

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
)

// square returns the shape of a layer with a square picture and window.
func square(c, o, side, k, stride int) kernel.ConvShape {
	return kernel.ConvShape{C: c, O: o, H: side, W: side, R: k, S: k, Groups: 1,
		StrideH: stride, StrideW: stride, DilH: 1, DilW: 1,
		PadTop: k / 2, PadLeft: k / 2, PadBottom: (k - 1) / 2, PadRight: (k - 1) / 2}
}

// benchLayers are the shapes that issue 4 sets targets for.
var benchLayers = []kernel.ConvShape{
	square(64, 64, 56, 3, 1), square(128, 128, 28, 3, 1), square(256, 256, 14, 3, 1), square(512, 512, 7, 3, 1),
	square(128, 128, 56, 3, 2), square(256, 256, 28, 3, 2), square(512, 512, 14, 3, 2),
	square(64, 64, 56, 1, 1), square(64, 256, 56, 1, 1), square(256, 64, 56, 1, 1),
	square(256, 128, 56, 1, 1), square(256, 512, 56, 1, 2), square(128, 512, 28, 1, 1), square(512, 128, 28, 1, 1),
	square(512, 256, 28, 1, 1), square(512, 1024, 28, 1, 2), square(256, 1024, 14, 1, 1), square(1024, 256, 14, 1, 1),
	square(1024, 512, 14, 1, 1), square(1024, 2048, 14, 1, 2), square(512, 2048, 7, 1, 1), square(2048, 512, 7, 1, 1),
	square(3, 64, 224, 7, 2), square(3, 32, 224, 3, 2), square(3, 64, 224, 3, 1),
}

// layerName is the shape in the words of papers: 64x56x56->64 3x3 s1.
func layerName(s kernel.ConvShape) string {
	return fmt.Sprintf("%dx%d_c%dx%dx%d-%d_s%d", s.R, s.S, s.C, s.H, s.W, s.O, s.StrideH)
}

// layerConfig lays a layer out as a network would: a halo that its padding needs,
// bias and a rectifier.
func layerConfig(s kernel.ConvShape) ConvConfig {
	halo := max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
	if s.C <= 4 {
		halo = 0
	}
	return ConvConfig{PlainIn: s.C <= 4, Shape: s, Epilogue: kernel.Epilogue{Bias: true, Act: kernel.ActRelu},
		In: Map{C: s.C, H: s.H, W: s.W, Halo: halo}, Out: Map{C: s.O, H: s.P(), W: s.Q(), Halo: 1}}
}

// rates runs body in windows of 3 ms or more and returns the median and the best
// rate of work over time, work in units of one run, time in nanoseconds.
func rates(windows int, work float64, body func()) (median, best float64) {
	body()
	runs := 1
	for {
		start := time.Now()
		for range runs {
			body()
		}
		d := time.Since(start)
		if d >= 3*time.Millisecond {
			break
		}
		runs = runs*2 + int(float64(runs)*3e6/float64(d+1000))
	}
	all := make([]float64, windows)
	for i := range all {
		start := time.Now()
		for range runs {
			body()
		}
		all[i] = work * float64(runs) / float64(time.Since(start))
	}
	slices.Sort(all)
	return all[windows/2], all[windows-1]
}

// BenchmarkConv reports, for each layer and instruction set, GFLOP/s of the median
// window, the steady peak, and the ratio of both the median and the best window to
// it. Pin it to one processor.
func BenchmarkConv(b *testing.B) {
	for _, isa := range isas()[1:] {
		for _, s := range benchLayers {
			b.Run(isa.String()+"/"+layerName(s), func(b *testing.B) { benchConv(b, layerConfig(s), isa) })
		}
	}
}

// benchConv reports one layer and returns its ratio. The peak is the better of two
// readings, before and after, since clocks drift.
func benchConv(b *testing.B, f ConvConfig, isa kernel.ISA) (ratio float64) {
	r := newRand(b)
	f.ISA = isa
	p := NewConv(f)
	ctx := kernel.NewCtx(nil)
	ctx.Reserve(p.Need(1))
	packed := kernel.Aligned(p.PackedLen())
	p.Pack(packed, random(r, f.Shape.Weights()))
	bias := random(r, f.Shape.O)
	x, y := kernel.Aligned(f.In.Len(1)), kernel.Aligned(f.Out.Len(1))
	copy(x, random(r, len(x)))
	for b.Loop() {
		peak := kernel.PeakGFLOPS(isa, 1)
		median, best := rates(15, float64(2*f.Shape.MACs()), func() { p.Run(ctx, 1, y, x, packed, bias, nil) })
		peak = max(peak, kernel.PeakGFLOPS(isa, 1))
		ratio = median / peak
		b.ReportMetric(median, "gflops")
		b.ReportMetric(peak, "peak")
		b.ReportMetric(ratio, "ratio")
		b.ReportMetric(best/peak, "best")
	}
	b.ReportMetric(0, "ns/op")
	return ratio
}

var oddSeed = flag.Uint64("odd-seed", 1, "seed of the shapes of BenchmarkOddConv")

// oddShape returns a shape that nothing was tuned for: channels, sides, windows,
// strides, dilations and groups as issue 4 states them.
func oddShape(r *rand.Rand) kernel.ConvShape {
	for {
		between := func(lo, hi int) int {
			return int(float64(lo) * math.Pow(float64(hi+1)/float64(lo), r.Float64()))
		}
		groups := 1 << r.IntN(3)
		k, stride, dil := 1+2*r.IntN(4), 1+r.IntN(2), 1+r.IntN(2)
		c, o := max(between(8, 512)/groups, 8)*groups, max(between(8, 512)/groups, 8)*groups
		side, pad := between(7, 112), k/2*dil
		s := kernel.ConvShape{C: c, O: o, H: side, W: side, R: k, S: k, Groups: groups, StrideH: stride, StrideW: stride,
			DilH: dil, DilW: dil, PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad}
		if 2*s.MACs() >= 5e6 {
			return s
		}
	}
}

// BenchmarkOddConv reports 100 odd shapes and the median and 10th percentile of
// their ratios.
func BenchmarkOddConv(b *testing.B) {
	for _, isa := range isas()[1:] {
		r := rand.New(rand.NewPCG(*oddSeed, 100))
		ratios := make([]float64, 100)
		for i := range ratios {
			s := oddShape(r)
			name := fmt.Sprintf("%v/%s_d%d_g%d", isa, layerName(s), s.DilH, s.Groups)
			b.Run(name, func(b *testing.B) { ratios[i] = benchConv(b, layerConfig(s), isa) })
		}
		slices.Sort(ratios)
		b.Run(isa.String()+"/all", func(b *testing.B) {
			b.ReportMetric(ratios[50], "median")
			b.ReportMetric(ratios[10], "p10")
			b.ReportMetric(0, "ns/op")
		})
	}
}
