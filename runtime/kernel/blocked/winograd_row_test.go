package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// winogradRowCase returns a random convolution that Winograd's algorithm along rows
// computes.
func winogradRowCase(r *rand.Rand) *convCase {
	s := kernel.ConvShape{
		C: 1 + r.IntN(4), O: 1 + r.IntN([]int{5, 20, 90}[r.IntN(3)]), Groups: 1,
		R: []int{7, 3, 1 + r.IntN(9)}[r.IntN(3)], S: 7 + r.IntN(2), StrideH: 1 + r.IntN(3), StrideW: 2, DilH: 1, DilW: 1,
		PadTop: r.IntN(4), PadBottom: r.IntN(4), PadLeft: r.IntN(9), PadRight: r.IntN(4),
	}
	s.H = max(1+r.IntN(40), s.R-s.PadTop-s.PadBottom)
	s.W = max(1+r.IntN([]int{9, 20, 70}[r.IntN(3)]), s.S-s.PadLeft-s.PadRight)
	c := newConvCase(r, s, true)
	c.x, c.w = random(r, len(c.x)), random(r, len(c.w))
	return c
}

func TestWinogradRowBound(t *testing.T) {
	r := newRand(t)
	worst := 0.0
	for range 100 {
		c := winogradRowCase(r)
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, isa := range isas() {
			worst = max(worst, c.winogradError(t, WinogradRow, isa, c.run(t, c.plan(WinogradRow, isa), 1, asIs), want))
		}
	}
	t.Logf("largest error, as a part of the bound: %.2f", worst)
}

// TestWinogradRowBoundOnExtremes is TestWinogradBoundOnExtremes for pictures: it holds the
// proven bound, and what data without chance keeps to.
func TestWinogradRowBoundOnExtremes(t *testing.T) {
	r := newRand(t)
	for name, sign := range map[string]func(i int) float32{
		"one sign":   func(int) float32 { return 1 },
		"columns":    func(i int) float32 { return float32(1 - 2*(i%2)) },
		"pairs":      func(i int) float32 { return float32(1 - 2*(i/2%2)) },
		"drawn":      func(int) float32 { return float32(1 - 2*r.IntN(2)) },
		"one of all": func(i int) float32 { return []float32{1, 1e-4}[b2i(i%97 > 0)] },
	} {
		c := newConvCase(r, square(4, 16, 40, 7, 2), true)
		c.f.Epilogue = kernel.Epilogue{}
		c.bias, c.residual = nil, nil
		for i := range c.x {
			c.x[i] = 0.99 * sign(i)
		}
		for i := range c.w {
			c.w[i] = 0.97 * sign(i)
		}
		want, worst := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs), 0.0
		for _, isa := range isas() {
			p := c.plan(WinogradRow, isa)
			limit := min(p.Bound().Of(1), WinogradTypical(WinogradRow)+WinogradChain(2*4*7))
			worst = max(worst, c.errorWithin(t, limit, WinogradRow, isa, c.run(t, p, 1, asIs), want))
		}
		t.Logf("%s: largest error, as a part of the bound: %.2f", name, worst)
	}
}

func TestWinogradRowIsChosen(t *testing.T) {
	for _, row := range []struct {
		s    kernel.ConvShape
		want Algorithm
	}{
		{square(3, 64, 224, 7, 2), WinogradRow},
		{square(1, 16, 28, 7, 2), WinogradRow},
		{square(3, 8, 224, 7, 2), Stem},
		{square(3, 64, 224, 7, 1), Stem},
		{square(3, 64, 224, 5, 2), Stem},
		{square(3, 32, 224, 3, 2), Stem},
	} {
		f := layerConfig(row.s)
		f.PlainIn = true
		if got := NewConv(f).Algo; got != row.want {
			t.Errorf("%s: got %v, want %v", layerName(row.s), got, row.want)
		}
		f.Algo = Direct // precision=strict
		if got := NewConv(f).Algo; got != Stem {
			t.Errorf("%s, direct: got %v, want %v", layerName(row.s), got, Stem)
		}
	}
}

// TestWinogradRowMisaligned runs with operands that begin anywhere in a vector.
func TestWinogradRowMisaligned(t *testing.T) {
	r := newRand(t)
	for range 20 {
		c := winogradRowCase(r)
		for _, isa := range isas()[1:] {
			p, off := c.plan(WinogradRow, isa), 0
			want := c.run(t, p, 1, asIs)
			got := c.run(t, p, 1, func(s []float32) []float32 {
				if s == nil {
					return nil
				}
				off = (off + 1) % 16
				return append(make([]float32, off), s...)[off:]
			})
			wantSame(t, c.String(), imagesOf(c.f.Out, c.n, got), imagesOf(c.f.Out, c.n, want))
		}
	}
}

func TestWinogradRowThreads(t *testing.T) {
	r := newRand(t)
	c := newConvCase(r, square(3, 72, 97, 7, 2), true)
	c.x, c.w = random(r, len(c.x)), random(r, len(c.w))
	for _, isa := range isas()[1:] {
		p := c.plan(WinogradRow, isa)
		want := c.run(t, p, 1, asIs)
		for _, n := range []int{2, 3, 8} {
			wantSame(t, fmt.Sprintf("%v, %d threads", isa, n), imagesOf(c.f.Out, c.n, c.run(t, p, n, asIs)), imagesOf(c.f.Out, c.n, want))
		}
	}
}

// BenchmarkWinogradRow is BenchmarkWinograd of a picture.
func BenchmarkWinogradRow(b *testing.B) {
	for _, isa := range isas()[1:] {
		for _, algo := range []Algorithm{Stem, WinogradRow} {
			b.Run(fmt.Sprintf("%v/%v", isa, algo), func(b *testing.B) {
				f := layerConfig(square(3, 64, 224, 7, 2))
				f.Algo = algo
				benchConv(b, f, isa)
			})
		}
	}
}
