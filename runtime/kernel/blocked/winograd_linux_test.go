package blocked

import (
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

func TestWinogradStaysInside(t *testing.T) {
	r := newRand(t)
	for i := range 30 {
		c := winogradCase(r, 1+i%2)
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas()[1:] {
				p := c.plan(algo, isa)
				want := imagesOf(c.f.Out, c.n, c.run(t, p, 1, asIs))
				testkit.Guarded(t, func(g *testkit.Guard) {
					wantSame(t, isa.String()+", "+c.String(), imagesOf(c.f.Out, c.n, c.run(t, p, 1, g.Floats)), want)
				})
			}
		}
	}
}

func TestWinogradGradientsStayInside(t *testing.T) {
	r := newRand(t)
	for range 15 {
		c := winogradCase(r, 1)
		s := c.f.Shape
		m := someMap(r, s.O, s.P(), s.Q(), DXHalo(&s))
		dy := enter(m, c.n, random(r, c.n*s.O*s.P()*s.Q()))
		for _, algo := range winograds(&s) {
			for _, isa := range isas()[1:] {
				input := func(place func([]float32) []float32) []float32 {
					p := NewConvDX(ConvDXConfig{Shape: s, In: m, Out: c.f.In, Algo: algo, ISA: isa})
					packed, dx := place(poison(make([]float32, p.PackedLen()))), place(poison(make([]float32, p.Out.Len(c.n))))
					p.Pack(packed, place(c.w))
					own, shared := p.Need(c.n)
					p.Run(threads(t, 1, own, shared), c.n, dx, place(dy), packed, nil, nil)
					return imagesOf(p.Out, c.n, dx)
				}
				weights := func(place func([]float32) []float32) []float32 {
					p := NewConvDW(ConvDWConfig{Shape: s, X: c.f.In, DY: m, Algo: algo, ISA: isa})
					dw := place(poison(make([]float32, s.Weights())))
					own, shared := p.Need(c.n)
					p.Run(threads(t, 1, own, shared), c.n, dw, place(c.x), place(dy))
					return dw
				}
				for pass, run := range map[string]func(func([]float32) []float32) []float32{"input gradient": input, "weight gradient": weights} {
					want := run(asIs)
					testkit.Guarded(t, func(g *testkit.Guard) {
						wantSame(t, pass+", "+isa.String()+", "+c.String(), run(g.Floats), want)
					})
				}
			}
		}
	}
}
