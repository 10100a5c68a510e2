package blocked

import (
	"fmt"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestWinogradDX holds input gradients against the definition: the convolution that
// they are has the same bound.
func TestWinogradDX(t *testing.T) {
	r := newRand(t)
	for i := range 50 {
		c := winogradCase(r, 1+i%2)
		s := c.f.Shape
		if i%2 == 1 { // tiles begin where a window has its middle
			s.PadTop, s.PadLeft = 1, 1
			s.H, s.W = max(s.H, 2), max(s.W, 2)
			c = newConvCase(r, s, false).fractions(r)
			s = c.f.Shape
		}
		f := ConvDXConfig{Shape: s, In: someMap(r, s.O, s.P(), s.Q(), DXHalo(&s)), Out: c.f.In}
		dy := random(r, c.n*s.O*s.P()*s.Q())
		run := func(algo Algorithm, isa kernel.ISA) []float32 {
			f := f
			f.Algo, f.ISA = algo, isa
			p := NewConvDX(f)
			packed := poison(make([]float32, p.PackedLen()))
			p.Pack(packed, c.w)
			dx := poison(make([]float32, f.Out.Len(c.n)))
			own, shared := p.Need(c.n)
			p.Run(threads(t, 1+i%3, own, shared), c.n, dx, enter(f.In, c.n, dy), packed, nil, nil)
			return dx
		}
		want := run(Loops, kernel.Generic)
		// Seen as a convolution, its outputs are c's inputs and the other way round.
		swapped := &convCase{f: ConvConfig{Shape: kernel.ConvShape{C: s.O, O: s.C}, In: f.In, Out: f.Out}, n: c.n, x: dy}
		for i := range s.C {
			for o := range s.O {
				swapped.w = append(swapped.w, c.w[(o*s.C+i)*9:][:9]...)
			}
		}
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas() {
				if isa != kernel.Generic || i%5 == 0 {
					swapped.winogradError(t, algo, isa, run(algo, isa), want)
				}
			}
		}
	}
}

// BenchmarkWinogradDX reports the rates of input gradients of 8 images, packing included, as
// BenchmarkWinograd does.
func BenchmarkWinogradDX(b *testing.B) {
	for _, isa := range isas()[1:] {
		for _, s := range []kernel.ConvShape{square(64, 64, 56, 3, 1), square(128, 128, 28, 3, 1), square(256, 256, 14, 3, 1), square(512, 512, 7, 3, 1), square(128, 128, 56, 3, 2), square(256, 256, 28, 3, 2), square(512, 512, 14, 3, 2)} {
			for _, algo := range []Algorithm{winograds(&s)[len(winograds(&s))-1], Direct} {
				b.Run(fmt.Sprintf("%v/%v/%s", isa, algo, layerName(s)), func(b *testing.B) {
					const n = 8
					in, out := Map{C: s.O, H: s.P(), W: s.Q(), Halo: 1}, Map{C: s.C, H: s.H, W: s.W, Halo: 1}
					p := NewConvDX(ConvDXConfig{Shape: s, In: in, Out: out, Images: n, Algo: algo, ISA: isa})
					r := newRand(b)
					ctx := kernel.NewCtx(nil)
					ctx.Reserve(p.Need(n))
					packed, w := kernel.Aligned(p.PackedLen()), random(r, s.Weights())
					x, y := kernel.Aligned(out.Len(n)), kernel.Aligned(in.Len(n))
					copy(y, random(r, len(y)))
					reportRates(b, isa, 2*n*s.MACs(), func() { p.Pack(packed, w); p.Run(ctx, n, x, y, packed, nil, nil) })
				})
			}
		}
	}
}

// reportRates reports the median rate of body, of which one run is that many
// operations, the peak and the ratio of the median and the best window to it.
func reportRates(b *testing.B, isa kernel.ISA, flops int, body func()) {
	for b.Loop() {
		peak := kernel.PeakGFLOPS(isa, 1)
		median, best := rates(15, float64(flops), body)
		peak = max(peak, kernel.PeakGFLOPS(isa, 1))
		b.ReportMetric(median, "gflops")
		b.ReportMetric(peak, "peak")
		b.ReportMetric(median/peak, "ratio")
		b.ReportMetric(best/peak, "best")
	}
	b.ReportMetric(0, "ns/op")
}
