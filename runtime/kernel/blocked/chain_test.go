package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// chainCase is a chain with its operands.
type chainCase struct {
	links     []Link
	w         []ChainWeights
	x, res    []float32
	n         int
	direct    func(*kernel.Ctx) []float32 // the layers one after the other
	described string
}

// someChain returns two or three layers of random shapes that follow each other.
func someChain(r *rand.Rand, isa kernel.ISA, n int) chainCase {
	c := chainCase{n: n}
	channels, h, w := someChannels(r, 40), 6+r.IntN(40), 3+r.IntN(20)
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
		last := i == count-1
		if i > 0 && r.IntN(3) == 0 {
			pool := somePool(r, isa, in, last)
			c.links, c.w, maps = append(c.links, pool), append(c.w, ChainWeights{}), append(maps, pool.Out)
			c.described += fmt.Sprintf("pool %+v -> ", pool.Shape)
			in = pool.Out
			continue
		}
		s := kernel.ConvShape{C: in.C, H: in.H, W: in.W, O: someChannels(r, 50), R: 1, S: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}
		depthwise := r.IntN(2) == 0 && (i > 0 || !plain)
		if depthwise {
			s.O, s.Groups = in.C, in.C
		}
		if depthwise || r.IntN(3) == 0 {
			s.R = 3 + 2*r.IntN(2)
			s.S = s.R
			s.StrideH = 1 + r.IntN(2)
			s.StrideW = s.StrideH
			s.PadTop, s.PadLeft, s.PadBottom, s.PadRight = r.IntN(3), r.IntN(3), r.IntN(3), r.IntN(3)
			if in.Halo < 2 && !(plain && i == 0) {
				panic("a halo of 2 was asked for")
			}
		}
		algo := Direct
		if plain && i == 0 && r.IntN(2) == 0 {
			algo, s.O, s.R, s.S, s.StrideH, s.StrideW = WinogradRow, 16+r.IntN(40), 7, 7, 2, 2
			s.PadTop, s.PadLeft, s.PadBottom, s.PadRight = r.IntN(4), r.IntN(4), r.IntN(4), r.IntN(4)
		}
		if s.H+s.PadTop+s.PadBottom < s.R || s.W+s.PadLeft+s.PadRight < s.S {
			return someChain(r, isa, n)
		}
		out := Map{C: s.O, H: s.P(), W: s.Q(), Halo: 2}
		if last {
			out = someMap(r, s.O, s.P(), s.Q(), 0)
		}
		f := ConvConfig{Shape: s, In: in, PlainIn: plain && i == 0, Out: out, Algo: algo, ISA: isa}
		if depthwise {
			f.Algo = Depthwise
		}
		f.Epilogue = kernel.Epilogue{Bias: r.IntN(4) > 0, Act: []kernel.Act{kernel.ActNone, kernel.ActRelu, kernel.ActSilu, kernel.ActLeaky}[r.IntN(4)], Args: [2]float32{0.25}}
		if last && r.IntN(2) == 0 {
			f.Epilogue.Residual, f.Residual = true, someMap(r, s.O, s.P(), s.Q(), 0)
			c.res = enter(f.Residual, n, integers(r, n*s.O*s.P()*s.Q()))
		}
		weights := ChainWeights{}
		if i == 0 && f.Algo == Direct && f.MayScale() && r.IntN(2) == 0 {
			f.Scale = someScale(r, s.C)
			weights.Scale = enter(f.Scale, n, integers(r, n*s.C))
			c.described += "scaled "
		}
		conv := NewConv(f)
		weights.Packed = make([]float32, conv.PackedLen())
		conv.Pack(weights.Packed, integers(r, s.Weights()))
		if f.Epilogue.Bias {
			weights.Bias = integers(r, s.O)
		}
		c.links, c.w, maps = append(c.links, conv), append(c.w, weights), append(maps, out)
		c.described += fmt.Sprintf("%v %+v -> ", conv.Algo, s)
		in = out
	}
	c.direct = func(ctx *kernel.Ctx) []float32 {
		x := c.x
		for i, link := range c.links {
			y := make([]float32, maps[i].Len(n))
			res := c.res
			if i < len(c.links)-1 {
				res = nil
			}
			switch l := link.(type) {
			case *Conv:
				if l.scaled() {
					l.RunScaled(ctx, n, y, x, c.w[i].Packed, c.w[i].Bias, res, c.w[i].Scale)
					break
				}
				l.Run(ctx, n, y, x, c.w[i].Packed, c.w[i].Bias, res)
			case *Pool:
				l.Run(ctx, n, y, x)
			}
			x = y
		}
		return x
	}
	return c
}

