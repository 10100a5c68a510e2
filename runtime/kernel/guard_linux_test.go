package kernel

import (
	"fmt"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// guard is guarded memory for the operands of a call and its scratch memory.
type guard struct {
	*testkit.Guard
	t *testing.T
}

// context returns a Ctx for one thread whose scratch memory is guarded too.
func (g guard) context(perWorker, shared int) *Ctx {
	c := context(g.t, 1, 0, 0)
	c.perWorker, c.workers, c.shared = perWorker, g.Floats(poison(perWorker)), g.Floats(poison(shared))
	return c
}

// guarded runs body with operands against pages that cannot be touched, and askew.
func guarded(t *testing.T, body func(g guard)) {
	skipWithoutVector(t)
	testkit.Guarded(t, func(g *testkit.Guard) { body(guard{g, t}) })
}

func TestConvStaysInside(t *testing.T) {
	r := newRand(t)
	for i := range 120 {
		s, n := someConv(r), imageCounts[i%len(imageCounts)]
		if i%10 == 0 {
			p := convPlaces[i/10%len(convPlaces)]
			s, n = p.s, p.n
		}
		c := newConvCase(r, s, n, true)
		guarded(t, func(g guard) {
			f, dx, dw := NewConv(s, c.e), NewConvDX(s), NewConvDW(s)
			x, dy, w := g.Floats(c.x), g.Floats(c.dy), g.Floats(c.w)
			packed := g.Floats(poison(f.PackedLen()))
			f.Pack(packed, w)
			y := g.Floats(poison(len(dy)))
			f.Run(g.context(f.Need(n)), n, y, x, packed, g.Floats(c.bias), g.Floats(c.residual))
			wantSame(t, "forward, "+c.String(), y, c.forward(t, 1, true))
			dx.Pack(packed, w)
			gx := g.Floats(poison(len(x)))
			dx.Run(g.context(dx.Need(n)), n, gx, dy, packed)
			wantSame(t, "dx, "+c.String(), gx, c.inputGradient(t, 1, true))
			gw := g.Floats(poison(len(w)))
			dw.Run(g.context(dw.Need(n)), n, gw, x, dy)
			wantSame(t, "dw, "+c.String(), gw, c.weightGradient(t, 1, true))
		})
	}
}

func TestMatmulStaysInside(t *testing.T) {
	r := newRand(t)
	for i := range 60 {
		m := someSize(r)
		if i%5 == 0 {
			m = 1
		}
		d := newDenseCase(r, 1+r.IntN(2), m, someSize(r), someSize(r), true)
		guarded(t, func(g guard) {
			p := NewMatmul(d.ta, d.tb, d.e)
			y := g.Floats(poison(d.batch * d.m * d.n))
			a, b := g.Floats(d.a), g.Floats(d.b)
			bias, res := g.Floats(d.bias), g.Floats(d.r)
			p.Run(g.context(p.Need(d.batch, d.m, d.n, d.k)), d.batch, d.m, d.n, d.k, y, a, b, bias, res)
			wantSame(t, d.String(), y, d.matmul(t, 1, true))
			if d.batch > 1 {
				return
			}
			q := NewDense(d.k, d.n, d.tb, d.e)
			packed := g.Floats(poison(q.PackedLen()))
			q.Pack(packed, b)
			q.Run(g.context(q.Need(d.m)), d.m, y, a, packed, bias, res)
			wantSame(t, d.String(), y, d.dense(t, 1, true))
		})
	}
}

func TestPoolStaysInside(t *testing.T) {
	r := newRand(t)
	for range 100 {
		s, n := somePool(r), 1+r.IntN(20)
		what := fmt.Sprintf("n=%d %+v", n, *s)
		in, out := integers(r, n*s.C*s.H*s.W), integers(r, n*s.C*s.P()*s.Q())
		guarded(t, func(g guard) {
			c := g.context(0, 0)
			x, dy, y, dx := g.Floats(in), g.Floats(out), g.Floats(out), g.Floats(in)
			at := g.Bytes(len(out))
			MaxPool(c, s, n, y, nil, x)
			MaxPool(c, s, n, y, at, x)
			MaxPoolDX(c, s, n, dx, at, dy)
			AvgPool(c, s, n, y, x)
			AvgPoolDX(c, s, n, dx, dy)
			if y[0] != y[0] {
				t.Fatalf("%s: got NaN", what)
			}
		})
	}
}

func TestUpdateStaysInside(t *testing.T) {
	r := newRand(t)
	for _, n := range []int{1, 7, 8, 9, 31, 33, 100} {
		src := normals(r, 3*n)
		guarded(t, func(g guard) {
			c := g.context(0, 0)
			w, grad, v := g.Floats(src[:n]), g.Floats(src[:n]), g.Floats(src[:n])
			SGD(c, w, grad, v, 0.1, 0.9, 0.01, true)
			SGD(c, w, grad, v, 0.1, 0.9, 0.01, false)
			ReluDX(c, v, w, grad)
			BiasGrad(c, 1, 1, n, g.Floats(src[:1]), g.Floats(src[:n]))
			BiasGrad(c, 3, n, 1, g.Floats(src[:n]), g.Floats(src[:3*n]))
			BiasGrad(c, 1, 3, n, g.Floats(src[:3]), g.Floats(src[:3*n]))
		})
	}
}

func TestPixelsStayInside(t *testing.T) {
	r := newRand(t)
	for i := range 60 {
		c := newConvCase(r, pixelsConv(i, func() ConvShape { return someConv(r) }), 1+i%2, true)
		guarded(t, func(g guard) {
			for isa := AVX2; isa <= best(); isa++ {
				got := c.forPixels(NewConv(c.s, c.e), isa, g.context, g.Floats)
				wantSame(t, c.String(), got, c.forward(t, 1, false))
			}
		})
	}
}

func TestActivationsStayInside(t *testing.T) {
	r := newRand(t)
	for n := 1; n <= 70; n++ {
		guarded(t, func(g guard) {
			for a := ActRelu; a <= ActHardswish; a++ {
				e := Epilogue{Act: a, Args: [2]float32{0.25, 4}}
				x := g.Floats(normals(r, n))
				want := append([]float32(nil), x...)
				vectorAct(&e, n, &x[0])
				for i, v := range want {
					want[i] = e.apply(v)
				}
				wantClose(t, a.String(), x, want, 1e-6)
			}
			y, x := g.Floats(integers(r, n)), g.Floats(integers(r, n))
			want := make([]float32, n)
			for i := range want {
				want[i] = x[i] + y[i]
			}
			vectorAdd(n, &y[0], &x[0])
			wantSame(t, "sum", y, want)
		})
	}
}
