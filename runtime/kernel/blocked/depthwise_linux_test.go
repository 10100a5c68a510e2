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

// TestDepthwisePairs: windows of stride 2 give the same bits with AVX2 and by pairs of pixels,
// whichever the processor that runs the test prefers.
func TestDepthwisePairs(t *testing.T) {
	if !kernel.AVX512.Available() {
		t.Skip("only AVX-512 has pairs")
	}
	r := newRand(t)
	for pairs := 0; pairs < 60; {
		c := someDepthwise(r)
		c.f.ISA, c.f.Algo = kernel.AVX512, Depthwise
		p := NewConv(c.f)
		d := p.method.(*depthwise)
		if d.pairs(false) == d.pairs(true) {
			continue
		}
		pairs++
		packed := make([]float32, p.PackedLen())
		p.Pack(packed, c.w)
		perWorker, shared := p.Need(c.n)
		ctx := threads(t, 1, perWorker, shared)
		var y [2][]float32
		for i, halves := range []bool{true, false} {
			if d.cutRow(halves); (d.isa == kernel.AVX2) != halves {
				t.Fatalf("%v: got kernels of %v", &c, d.isa)
			}
			testkit.Guarded(t, func(g *testkit.Guard) {
				out := g.Floats(poison(make([]float32, c.f.Out.Len(c.n))))
				p.Run(ctx, c.n, out, g.Floats(c.x), packed, c.bias, g.Floats(c.residual))
				checkFrame(t, c.f.Out, out, c.n)
				y[i] = imagesOf(c.f.Out, c.n, out)
			})
		}
		wantSame(t, c.String(), y[1], y[0])
	}
}
