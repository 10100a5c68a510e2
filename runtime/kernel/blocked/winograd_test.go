package blocked

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// winograds are the forms of Winograd's algorithm that compute a convolution.
func winograds(s *kernel.ConvShape) []Algorithm {
	if s.StrideH == 2 {
		return []Algorithm{Winograd2}
	}
	return []Algorithm{Winograd2, Winograd3, Winograd4}
}

// winogradCase returns a random convolution that Winograd's algorithm computes.
func winogradCase(r *rand.Rand, stride int) *convCase {
	channels := func() int { return 1 + r.IntN([]int{3, 20, 50}[r.IntN(3)]) }
	s := square(channels(), channels(), 1, 3, stride)
	s.PadTop, s.PadBottom = r.IntN(3), r.IntN(3)
	s.PadLeft, s.PadRight = r.IntN(3), r.IntN(3)
	s.H = max(1+r.IntN([]int{9, 14, 30}[r.IntN(3)]), 3-s.PadTop-s.PadBottom)
	s.W = max(1+r.IntN([]int{9, 14, 30}[r.IntN(3)]), 3-s.PadLeft-s.PadRight)
	return newConvCase(r, s, false).fractions(r)
}

// fractions gives a case random input and weights in place of whole numbers.
func (c *convCase) fractions(r *rand.Rand) *convCase {
	s := &c.f.Shape
	c.x = enter(c.f.In, c.n, random(r, c.n*s.C*s.H*s.W))
	c.w = random(r, s.Weights())
	return c
}

// winogradError fails unless a result of random numbers stays within what is typical,
// and returns the largest error as a part of it.
func (c *convCase) winogradError(t *testing.T, algo Algorithm, isa kernel.ISA, got, want []float32) float64 {
	t.Helper()
	return c.errorWithin(t, WinogradTypical(algo), algo, isa, got, want)
}

// errorWithin is winogradError for another bound.
func (c *convCase) errorWithin(t *testing.T, limit float64, algo Algorithm, isa kernel.ISA, got, want []float32) float64 {
	t.Helper()
	checkFrame(t, c.f.Out, got, c.n)
	largest, worst := 0.0, 0.0
	for _, v := range c.x {
		largest = max(largest, math.Abs(float64(v)))
	}
	weights := make([]float64, c.f.Out.Blocks()*Block)
	for i, v := range c.w {
		weights[i*c.f.Shape.O/len(c.w)] += math.Abs(float64(v))
	}
	if half := c.f.Shape.O / 2; algo == Strassen { // the weights of both mates count
		for o := range half {
			both := weights[o] + weights[half+o]
			weights[o], weights[half+o] = both, both
		}
	}
	got, want = imagesOf(c.f.Out, c.n, got), imagesOf(c.f.Out, c.n, want)
	for i := range got {
		o := i/c.f.Out.Plane()%c.f.Out.Blocks()*Block + i%Block
		bound := limit*largest*weights[o] + 1e-6*math.Abs(float64(want[i]))
		if endingOf(&c.f.Epilogue).after {
			bound = 1.5*bound + 1e-5*max(1, math.Abs(float64(want[i])))
		}
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if !(d <= bound) {
			t.Fatalf("%v, %v, %v\nelement %d: got %v, want %v within %g", algo, isa, c, i, got[i], want[i], bound)
		}
		if bound > 0 {
			worst = max(worst, d/bound)
		}
	}
	return worst
}

func TestWinogradTypical(t *testing.T) {
	r := newRand(t)
	worst := [Winograd4 + 1]float64{}
	for i := range 60 {
		c := winogradCase(r, 1+i%2)
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas() {
				if isa == kernel.Generic && i%4 > 0 {
					continue
				}
				got := c.run(t, c.plan(algo, isa), 1, asIs)
				worst[algo] = max(worst[algo], c.winogradError(t, algo, isa, got, want))
			}
		}
	}
	t.Logf("largest errors, as parts of the bound: %.2f", worst[Winograd2:])
}

// TestWinogradTypicalOnExtremes holds it where the transforms have most to lose: all
// values at the largest size, of one sign, of signs that alternate by pixel, row or
// channel, or drawn; and one large value among small ones.
func TestWinogradTypicalOnExtremes(t *testing.T) {
	r := newRand(t)
	signs := map[string]func(i int) float32{
		"one sign":   func(int) float32 { return 1 },
		"columns":    func(i int) float32 { return float32(1 - 2*(i/Block%2)) },
		"channels":   func(i int) float32 { return float32(1 - 2*(i%2)) },
		"threes":     func(i int) float32 { return float32(1 - 2*(i/3%2)) },
		"drawn":      func(int) float32 { return float32(1 - 2*r.IntN(2)) },
		"one of all": func(i int) float32 { return []float32{1, 1e-4}[b2i(i%97 > 0)] },
	}
	for _, name := range slices.Sorted(maps.Keys(signs)) {
		for i, channels := range []int{16, 256, 2048, 16, 256, 2048} {
			worst, stride := 0.0, 1+i/3
			c := newConvCase(r, square(channels, 16, 8, 3, stride), false).fractions(r)
			c.f.Epilogue = kernel.Epilogue{}
			c.bias, c.residual = nil, nil
			for i, v := range c.x {
				if v != 0 {
					c.x[i] = 0.99 * signs[name](i)
				}
			}
			for i := range c.w {
				c.w[i] = 0.97 * signs[name](i)
			}
			want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
			for _, algo := range winograds(&c.f.Shape) {
				for _, isa := range isas()[1:] {
					limit := WinogradTypical(algo) + WinogradChain(channels)
					worst = max(worst, c.errorWithin(t, limit, algo, isa, c.run(t, c.plan(algo, isa), 1, asIs), want))
				}
			}
			t.Logf("%s, %d channels, stride %d: largest error, as a part of the bound: %.2f", name, channels, stride, worst)
		}
	}
}

