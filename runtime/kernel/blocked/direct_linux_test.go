package blocked

import (
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

func TestDirectStaysInside(t *testing.T) {
	r := newRand(t)
	for i := range 60 {
		c := newConvCase(r, someShape(r), false)
		if i%3 == 0 {
			c = newConvCase(r, someStem(r), true)
		}
		for _, isa := range isas()[1:] {
			p := c.plan(c.direct(), isa)
			want := c.run(t, p, 1, asIs)
			testkit.Guarded(t, func(g *testkit.Guard) { c.check(t, isa, c.run(t, p, 1, g.Floats), want) })
		}
	}
}

// TestDirectMisaligned runs with operands that begin anywhere in a vector.
func TestDirectMisaligned(t *testing.T) {
	r := newRand(t)
	for range 20 {
		c := newConvCase(r, someShape(r), false)
		for _, isa := range isas()[1:] {
			p := c.plan(Direct, isa)
			want := c.run(t, p, 1, asIs)
			off := 0
			c.check(t, isa, c.run(t, p, 1, func(s []float32) []float32 {
				if s == nil {
					return nil
				}
				off = (off + 1) % 16
				return append(make([]float32, off), s...)[off:]
			}), want)
		}
	}
}
