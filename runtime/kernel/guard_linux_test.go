package kernel

import (
	"fmt"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guard hands out memory that lies against an inaccessible page, at its end or at
// its beginning: an access outside an operand ends the test.
type guard struct {
	t     *testing.T
	atEnd bool
	maps  [][]byte
}

func guardBytes(g *guard, n int) []byte {
	g.t.Helper()
	page := unix.Getpagesize()
	size := roundUp(max(n, 1), page)
	m, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		g.t.Fatal(err)
	}
	g.maps = append(g.maps, m)
	for _, p := range [][]byte{m[:page], m[page+size:]} {
		if err := unix.Mprotect(p, unix.PROT_NONE); err != nil {
			g.t.Fatal(err)
		}
	}
	if g.atEnd {
		return m[page+size-n : page+size : page+size]
	}
	return m[page : page+n : page+n]
}

// floats returns guarded memory that holds src.
func (g *guard) floats(src []float32) []float32 {
	b := guardBytes(g, 4*len(src))
	if len(src) == 0 {
		return nil
	}
	s := unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(src))
	copy(s, src)
	return s
}

func (g *guard) free() {
	for _, m := range g.maps {
		if err := unix.Munmap(m); err != nil {
			g.t.Fatal(err)
		}
	}
	g.maps = nil
}

// context returns a Ctx for one thread whose scratch memory is guarded too.
func (g *guard) context(perWorker, shared int) *Ctx {
	c := context(g.t, 1, 0, 0)
	c.perWorker, c.workers, c.shared = perWorker, g.floats(poison(perWorker)), g.floats(poison(shared))
	return c
}

// guarded runs body with operands against the end and the beginning of a page.
func guarded(t *testing.T, body func(g *guard)) {
	skipWithoutVector(t)
	for _, atEnd := range []bool{true, false} {
		g := &guard{t: t, atEnd: atEnd}
		body(g)
		g.free()
	}
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
		guarded(t, func(g *guard) {
			f, dx, dw := NewConv(s, c.e), NewConvDX(s), NewConvDW(s)
			x, dy, w := g.floats(c.x), g.floats(c.dy), g.floats(c.w)
			packed := g.floats(poison(f.PackedLen()))
			f.Pack(packed, w)
			y := g.floats(poison(len(dy)))
			f.Run(g.context(f.Need(n)), n, y, x, packed, g.floats(c.bias), g.floats(c.residual))
			wantSame(t, "forward, "+c.String(), y, c.forward(t, 1, true))
			dx.Pack(packed, w)
			gx := g.floats(poison(len(x)))
			dx.Run(g.context(dx.Need(n)), n, gx, dy, packed)
			wantSame(t, "dx, "+c.String(), gx, c.inputGradient(t, 1, true))
			gw := g.floats(poison(len(w)))
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
		guarded(t, func(g *guard) {
			p := NewMatmul(d.ta, d.tb, d.e)
			y := g.floats(poison(d.batch * d.m * d.n))
			a, b := g.floats(d.a), g.floats(d.b)
			bias, res := g.floats(d.bias), g.floats(d.r)
			p.Run(g.context(p.Need(d.batch, d.m, d.n, d.k)), d.batch, d.m, d.n, d.k, y, a, b, bias, res)
			wantSame(t, d.String(), y, d.matmul(t, 1, true))
			if d.batch > 1 {
				return
			}
			q := NewDense(d.k, d.n, d.tb, d.e)
			packed := g.floats(poison(q.PackedLen()))
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
		guarded(t, func(g *guard) {
			c := g.context(0, 0)
			x, dy, y, dx := g.floats(in), g.floats(out), g.floats(out), g.floats(in)
			at := guardBytes(g, len(out))
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
		guarded(t, func(g *guard) {
			c := g.context(0, 0)
			w, grad, v := g.floats(src[:n]), g.floats(src[:n]), g.floats(src[:n])
			SGD(c, w, grad, v, 0.1, 0.9, 0.01, true)
			SGD(c, w, grad, v, 0.1, 0.9, 0.01, false)
			ReluDX(c, v, w, grad)
			BiasGrad(c, 1, 1, n, g.floats(src[:1]), g.floats(src[:n]))
			BiasGrad(c, 3, n, 1, g.floats(src[:n]), g.floats(src[:3*n]))
			BiasGrad(c, 1, 3, n, g.floats(src[:3]), g.floats(src[:3*n]))
		})
	}
}

func TestPixelsStayInside(t *testing.T) {
	r := newRand(t)
	for i := range 60 {
		c := newConvCase(r, pixelsConv(i, func() ConvShape { return someConv(r) }), 1+i%2, true)
		guarded(t, func(g *guard) {
			for isa := AVX2; isa <= best(); isa++ {
				got := c.forPixels(NewConv(c.s, c.e), isa, g.context, g.floats)
				wantSame(t, c.String(), got, c.forward(t, 1, false))
			}
		})
	}
}
