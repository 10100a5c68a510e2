package blocked

import "testing"

func TestWinogradStaysInside(t *testing.T) {
	r := newRand(t)
	for range 25 {
		c := winogradCase(r)
		for _, algo := range winograds {
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
