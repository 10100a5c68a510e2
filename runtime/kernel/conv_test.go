package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// someConv returns a random small convolution: odd sizes, strides, dilations,
// groups and uneven padding.
func someConv(r *rand.Rand) ConvShape {
	for {
		groups := []int{1, 1, 1, 2, 3}[r.IntN(5)]
		s := ConvShape{
			C: groups * (1 + r.IntN(7)), H: 1 + r.IntN(20), W: 1 + r.IntN(20), O: groups * (1 + r.IntN(15)),
			R: 1 + r.IntN(5), S: 1 + r.IntN(5), StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3),
			PadTop: r.IntN(4), PadLeft: r.IntN(4), PadBottom: r.IntN(4), PadRight: r.IntN(4),
			DilH: 1 + r.IntN(2), DilW: 1 + r.IntN(2), Groups: groups,
		}
		if s.H+s.PadTop+s.PadBottom >= s.DilH*(s.R-1)+1 && s.W+s.PadLeft+s.PadRight >= s.DilW*(s.S-1)+1 {
			return s
		}
	}
}

// convCase is a convolution of n images with its operands.
type convCase struct {
	s                        ConvShape
	e                        Epilogue
	n                        int
	x, w, bias, residual, dy []float32
}

func newConvCase(r *rand.Rand, s ConvShape, n int, exact bool) *convCase {
	fill := normals
	if exact {
		fill = integers
	}
	return &convCase{s, someEpilogue(r, exact), n,
		fill(r, n*s.in()), fill(r, s.Weights()), fill(r, s.O), fill(r, n*s.out()), fill(r, n*s.out())}
}

func (c *convCase) String() string { return fmt.Sprintf("n=%d %+v %+v", c.n, c.s, c.e) }

func (c *convCase) forward(t testing.TB, threads int, vector bool) []float32 {
	p := NewConv(c.s, c.e)
	p.vector = vector
	per, shared := p.Need(c.n)
	ctx := context(t, threads, per, shared)
	packed := poison(p.PackedLen())
	p.Pack(packed, c.w)
	y := poison(c.n * c.s.out())
	p.Run(ctx, c.n, y, c.x, packed, c.bias, c.residual)
	return y
}

func (c *convCase) inputGradient(t testing.TB, threads int, vector bool) []float32 {
	p := NewConvDX(c.s)
	p.vector = vector
	per, shared := p.Need(c.n)
	ctx := context(t, threads, per, shared)
	packed := poison(p.PackedLen())
	p.Pack(packed, c.w)
	dx := poison(c.n * c.s.in())
	p.Run(ctx, c.n, dx, c.dy, packed)
	return dx
}

func (c *convCase) weightGradient(t testing.TB, threads int, vector bool) []float32 {
	p := NewConvDW(c.s)
	p.vector = vector
	per, shared := p.Need(c.n)
	ctx := context(t, threads, per, shared)
	dw := poison(c.s.Weights())
	p.Run(ctx, c.n, dw, c.x, c.dy)
	return dw
}

// kinds are the three kernels of a convolution, with the length of their sums.
var convKinds = []struct {
	name string
	run  func(c *convCase, t testing.TB, threads int, vector bool) []float32
	sum  func(c *convCase) int
}{
	{"forward", (*convCase).forward, func(c *convCase) int { return c.s.C / c.s.Groups * c.s.R * c.s.S }},
	{"dx", (*convCase).inputGradient, func(c *convCase) int { return c.s.O / c.s.Groups * c.s.R * c.s.S }},
	{"dw", (*convCase).weightGradient, func(c *convCase) int { return c.n * c.s.P() * c.s.Q() }},
}

// imageCounts are batches that take every path: single images, lanes in part,
// whole and more than one block.
var imageCounts = []int{1, 2, 5, 7, 8, 9, 16, 19}

func TestConvTwin(t *testing.T) {
	skipWithoutVector(t)
	for _, k := range convKinds {
		t.Run(k.name, func(t *testing.T) {
			r := newRand(t)
			for i := range 240 {
				exact := i%3 != 0
				c := newConvCase(r, someConv(r), imageCounts[i%len(imageCounts)], exact)
				got, want := k.run(c, t, 1, true), k.run(c, t, 1, false)
				if exact {
					wantSame(t, c.String(), got, want)
				} else {
					wantClose(t, c.String(), got, want, 2e-6*float64(k.sum(c)+4))
				}
			}
		})
	}
}
