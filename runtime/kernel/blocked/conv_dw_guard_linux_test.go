package blocked

import (
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
)

func TestConvDWStaysInside(t *testing.T) {
	for _, isa := range assemblies(t) {
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 10))
			d := newDWCase(r, seed%4 == 0)
			switch seed % 4 {
			case 1:
				d = newPointwiseCase(r)
			case 2:
				d = newFilterCase(r)
			case 3:
				d = newStrassenDWCase(r)
			}
			want := d.run(1, isa)
			testkit.Guarded(t, func(g *testkit.Guard) {
				f := d.ConvDWConfig
				f.ISA = isa
				p, c := NewConvDW(f), kernel.NewCtx(nil)
				c.Reserve(p.Need(d.n))
				dw := g.Floats(make([]float32, f.Shape.Weights()))
				p.Run(c, d.n, dw, g.Floats(d.x), g.Floats(d.dy))
				for i := range dw {
					if dw[i] != want[i] {
						t.Fatalf("%s, %s: weight %d is %v, want %v", isa, d, i, dw[i], want[i])
					}
				}
			})
		}
	}
}
