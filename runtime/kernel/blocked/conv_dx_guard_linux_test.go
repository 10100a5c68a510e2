package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
)

// TestConvDXStaysInside runs input gradients, depthwise ones among them, with every
// operand against a page that cannot be read.
func TestConvDXStaysInside(t *testing.T) {
	for _, isa := range assemblies(t) {
		for seed := range uint64(60) {
			d := newDXCase(rand.New(rand.NewPCG(seed, 22)))
			want := d.run(t, 1, isa, Direct)
			testkit.Guarded(t, func(g *testkit.Guard) {
				f := d.ConvDXConfig
				f.ISA, f.Algo = isa, Direct
				p, c := NewConvDX(f), kernel.NewCtx(nil)
				c.Reserve(p.Need(d.n))
				packed := g.Floats(make([]float32, p.PackedLen()))
				p.Pack(packed, g.Floats(d.w))
				var bias, res []float32
				if f.Epilogue.Bias {
					bias = g.Floats(d.bias)
				}
				if f.Epilogue.Residual {
					res = g.Floats(d.resd)
				}
				var gate []float32
				if d.gate != nil {
					gate = g.Floats(d.gate)
				}
				dx := g.Floats(make([]float32, f.Out.Len(d.n)))
				p.RunGated(c, d.n, dx, g.Floats(d.dy), packed, bias, res, gate)
				wantSame(t, fmt.Sprintf("%s seed %d %s", isa, seed, d), imagesOf(f.Out, d.n, dx), want)
			})
		}
	}
}
