package blocked

import (
	"fmt"
	"math"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
)

// TestElementwise compares every operation and activation with the loops that
// define them, in rows of every length, operands against the ends of a page.
func TestElementwise(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for op := OpApply; op <= OpScale; op++ {
		for _, act := range everyAct {
			for width := 1; width <= 10; width++ {
				c, h, n := 1+r.IntN(20), 1+r.IntN(4), 1+r.IntN(2)
				f := ElementwiseConfig{Op: op, Act: act, A: someMap(r, c, h, width, 0), B: someMap(r, c, h, width, 0), Out: someMap(r, c, h, width, 0)}
				if act == kernel.ActClamp {
					f.Args = [2]float32{0.5, 6}
				} else if act == kernel.ActLeaky {
					f.Args[0] = 0.1
				}
				values := func() []float32 {
					x := random(r, n*c*h*width)
					for i := range x {
						x[i] *= 8
					}
					return x
				}
				a, b := enter(f.A, n, values()), enter(f.B, n, values())
				if op == OpScale {
					f.B = someScale(r, c)
					b = enter(f.B, n, random(r, n*c))
				}
				want := poison(make([]float32, f.Out.Len(n)))
				NewElementwise(f).Run(ctx, n, want, a, b)
				checkFrame(t, f.Out, want, n)
				for _, f.ISA = range isas()[1:] {
					what := fmt.Sprintf("%v, op %d, %v, %+v", f.ISA, op, act, f)
					testkit.Guarded(t, func(g *testkit.Guard) {
						y := g.Floats(poison(make([]float32, f.Out.Len(n))))
						NewElementwise(f).Run(ctx, n, y, g.Floats(a), g.Floats(b))
						checkFrame(t, f.Out, y, n)
						wantClose(t, what, imagesOf(f.Out, n, y), imagesOf(f.Out, n, want), 2e-6)
					})
				}
			}
		}
	}
}

func TestElementwiseInPlace(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	m := Map{C: 19, H: 5, W: 7, Halo: 1}
	a, b := enter(m, 1, random(r, m.C*m.H*m.W)), enter(m, 1, random(r, m.C*m.H*m.W))
	for _, isa := range isas() {
		p := NewElementwise(ElementwiseConfig{Op: OpAdd, Act: kernel.ActRelu, A: m, B: m, Out: m, ISA: isa})
		want := poison(make([]float32, len(a)))
		p.Run(ctx, 1, want, a, b)
		y := append([]float32(nil), a...)
		p.Run(ctx, 1, y, y, b)
		wantSame(t, isa.String(), y, want)
	}
}

// TestElementwiseKeepsNaN runs every activation over a NaN among numbers.
func TestElementwiseKeepsNaN(t *testing.T) {
	m := Map{C: 8, H: 1, W: 5}
	ctx := kernel.NewCtx(nil)
	for _, isa := range isas() {
		for _, act := range everyAct {
			for at := range m.Size() {
				x, y := make([]float32, m.Size()), make([]float32, m.Size())
				x[at] = float32(math.NaN())
				f := ElementwiseConfig{Act: act, Args: [2]float32{-1, 1}, A: m, Out: m, ISA: isa}
				NewElementwise(f).Run(ctx, 1, y, x, nil)
				for i, v := range y {
					if (v != v) != (i == at) {
						t.Fatalf("%v, %v: NaN at %d: element %d is %v", isa, act, at, i, v)
					}
				}
			}
		}
	}
}
