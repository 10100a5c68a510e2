package blocked

import (
	"fmt"
	"math"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestWinogradDW holds weight gradients against the definition, within WinogradTypical
// times max|x| · Σ|dy[o]|, on several threads.
func TestWinogradDW(t *testing.T) {
	r := newRand(t)
	worst := 0.0
	for i := range 30 {
		c := winogradCase(r, 1+i%2)
		s := c.f.Shape
		if i%5 == 0 {
			c.n *= 4
		}
		c.x = enter(c.f.In, c.n, random(r, c.n*s.C*s.H*s.W))
		plain := random(r, c.n*s.O*s.P()*s.Q())
		dy := enter(c.f.Out, c.n, plain)
		sums := make([]float64, s.O)
		for i, v := range plain {
			sums[i/(s.P()*s.Q())%s.O] += math.Abs(float64(v))
		}
		run := func(algo Algorithm, isa kernel.ISA, count int) []float32 {
			p := NewConvDW(ConvDWConfig{Shape: s, X: c.f.In, DY: c.f.Out, Algo: algo, ISA: isa})
			dw := poison(make([]float32, s.Weights()))
			own, shared := p.Need(c.n)
			p.Run(threads(t, count, own, shared), c.n, dw, c.x, dy)
			return dw
		}
		want := run(Loops, kernel.Generic, 1)
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas()[1:] {
				got := run(algo, isa, 1)
				for j := range got {
					bound := WinogradTypical(algo) * sums[j/(9*s.C)]
					d := math.Abs(float64(got[j]) - float64(want[j]))
					if !(d <= bound) {
						t.Fatalf("%v, %v, %v\nweight %d: got %v, want %v within %g", algo, isa, c, j, got[j], want[j], bound)
					}
					worst = max(worst, d/bound)
				}
				wantSame(t, fmt.Sprintf("%v, %v, threads", algo, isa), run(algo, isa, 2+i%2), got)
			}
		}
	}
	t.Logf("largest error, as a part of the bound: %.2f", worst)
}

// TestWinogradDWShared holds the two ways in which threads share a gradient, by outputs and by
// inputs, to the bits of one thread: few and many tiles, channels that leave the last chunk
// short, both strides, sums in one part and in two.
func TestWinogradDWShared(t *testing.T) {
	r := newRand(t)
	for _, row := range []struct {
		in, out, side, stride, images int
		outputs                       bool // shared by them
		parts                         int
	}{
		{64, 128, 16, 1, 1, true, 1}, {20, 100, 9, 1, 2, true, 1}, {72, 200, 12, 1, 9, true, 1}, {40, 100, 12, 1, 12, true, 2}, {64, 64, 9, 2, 1, true, 1}, {40, 330, 7, 1, 1, true, 1},
		{128, 64, 32, 1, 1, false, 1}, {128, 64, 32, 1, 2, false, 2}, {64, 48, 12, 1, 1, false, 1}, {72, 72, 40, 1, 3, false, 2}, {100, 40, 13, 2, 25, false, 2},
		{200, 260, 8, 1, 9, true, 1}, {24, 40, 9, 1, 17, false, 2},
	} {
		s := square(row.in, row.out, row.side, 3, row.stride)
		x, dy := randomMap(r, s.C, s.H, s.W), randomMap(r, s.O, s.P(), s.Q())
		x.Halo = max(x.Halo, 1)
		x.Image = 0
		xs, ds := enter(x, row.images, random(r, row.images*s.C*s.H*s.W)), enter(dy, row.images, random(r, row.images*s.O*s.P()*s.Q()))
		for _, isa := range isas()[1:] {
			p := NewConvDW(ConvDWConfig{Shape: s, X: x, DY: dy, Algo: Winograd2, ISA: isa})
			d := p.method.(*dwWinograd)
			if by := d.ownCut(row.images).ins == d.w.ins; by != row.outputs {
				t.Errorf("%v: shared by outputs is %v, want %v", row, by, row.outputs)
			}
			if got := d.blocksOf(row.images).parts; got != row.parts {
				t.Errorf("%v: got %d parts, want %d", row, got, row.parts)
			}
			own, shared := p.Need(row.images)
			run := func(count int) []float32 {
				dw := poison(make([]float32, s.Weights()))
				p.Run(threads(t, count, own, shared), row.images, dw, xs, ds)
				return dw
			}
			want := run(1)
			for _, count := range []int{2, 3, 8} {
				wantSame(t, fmt.Sprintf("%v, %v, %d threads", row, isa, count), run(count), want)
			}
		}
	}
}

// TestWinogradDWIsChosen where a form makes products enough fewer than the definition.
func TestWinogradDWIsChosen(t *testing.T) {
	for _, row := range []struct {
		channels, side, stride int
		want                   Algorithm
	}{
		{64, 56, 1, Winograd4}, {256, 14, 1, Winograd4}, {512, 7, 1, Winograd4}, {256, 9, 1, Winograd3}, {8, 56, 1, Direct},
		{128, 56, 2, Winograd2}, {512, 14, 2, Winograd2}, {64, 6, 2, Direct},
	} {
		s := square(row.channels, row.channels, row.side, 3, row.stride)
		for _, isa := range isas()[1:] {
			p := NewConvDW(ConvDWConfig{Shape: s, X: Map{C: s.C, H: s.H, W: s.W, Halo: 1}, DY: Map{C: s.O, H: s.P(), W: s.Q()}, ISA: isa})
			got := Direct
			if d, ok := p.method.(*dwByBatch); ok {
				got = d.many.w.f.Algo
			}
			if got != row.want {
				t.Errorf("%s, %v: got %v, want %v", layerName(s), isa, got, row.want)
			}
		}
	}
}

// BenchmarkWinogradDW reports the rates of weight gradients of 8 images as
// BenchmarkWinograd does.
func BenchmarkWinogradDW(b *testing.B) {
	for _, isa := range isas()[1:] {
		for _, s := range []kernel.ConvShape{square(64, 64, 56, 3, 1), square(128, 128, 28, 3, 1), square(256, 256, 14, 3, 1), square(512, 512, 14, 3, 1), square(512, 512, 7, 3, 1), square(128, 128, 56, 3, 2), square(256, 256, 28, 3, 2), square(512, 512, 14, 3, 2)} {
			for _, algo := range []Algorithm{winograds(&s)[len(winograds(&s))-1], Direct} {
				b.Run(fmt.Sprintf("%v/%v/%s", isa, algo, layerName(s)), func(b *testing.B) {
					const n = 8
					m, d := Map{C: s.C, H: s.H, W: s.W, Halo: 1}, Map{C: s.O, H: s.P(), W: s.Q(), Halo: 1}
					p := NewConvDW(ConvDWConfig{Shape: s, X: m, DY: d, ISA: isa, Algo: algo})
					ctx := kernel.NewCtx(nil)
					ctx.Reserve(p.Need(n))
					r := newRand(b)
					x, y := random(r, m.Len(n)), random(r, d.Len(n))
					dw := kernel.Aligned(s.Weights())
					reportRates(b, isa, 2*n*s.MACs(), func() { p.Run(ctx, n, dw, x, y) })
				})
			}
		}
	}
}
