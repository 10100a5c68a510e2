package kernel

import (
	"testing"

	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// pixelsConv returns a random convolution that tiles of pixels can do; one in eight has fewer
// pixels than shapes that are known ahead, as an image of any size may have.
func pixelsConv(i int, some func() ConvShape) ConvShape {
	for {
		s := some()
		s.C, s.Groups, s.O = s.C/s.Groups, 1, lanes*(1+i%9)
		if (s.P()*s.Q() < lanes) == (i%8 == 5) {
			return s
		}
	}
}

// forPixels returns the case's result by tiles of pixels of an instruction set.
func (c *convCase) forPixels(p *Conv, isa ISA, ctx func(perWorker, shared int) *Ctx, floats func([]float32) []float32) []float32 {
	p.pixels = newPixels(&p.s)
	p.vector, p.pixels.isa = true, tiles.ISA(isa)
	packed, y := floats(poison(p.PackedLen())), floats(poison(c.n*c.s.out()))
	p.Pack(packed, floats(c.w))
	p.Run(ctx(p.Need(c.n)), c.n, y, floats(c.x), packed, floats(c.bias), floats(c.residual))
	return y
}

func TestPixelsTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	same := func(x []float32) []float32 { return x }
	for i := range 200 {
		c := newConvCase(r, pixelsConv(i, func() ConvShape { return someConv(r) }), 1+i%3, true)
		want := c.forward(t, 1, false)
		for isa := AVX2; isa <= best(); isa++ {
			for _, threads := range []int{1, 3} {
				got := c.forPixels(NewConv(c.s, c.e), isa, func(per, shared int) *Ctx { return context(t, threads, per, shared) }, same)
				wantSame(t, c.String(), got, want)
			}
		}
	}
}

// TestPixelsTaken names shapes that tiles of pixels are chosen for, and others.
func TestPixelsTaken(t *testing.T) {
	lenet := ConvShape{C: 6, H: 14, W: 14, O: 16, R: 5, S: 5, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}
	grouped, wide, first, odd := lenet, lenet, lenet, lenet
	grouped.Groups, wide.O, first.C, first.O, odd.O = 2, 128, 1, 6, 17
	for _, row := range []struct {
		name string
		s    ConvShape
		want bool
	}{{"LeNet's second", lenet, true}, {"in groups", grouped, false}, {"128 outputs", wide, false}, {"LeNet's first", first, false}, {"17 outputs", odd, false}} {
		if got := NewConv(row.s, Epilogue{}).pixels != nil; got != row.want {
			t.Errorf("%s: got %t, want %t", row.name, got, row.want)
		}
	}
}
