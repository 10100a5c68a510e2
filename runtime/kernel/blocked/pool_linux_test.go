package blocked

import (
	"fmt"
	"math"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
)

// TestPoolSets compares the sets with the loops that define pooling, operands
// against the ends of a page, now and then with a NaN.
func TestPoolSets(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 200 {
		s := kernel.PoolShape{C: 1 + r.IntN(20), H: 5 + r.IntN(12), W: 5 + r.IntN(30), R: 1 + r.IntN(5), S: 1 + r.IntN(5),
			StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3), Ceil: r.IntN(2) == 0, CountPad: r.IntN(2) == 0}
		s.PadTop, s.PadBottom, s.PadLeft, s.PadRight = r.IntN(s.R), r.IntN(s.R), r.IntN(s.S), r.IntN(s.S)
		n := 1 + r.IntN(2)
		f := PoolConfig{Shape: s, Max: r.IntN(2) == 0, In: someMap(r, s.C, s.H, s.W, 0), Out: someMap(r, s.C, s.P(), s.Q(), 0)}
		plain := random(r, n*s.C*s.H*s.W)
		if r.IntN(4) == 0 {
			plain[r.IntN(len(plain))] = float32(math.NaN())
		}
		x := enter(f.In, n, plain)
		want := poison(make([]float32, f.Out.Len(n)))
		NewPool(f).Run(ctx, n, want, x)
		for _, f.ISA = range isas()[1:] {
			testkit.Guarded(t, func(g *testkit.Guard) {
				y := g.Floats(poison(make([]float32, f.Out.Len(n))))
				NewPool(f).Run(ctx, n, y, g.Floats(x))
				wantSameNaN(t, fmt.Sprintf("%+v", f), imagesOf(f.Out, n, y), imagesOf(f.Out, n, want))
			})
		}
	}
}

// wantSameNaN is wantSame where NaNs are equal.
func wantSameNaN(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range got {
		if g, w := got[i], want[i]; g != w && (g == g || w == w) {
			t.Fatalf("%s: element %d: got %v, want %v", what, i, g, w)
		}
	}
}

func TestMeanSets(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 60 {
		m, n := someMap(r, 1+r.IntN(20), 1+r.IntN(9), 1+r.IntN(20), 0), 1+r.IntN(2)
		x := enter(m, n, random(r, n*m.C*m.H*m.W))
		want, sum := make([]float32, n*m.C), r.IntN(2) == 0
		NewMean(MeanConfig{In: m, Sum: sum, ISA: kernel.Generic}).Run(ctx, n, want, x)
		for _, isa := range isas()[1:] {
			testkit.Guarded(t, func(g *testkit.Guard) {
				y := g.Floats(poison(make([]float32, n*m.C)))
				NewMean(MeanConfig{In: m, Sum: sum, ISA: isa}).Run(ctx, n, y, g.Floats(x))
				bound := 1e-6
				if sum {
					bound *= float64(m.H * m.W)
				}
				wantClose(t, fmt.Sprintf("%v, %+v, sum %v", isa, m, sum), y, want, bound)
			})
		}
	}
}

// TestPoolTraining compares positions and gradients with those of the plain layout,
// and the sets with each other.
func TestPoolTraining(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 120 {
		s := kernel.PoolShape{C: 1 + r.IntN(20), H: 5 + r.IntN(9), W: 5 + r.IntN(9), R: 1 + r.IntN(4), S: 1 + r.IntN(4),
			StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3), Ceil: r.IntN(2) == 0, CountPad: r.IntN(2) == 0}
		s.PadTop, s.PadBottom, s.PadLeft, s.PadRight = r.IntN(s.R), r.IntN(s.R), r.IntN(s.S), r.IntN(s.S)
		n := 1 + r.IntN(2)
		f := PoolConfig{Shape: s, Max: r.IntN(2) == 0, In: someMap(r, s.C, s.H, s.W, 0), Out: someMap(r, s.C, s.P(), s.Q(), 0)}
		if r.IntN(3) == 0 { // positions of some channels of a larger map
			f.At = NewPool(f).Positions(1) + r.IntN(100)
		}
		plain, dplain := integers(r, n*s.C*s.H*s.W), integers(r, n*s.C*s.P()*s.Q())
		x, dy := enter(f.In, n, plain), enter(f.Out, n, dplain)
		want, dwant, at := make([]float32, len(dplain)), make([]float32, len(plain)), make([]uint8, len(dplain))
		if f.Max {
			kernel.MaxPool(ctx, &s, n, want, at, plain)
			kernel.MaxPoolDX(ctx, &s, n, dwant, at, dplain)
		} else {
			kernel.AvgPoolDX(ctx, &s, n, dwant, dplain)
		}
		for _, f.ISA = range isas() {
			testkit.Guarded(t, func(g *testkit.Guard) {
				p := NewPool(f)
				what := fmt.Sprintf("%+v", f)
				var pos []uint8
				if f.Max {
					pos = g.Bytes(p.Positions(n))
					y := g.Floats(poison(make([]float32, f.Out.Len(n))))
					p.RunAt(ctx, n, y, pos, g.Floats(x))
					wantSame(t, what, imagesOf(f.Out, n, y), imagesOf(f.Out, n, enter(f.Out, n, want)))
				}
				dx := g.Floats(poison(make([]float32, f.In.Len(n))))
				p.RunDX(ctx, n, dx, pos, g.Floats(dy))
				checkFrame(t, f.In, dx, n)
				wantClose(t, what, imagesOf(f.In, n, dx), imagesOf(f.In, n, enter(f.In, n, dwant)), 1e-6)
			})
		}
	}
}
