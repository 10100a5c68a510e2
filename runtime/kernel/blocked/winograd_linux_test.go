package blocked

import "testing"

func TestWinogradStaysInside(t *testing.T) {
	r := newRand(t)
	for i := range 30 {
		c := winogradCase(r, 1+i%2)
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas()[1:] {
				p := c.plan(algo, isa)
				want := imagesOf(c.f.Out, c.n, c.run(t, p, 1, asIs))
				guarded(t, func(g *guard) {
					wantSame(t, isa.String()+", "+c.String(), imagesOf(c.f.Out, c.n, c.run(t, p, 1, g.floats)), want)
				})
			}
		}
	}
}
