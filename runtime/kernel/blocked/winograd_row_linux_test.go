package blocked

import (
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

func TestWinogradRowStaysInside(t *testing.T) {
	r := newRand(t)
	for range 30 {
		c := winogradRowCase(r)
		for _, isa := range isas()[1:] {
			p := c.plan(WinogradRow, isa)
			want := imagesOf(c.f.Out, c.n, c.run(t, p, 1, asIs))
			testkit.Guarded(t, func(g *testkit.Guard) {
				wantSame(t, isa.String()+", "+c.String(), imagesOf(c.f.Out, c.n, c.run(t, p, 1, g.Floats)), want)
			})
		}
	}
}
