package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// chainCase is a chain with its operands.
type chainCase struct {
	convs     []*Conv
	w         []ChainWeights
	x, res    []float32
	n         int
	direct    func(*kernel.Ctx) []float32 // the convolutions one after the other
	described string
}

// someChain returns two or three convolutions of random shapes that follow each other.
func someChain(r *rand.Rand, isa kernel.ISA, n int) chainCase {
	c := chainCase{n: n}
	channels, h, w := 1+r.IntN(40), 6+r.IntN(40), 3+r.IntN(20)
	count := 2 + r.IntN(MostChained-1)
	plain := r.IntN(3) == 0
	var maps []Map
	in := someMap(r, channels, h, w, 2)
	if plain {
		in = Map{C: 1 + r.IntN(4), H: h, W: w}
		c.x = integers(r, n*in.C*h*w)
	} else {
		c.x = enter(in, n, integers(r, n*channels*h*w))
	}
	for i := range count {
		s := kernel.ConvShape{C: in.C, H: in.H, W: in.W, O: 1 + r.IntN(50), R: 1, S: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}
		depthwise := r.IntN(2) == 0 && (i > 0 || !plain)
		if depthwise {
			s.O, s.Groups = in.C, in.C
		}
		if depthwise || r.IntN(3) == 0 {
			s.R, s.S = 3, 3
			s.StrideH = 1 + r.IntN(2)
			s.StrideW = s.StrideH
			s.PadTop, s.PadLeft, s.PadBottom, s.PadRight = r.IntN(3), r.IntN(3), r.IntN(3), r.IntN(3)
			if in.Halo < 2 && !(plain && i == 0) {
				panic("a halo of 2 was asked for")
			}
		}
		if s.H+s.PadTop+s.PadBottom < s.R || s.W+s.PadLeft+s.PadRight < s.S {
			return someChain(r, isa, n)
		}
		out := Map{C: s.O, H: s.P(), W: s.Q(), Halo: 2}
		last := i == count-1
		if last {
			out = someMap(r, s.O, s.P(), s.Q(), 0)
		}
		f := ConvConfig{Shape: s, In: in, PlainIn: plain && i == 0, Out: out, Algo: Direct, ISA: isa}
		if depthwise {
			f.Algo = Depthwise
		}
		f.Epilogue = kernel.Epilogue{Bias: r.IntN(4) > 0, Act: []kernel.Act{kernel.ActNone, kernel.ActRelu, kernel.ActSilu}[r.IntN(3)]}
		if last && r.IntN(2) == 0 {
			f.Epilogue.Residual, f.Residual = true, someMap(r, s.O, s.P(), s.Q(), 0)
			c.res = enter(f.Residual, n, integers(r, n*s.O*s.P()*s.Q()))
		}
		conv := NewConv(f)
		weights := ChainWeights{Packed: make([]float32, conv.PackedLen())}
		conv.Pack(weights.Packed, integers(r, s.Weights()))
		if f.Epilogue.Bias {
			weights.Bias = integers(r, s.O)
		}
		c.convs, c.w, maps = append(c.convs, conv), append(c.w, weights), append(maps, out)
		c.described += fmt.Sprintf("%v %+v -> ", conv.Algo, s)
		in = out
	}
	c.direct = func(ctx *kernel.Ctx) []float32 {
		x := c.x
		for i, conv := range c.convs {
			y := make([]float32, maps[i].Len(n))
			res := c.res
			if i < len(c.convs)-1 {
				res = nil
			}
			conv.Run(ctx, n, y, x, c.w[i].Packed, c.w[i].Bias, res)
			x = y
		}
		return x
	}
	return c
}

// TestChain compares chains with their convolutions one after the other, bit for bit, on
// one and more threads.
func TestChain(t *testing.T) {
	r := newRand(t)
	for _, isa := range isas() {
		banded := 0
		for range 80 {
			c := someChain(r, isa, 1+r.IntN(3))
			chain := newChain(1<<r.IntN(18), c.convs)
			if chain.chunks(c.n, 1) > 1 {
				banded++
			}
			last := c.convs[len(c.convs)-1].Out
			per, shared := chain.Need(c.n)
			for _, conv := range c.convs {
				w, s := conv.Need(c.n)
				per, shared = max(per, w), max(shared, s)
			}
			want := c.direct(threads(t, 1, per, shared))
			for _, n := range []int{1, 2, 3} {
				ctx := threads(t, n, per, shared)
				y := make([]float32, last.Len(c.n))
				poison(y)
				chain.Run(ctx, c.n, y, c.x, c.res, c.w...)
				wantSame(t, fmt.Sprintf("%v, %d threads, %d images: %s", isa, n, c.n, c.described), imagesOf(last, c.n, y), imagesOf(last, c.n, want))
			}
		}
		if banded < 20 {
			t.Errorf("%v: %d of 80 chains have more than one chunk, want 20 at least", isa, banded)
		}
	}
}

// TestChainSharesEvenly looks whether as many chunks fall to every thread, wherever there are rows
// for it, and whether no chunk is cut that nobody needs.
func TestChainSharesEvenly(t *testing.T) {
	for _, c := range []struct{ height, step, n, threads, want int }{
		{112, 54, 1, 1, 3}, {112, 54, 1, 2, 4}, {112, 54, 2, 2, 3}, {112, 54, 1, 3, 3},
		{56, 22, 1, 8, 8}, {112, 4, 1, 2, 8}, {112, 4, 1, 3, 9}, {5, 5, 1, 8, 5},
	} {
		p := &Chain{height: c.height, step: c.step}
		if got := p.chunks(c.n, c.threads); got != c.want {
			t.Errorf("%d rows, %d at a time, are %d chunks for %d images and %d threads, want %d", c.height, c.step, got, c.n, c.threads, c.want)
		}
	}
}
