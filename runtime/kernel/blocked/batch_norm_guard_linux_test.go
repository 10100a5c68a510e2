package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
)

// TestBatchNormStaysInside runs norms and their gradients with every operand against a
// page that cannot be read, and results over the operands they may share storage with.
func TestBatchNormStaysInside(t *testing.T) {
	for _, isa := range assemblies(t) {
		for seed := range uint64(40) {
			d := newNormCase(rand.New(rand.NewPCG(seed, 23)))
			d.y, d.dx, d.dres = d.x, d.dy, d.residual
			d.again = d.e.Act != kernel.ActNone && !d.e.Residual && seed%2 == 0
			want := d.run(t, 1, isa)
			testkit.Guarded(t, func(g *testkit.Guard) {
				what := fmt.Sprintf("%s seed %d %s", isa, seed, d)
				p := NewBatchNorm(BatchNormConfig{X: d.x, Y: d.y, Residual: d.residual, Epilogue: d.e, Eps: 1e-5, Momentum: 0.1, ISA: isa})
				q := NewBatchNormDX(BatchNormDXConfig{X: d.x, Y: d.y, DY: d.dy, DX: d.dx, DResidual: d.dres, Epilogue: d.e, Again: d.again, ISA: isa})
				c := kernel.NewCtx(nil)
				c.Reserve(p.Need(d.n))
				c.Reserve(q.Need(d.n))
				vec := func() []float32 { return g.Floats(make([]float32, d.x.C)) }
				x, mean, invstd := g.Floats(d.mx), vec(), vec()
				a := BatchNormArgs{Y: x, Mean: mean, InvStd: invstd, NewMean: g.Floats(d.runMean), NewVar: g.Floats(d.runVar),
					X: x, Weight: g.Floats(d.weight), Bias: g.Floats(d.bias)}
				a.RunMean, a.RunVar = a.NewMean, a.NewVar
				if d.e.Residual {
					a.Residual = g.Floats(d.mres)
				}
				p.Run(c, d.n, a)
				wantSame(t, what+" y", imagesOf(d.y, d.n, x), imagesOf(d.y, d.n, want.y))
				wantSame(t, what+" new variance", a.NewVar, want.newVar)
				dy := g.Floats(d.mdy)
				b := BatchNormDXArgs{DX: dy, DWeight: vec(), DBias: vec(), X: g.Floats(d.mx), Y: x, DY: dy, Weight: a.Weight, Mean: mean, InvStd: invstd}
				if d.e.Residual {
					b.DResidual = a.Residual
				}
				if d.again {
					b.Y, b.Bias = nil, a.Bias
				}
				q.Run(c, d.n, b)
				wantSame(t, what+" dx", imagesOf(d.dx, d.n, dy), imagesOf(d.dx, d.n, want.dx))
				wantSame(t, what+" dweight", b.DWeight, want.dw)
				if d.e.Residual {
					wantSame(t, what+" dresidual", imagesOf(d.dres, d.n, b.DResidual), imagesOf(d.dres, d.n, want.dres))
				}
			})
		}
	}
}
