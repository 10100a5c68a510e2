package blocked

import (
	"fmt"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestConvAt: the plan of another size, made of that of yet another, computes what a plan
// made for it does, from weights that the first one packed.
func TestConvAt(t *testing.T) {
	r := newRand(t)
	seen := map[Algorithm]int{}
	for i := range 200 {
		s, plain := someShape(r), false
		switch i % 5 {
		case 1: // Winograd's algorithm, of stride 1 and 2
			s = square(16+r.IntN(40), 16+r.IntN(40), 1+r.IntN(30), 3, 1+r.IntN(2))
		case 2:
			s, plain = someStem(r), true
		case 3:
			s.C = 1 + r.IntN(30)
			s.O, s.Groups = s.C, s.C
		case 4:
			s, plain = square(1+r.IntN(4), 16+r.IntN(20), 1+r.IntN(30), 7, 2), true
		}
		c := newConvCase(r, s, plain)
		usual := c.f
		usual.Shape.H = []int{56, 9}[i/5%2] // 9: F(3, 3)
		usual.Shape.W = usual.Shape.H
		algo := choose(&usual)
		seen[algo]++
		for _, isa := range isas() {
			small := c.f
			small.Shape.H, small.Shape.W = (s.R-1)*s.DilH+1, (s.S-1)*s.DilW+1
			small.In = Map{C: s.C, H: small.Shape.H, W: small.Shape.W, Halo: c.f.In.Halo}
			small.Out = Map{C: s.O, H: small.Shape.P(), W: small.Shape.Q()}
			small.Residual, small.Algo, small.ISA = small.Out, algo, isa
			first := NewConv(small)
			p := first.At(c.f.In, c.f.Out, c.f.Residual).At(small.In, small.Out, small.Out).At(c.f.In, c.f.Out, c.f.Residual)
			fresh := c.plan(algo, isa)
			what := fmt.Sprint(algo, " ", isa, " ", c)
			if p.Algo != fresh.Algo || p.Split != fresh.Split {
				t.Fatalf("%s: got %v %v, want %v %v", what, p.Algo, p.Split, fresh.Algo, fresh.Split)
			}
			packed, again := poison(make([]float32, first.PackedLen())), poison(make([]float32, p.PackedLen()))
			first.Pack(packed, c.w)
			p.Pack(again, c.w)
			wantSame(t, what+": weights packed for another size", packed, again)
			wantSame(t, what, imagesOf(c.f.Out, c.n, c.run(t, p, 3, asIs)), imagesOf(c.f.Out, c.n, c.run(t, fresh, 1, asIs)))
		}
	}
	for _, algo := range []Algorithm{Direct, Stem, Depthwise, Winograd2, Winograd3, Winograd4, WinogradRow} {
		if seen[algo] == 0 {
			t.Errorf("no case was %v: %v", algo, seen)
		}
	}
}

// TestConvDXAt is TestConvAt for transposed convolutions, whose results are as many as the
// stride at least.
func TestConvDXAt(t *testing.T) {
	r := newRand(t)
	seen := map[Algorithm]int{}
	for i := range 200 {
		d := newDXCase(r)
		if i%4 == 0 {
			d = dxCaseOf(r, square(16+r.IntN(20), 16+r.IntN(20), 3+r.IntN(20), 3, 1))
		}
		d.Gate = Gate{} // which a plan of another size has not
		s := d.Shape
		if s.H < s.StrideH || s.W < s.StrideW {
			continue
		}
		for _, isa := range isas() {
			f := d.ConvDXConfig
			f.ISA = isa
			fresh := NewConvDX(f)
			seen[fresh.Algo]++
			small := fresh.ConvDXConfig
			small.Shape.H, small.Shape.W = max(s.StrideH, (s.R-1)*s.DilH+1), max(s.StrideW, (s.S-1)*s.DilW+1)
			small.In = Map{C: s.O, H: small.Shape.P(), W: small.Shape.Q(), Halo: DXHalo(&small.Shape)}
			small.Out = Map{C: s.C, H: small.Shape.H, W: small.Shape.W}
			small.Residual = small.Out
			first := NewConvDX(small)
			p := first.At(f.In, f.Out, f.Residual).At(small.In, small.Out, small.Out).At(f.In, f.Out, f.Residual)
			what := fmt.Sprint(fresh.Algo, " ", isa, " ", d)
			if p.Algo != fresh.Algo {
				t.Fatalf("%s: got %v", what, p.Algo)
			}
			packed, want := poison(make([]float32, first.PackedLen())), poison(make([]float32, fresh.PackedLen()))
			first.Pack(packed, d.w)
			fresh.Pack(want, d.w)
			wantSame(t, what+": weights packed for another size", packed, want)
			run := func(p *ConvDX, count int) []float32 {
				dx := poison(make([]float32, f.Out.Len(d.n)))
				bias, residual := d.bias, d.resd
				if !f.Epilogue.Bias {
					bias = nil
				}
				if !f.Epilogue.Residual {
					residual = nil
				}
				own, shared := p.Need(d.n)
				p.Run(threads(t, count, own, shared), d.n, dx, d.dy, packed, bias, residual)
				return imagesOf(f.Out, d.n, dx)
			}
			wantSame(t, what, run(p, 3), run(fresh, 1))
		}
	}
	for _, algo := range []Algorithm{Direct, Depthwise, Winograd4} {
		if seen[algo] == 0 {
			t.Errorf("no case was %v: %v", algo, seen)
		}
	}
}

// TestConvAtAllocatesNothing: plans of other sizes do not, once there is room for them.
func TestConvAtAllocatesNothing(t *testing.T) {
	for _, s := range []kernel.ConvShape{square(32, 32, 20, 3, 1), square(16, 16, 20, 3, 2), square(8, 24, 20, 1, 1)} {
		maps := func(side int) (in, out Map) {
			s.H, s.W = side, side
			return Map{C: s.C, H: side, W: side, Halo: s.PadTop}, Map{C: s.O, H: s.P(), W: s.Q()}
		}
		in, out := maps(9)
		p := NewConv(ConvConfig{Shape: s, In: in, Out: out, ISA: kernel.Selected()})
		packed := make([]float32, p.PackedLen())
		in, out = maps(20)
		p = p.At(in, out, Map{})
		c := kernel.NewCtx(nil)
		c.Reserve(p.Need(3))
		x, y := make([]float32, in.Len(3)), make([]float32, out.Len(3))
		if got := testing.AllocsPerRun(5, func() { p.Run(c, 3, y, x, packed, nil, nil) }); got != 0 {
			t.Errorf("%s: got %v allocations, want 0", layerName(s), got)
		}
	}
}
