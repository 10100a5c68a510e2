package blocked

import (
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// TestStrassenStaysInside runs whole convolutions with operands between pages that cannot be
// touched, and where no vector is aligned.
func TestStrassenStaysInside(t *testing.T) {
	r := newRand(t)
	for range 30 {
		c := strassenCase(r).fractions(r)
		for _, isa := range isas()[1:] {
			p := c.plan(Strassen, isa)
			want := imagesOf(c.f.Out, c.n, c.run(t, p, 1, asIs))
			testkit.Guarded(t, func(g *testkit.Guard) {
				wantSame(t, isa.String()+", "+c.String(), imagesOf(c.f.Out, c.n, c.run(t, p, 1, g.Floats)), want)
			})
		}
	}
}