// someChannels returns 1 to most channels, mostly whole double blocks.
func someChannels(r *rand.Rand, most int) int {
	if r.IntN(4) > 0 {
		return 2 * Block * (1 + r.IntN(most/(2*Block)))
	}
	return 1 + r.IntN(most)
}

// somePool returns a pool of a map, of the last layer of a chain or one between.
func somePool(r *rand.Rand, isa kernel.ISA, in Map, last bool) *Pool {
	s := kernel.PoolShape{C: in.C, H: in.H, W: in.W, R: 1 + r.IntN(min(3, in.H)), S: 1 + r.IntN(min(3, in.W)), Ceil: r.IntN(2) == 0, CountPad: r.IntN(2) == 0}
	s.StrideH, s.StrideW = 1+r.IntN(2), 1+r.IntN(2)
	s.PadTop, s.PadBottom, s.PadLeft, s.PadRight = r.IntN(s.R), r.IntN(s.R), r.IntN(s.S), r.IntN(s.S)
	out := Map{C: s.C, H: s.P(), W: s.Q(), Halo: 2}
	if last {
		out = someMap(r, s.C, s.P(), s.Q(), 0)
	}
	return NewPool(PoolConfig{Shape: s, Max: r.IntN(2) == 0, In: in, Out: out, ISA: isa})
}

// TestChain compares chains with their layers one after the other, bit for bit, on
// one and more threads.
func TestChain(t *testing.T) {
	r := newRand(t)
	for _, isa := range isas() {
		banded, pools, rows, scaled, doubles := 0, 0, 0, 0, 0
		for range 80 {
			c := someChain(r, isa, 1+r.IntN(3))
			chain := newChain(1<<r.IntN(18), false, c.links)
			doubles += chain.doubles()
			if chain.chunks(c.n, 1) > 1 {
				banded++
			}
			last := chain.stages[len(chain.stages)-1].out
			per, shared := chain.Need(c.n)
			for _, link := range c.links {
				if conv, ok := link.(*Conv); ok {
					w, s := conv.Need(c.n)
					per, shared = max(per, w), max(shared, s)
					if conv.Algo == WinogradRow {
						rows++
					}
					scaled += b2i(conv.scaled())
				} else {
					pools++
				}
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
		if banded < 20 || pools < 20 || rows < 5 || scaled < 5 {
			t.Errorf("%v: of 80 chains %d have more than one chunk, %d pools, %d begin by Winograd's algorithm, %d have factors, want 20, 20, 5 and 5 at least", isa, banded, pools, rows, scaled)
		}
		if doubles < 3 && isa == kernel.AVX512 || doubles > 0 && isa != kernel.AVX512 {
			t.Errorf("%v: %d maps between have double blocks, want 3 at least with AVX-512 and none without", isa, doubles)
		}
	}
}

// TestChainOfStrassen: a layer that Strassen's algorithm computes by itself is one of Direct in a
// chain, in every instruction set.
func TestChainOfStrassen(t *testing.T) {
	r := newRand(t)
	s := square(32, 64, 24, 1, 1)
	x, w, bias := random(r, 32*24*24), random(r, s.Weights()), random(r, 64)
	for _, isa := range isas() {
		var results [2][]float32
		for i, algo := range []Algorithm{Direct, Strassen} {
			in, mid, out := Map{C: 32, H: 24, W: 24}, Map{C: 64, H: 24, W: 24}, Map{C: 64, H: 12, W: 12}
			conv := NewConv(ConvConfig{Shape: s, In: in, Out: mid, Epilogue: kernel.Epilogue{Bias: true}, Algo: algo, ISA: isa})
			pool := NewPool(PoolConfig{Shape: kernel.PoolShape{C: 64, H: 24, W: 24, R: 2, S: 2, StrideH: 2, StrideW: 2}, Max: true, In: mid, Out: out, ISA: isa})
			chain := newChain(1<<12, true, []Link{conv, pool})
			packed, y := make([]float32, conv.PackedLen()), make([]float32, out.Len(1))
			conv.Pack(packed, w)
			per, shared := chain.Need(1)
			chain.Run(threads(t, 1, per, shared), 1, y, enter(in, 1, x), nil, ChainWeights{Packed: packed, Bias: bias}, ChainWeights{})
			results[i] = y
		}
		wantSame(t, isa.String(), results[1], results[0])
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
