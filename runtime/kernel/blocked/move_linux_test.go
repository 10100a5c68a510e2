package blocked

import (
	"fmt"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
)

// TestResizeSets compares the sets with the loops that define enlargement.
func TestResizeSets(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 80 {
		n := 1 + r.IntN(2)
		f := ResizeConfig{In: someMap(r, 1+r.IntN(20), 1+r.IntN(6), 1+r.IntN(12), 0), ScaleH: 1 + r.IntN(3), ScaleW: 1 + r.IntN(3), Bilinear: r.IntN(2) == 0}
		f.Out = someMap(r, f.In.C, f.In.H*f.ScaleH, f.In.W*f.ScaleW, 0)
		x := enter(f.In, n, random(r, n*f.In.C*f.In.H*f.In.W))
		want := poison(make([]float32, f.Out.Len(n)))
		NewResize(f).Run(ctx, n, want, x)
		for _, f.ISA = range isas()[1:] {
			testkit.Guarded(t, func(g *testkit.Guard) {
				y := g.Floats(poison(make([]float32, f.Out.Len(n))))
				NewResize(f).Run(ctx, n, y, g.Floats(x))
				wantSame(t, fmt.Sprintf("%+v", f), imagesOf(f.Out, n, y), imagesOf(f.Out, n, want))
			})
		}
	}
}

// TestCopySets writes into channels of a map that holds other values, which stay.
func TestCopySets(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 150 {
		n, c, h, w := 1+r.IntN(2), 1+r.IntN(20), 1+r.IntN(4), 1+r.IntN(6)
		f := CopyConfig{At: r.IntN(20), In: someMap(r, c, h, w, 0)}
		f.Out = someMap(r, f.At+c+r.IntN(2)*r.IntN(12), h, w, 0)
		x := enter(f.In, n, random(r, n*c*h*w))
		before := enter(f.Out, n, random(r, n*f.Out.C*h*w))
		want := append([]float32(nil), before...)
		NewCopy(f).Run(ctx, n, want, x)
		for _, f.ISA = range isas()[1:] {
			testkit.Guarded(t, func(g *testkit.Guard) {
				y := g.Floats(before)
				NewCopy(f).Run(ctx, n, y, g.Floats(x))
				wantSame(t, fmt.Sprintf("%+v", f), imagesOf(f.Out, n, y), imagesOf(f.Out, n, want))
			})
		}
	}
}

func TestRelayoutStaysInside(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 40 {
		m, n := someMap(r, 1+r.IntN(20), 1+r.IntN(4), 1+r.IntN(30), 0), 1+r.IntN(2)
		x := random(r, n*m.C*m.H*m.W)
		testkit.Guarded(t, func(g *testkit.Guard) {
			y, back := g.Floats(poison(make([]float32, m.Len(n)))), g.Floats(poison(make([]float32, len(x))))
			NewEnter(m).Run(ctx, n, y, g.Floats(x))
			wantSame(t, fmt.Sprintf("enter %+v", m), imagesOf(m, n, y), imagesOf(m, n, enter(m, n, x)))
			NewLeave(m).Run(ctx, n, back, y)
			wantSame(t, fmt.Sprintf("leave %+v", m), back, x)
		})
	}
}