func TestWinogradIsChosen(t *testing.T) {
	for _, row := range []struct {
		s    kernel.ConvShape
		want Algorithm
	}{
		{square(64, 64, 56, 3, 1), Winograd4},
		{square(512, 512, 14, 3, 1), Winograd4},
		{square(256, 256, 14, 3, 1), Winograd4},
		{square(128, 128, 28, 3, 1), Winograd4},
		{square(512, 512, 7, 3, 1), Winograd2},
		{square(512, 512, 4, 3, 1), Winograd2},
		{square(512, 512, 8, 3, 1), Winograd3},
		{square(512, 512, 9, 3, 1), Winograd3},
		{square(512, 512, 10, 3, 1), Winograd4},
		{square(512, 512, 2, 3, 1), Direct},
		{square(64, 64, 8, 3, 1), Winograd4},
		{square(16, 16, 56, 3, 1), Winograd4},
		{square(256, 256, 13, 3, 1), Winograd4},
		{square(256, 256, 10, 3, 1), Winograd4},
		{square(256, 256, 9, 3, 1), Winograd3},
		{square(256, 256, 8, 3, 1), Winograd3},
		{square(256, 256, 6, 3, 1), Winograd2},
		{square(64, 64, 9, 3, 1), Winograd3},
		{square(8, 64, 56, 3, 1), Direct},
		{square(16, 64, 56, 3, 2), Direct},
		{square(64, 128, 56, 3, 2), Winograd2},
		{square(256, 256, 28, 3, 2), Winograd2},
		{square(512, 512, 14, 3, 2), Winograd2},
		{square(512, 512, 8, 3, 2), Winograd2},
		{square(512, 512, 2, 3, 2), Direct},
		{square(64, 64, 56, 5, 1), Direct},
	} {
		if got := NewConv(layerConfig(row.s)).Algo; got != row.want {
			t.Errorf("%s: got %v, want %v", layerName(row.s), got, row.want)
		}
	}
	f := layerConfig(square(256, 256, 14, 3, 1))
	f.Images = 8
	if got := NewConv(f).Algo; got != Winograd4 {
		t.Errorf("256 channels of 14 x 14, 8 images: got %v, want %v", got, Winograd4)
	}
	f = layerConfig(square(512, 512, 4, 3, 1))
	f.Images = 64
	if got := NewConv(f).Algo; got != Winograd4 {
		t.Errorf("512 channels of 4 x 4, 64 images: got %v, want %v", got, Winograd4)
	}
}

// TestWinogradMisaligned runs with operands that begin anywhere in a vector.
func TestWinogradMisaligned(t *testing.T) {
	r := newRand(t)
	for i := range 20 {
		c := winogradCase(r, 1+i%2)
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas()[1:] {
				p, off := c.plan(algo, isa), 0
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
}

// TestWinogradThreads has shapes for both ways to share work: blocks of tiles, and
// output channels of one block.
func TestWinogradThreads(t *testing.T) {
	r := newRand(t)
	for _, s := range []kernel.ConvShape{square(40, 24, 50, 3, 1), square(72, 100, 13, 3, 1), square(40, 24, 50, 3, 2), square(72, 100, 13, 3, 2)} {
		c := newConvCase(r, s, false).fractions(r)
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas()[1:] {
				p := c.plan(algo, isa)
				want := c.run(t, p, 1, asIs)
				for _, n := range []int{2, 3, 8} {
					wantSame(t, fmt.Sprintf("%v, %d threads", isa, n), imagesOf(c.f.Out, c.n, c.run(t, p, n, asIs)), imagesOf(c.f.Out, c.n, want))
				}
			}
		}
	}
}

// BenchmarkWinograd reports, for each layer and instruction set, GFLOP/s counting
// the multiply-adds of the definition, the steady peak, and the ratio of both the
// median and the best window to it. Pin it to one processor.
func BenchmarkWinograd(b *testing.B) {
	layers := []kernel.ConvShape{
		square(64, 64, 224, 3, 1), square(128, 128, 112, 3, 1), square(256, 256, 56, 3, 1), square(64, 64, 56, 3, 1),
		square(512, 512, 28, 3, 1), square(128, 128, 28, 3, 1), square(512, 512, 14, 3, 1), square(256, 256, 14, 3, 1),
		square(512, 512, 7, 3, 1),
		square(128, 128, 56, 3, 2), square(256, 256, 28, 3, 2),
	}
	for _, isa := range isas()[1:] {
		for _, s := range layers {
			for _, algo := range winograds(&s) {
				b.Run(fmt.Sprintf("%v/%v/%s", isa, algo, layerName(s)), func(b *testing.B) {
					f := layerConfig(s)
					f.Algo = algo
					benchConv(b, f, isa)
				})
			}
		}
	}
}
