package blocked

import (
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
)

func TestDepthwiseStaysInside(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 100 {
		c := someDepthwise(r)
		for _, isa := range isas()[1:] {
			want := c.run(ctx, Depthwise, isa, asIs)
			testkit.Guarded(t, func(g *testkit.Guard) {
				wantSame(t, isa.String()+", "+c.String(), imagesOf(c.f.Out, c.n, c.run(ctx, Depthwise, isa, g.Floats)), imagesOf(c.f.Out, c.n, want))
			})
		}
	}
}
