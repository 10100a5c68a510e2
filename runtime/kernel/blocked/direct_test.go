package blocked

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// convCase is a convolution with its operands.
type convCase struct {
	f                    ConvConfig
	n                    int
	x, w, bias, residual []float32
}

func (c *convCase) String() string {
	return fmt.Sprintf("%d images of %+v, in %+v, out %+v, %+v", c.n, c.f.Shape, c.f.In, c.f.Out, c.f.Epilogue)
}

// someShape returns a random convolution that fits in a test.
func someShape(r *rand.Rand) kernel.ConvShape {
	groups := []int{1, 1, 1, 2, 4}[r.IntN(5)]
	channels := func() int { return groups * (1 + r.IntN([]int{3, 20, 70}[r.IntN(3)]/groups+1)) }
	s := kernel.ConvShape{
		C: channels(), O: channels(), Groups: groups,
		R: 1 + r.IntN(4), S: 1 + r.IntN(4),
		StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3), DilH: 1 + r.IntN(2), DilW: 1 + r.IntN(2),
		PadTop: r.IntN(3), PadBottom: r.IntN(3), PadLeft: r.IntN(3), PadRight: r.IntN(3),
	}
	s.H = max(1+r.IntN(15), (s.R-1)*s.DilH+1-s.PadTop-s.PadBottom)
	s.W = max(1+r.IntN(20), (s.S-1)*s.DilW+1-s.PadLeft-s.PadRight)
	return s
}

// someStem returns a random convolution of a plain picture: half of them with the
// columns that kernels are unrolled for.
func someStem(r *rand.Rand) kernel.ConvShape {
	s := someShape(r)
	s.C, s.Groups = 1+r.IntN(4), 1
	if r.IntN(2) == 0 {
		s.R, s.S, s.DilW = 3, []int{3, 7}[r.IntN(2)], 1
		s.H, s.W = s.H+5, s.W+7
	}
	return s
}

// newConvCase chooses maps, an epilogue and operands for a shape.
func newConvCase(r *rand.Rand, s kernel.ConvShape, plain bool) *convCase {
	acts := []kernel.Act{kernel.ActNone, kernel.ActNone, kernel.ActRelu, kernel.ActClamp, kernel.ActLeaky, kernel.ActSilu, kernel.ActSigmoid, kernel.ActHardswish}
	f := ConvConfig{Shape: s, PlainIn: plain,
		Epilogue: kernel.Epilogue{Bias: r.IntN(2) == 0, Residual: r.IntN(3) == 0, Act: acts[r.IntN(len(acts))]}}
	switch f.Epilogue.Act {
	case kernel.ActClamp:
		f.Epilogue.Args = [2]float32{float32(r.IntN(3)), 6}
	case kernel.ActLeaky:
		f.Epilogue.Args[0] = 0.25
	}
	c := &convCase{f: f, n: 1 + r.IntN(3)}
	c.x = integers(r, c.n*s.C*s.H*s.W)
	if plain {
		c.f.In = Map{C: s.C, H: s.H, W: s.W}
	} else {
		c.f.In = someMap(r, s.C, s.H, s.W, max(s.PadTop, s.PadBottom, s.PadLeft, s.PadRight))
		c.x = enter(c.f.In, c.n, c.x)
	}
	c.f.Out = someMap(r, s.O, s.P(), s.Q(), r.IntN(2))
	c.f.Residual = someMap(r, s.O, s.P(), s.Q(), r.IntN(2))
	c.w = integers(r, s.Weights())
	if f.Epilogue.Bias {
		c.bias = integers(r, s.O)
	}
	if f.Epilogue.Residual {
		c.residual = enter(c.f.Residual, c.n, integers(r, c.n*s.O*s.P()*s.Q()))
	}
	return c
}

// direct returns the direct algorithm of the case.
func (c *convCase) direct() Algorithm {
	if c.f.PlainIn {
		return Stem
	}
	return Direct
}

// plan prepares the case for an algorithm and a set.
func (c *convCase) plan(algo Algorithm, isa kernel.ISA) *Conv {
	f := c.f
	f.Algo, f.ISA = algo, isa
	return NewConv(f)
}

// run returns the result of a plan on some threads.
func (c *convCase) run(t testing.TB, p *Conv, workers int, place func([]float32) []float32) []float32 {
	t.Helper()
	perWorker, shared := p.Need(c.n)
	packed := place(poison(make([]float32, p.PackedLen())))
	p.Pack(packed, place(c.w))
	y := place(poison(make([]float32, c.f.Out.Len(c.n))))
	p.Run(threads(t, workers, perWorker, shared), c.n, y, place(c.x), packed, place(c.bias), place(c.residual))
	return y
}

// check compares with the definition: bit by bit, but for activations that the
// vectors only approximate.
func (c *convCase) check(t *testing.T, isa kernel.ISA, got, want []float32) {
	t.Helper()
	checkFrame(t, c.f.Out, got, c.n)
	what := isa.String() + ", " + c.String()
	got, want = imagesOf(c.f.Out, c.n, got), imagesOf(c.f.Out, c.n, want)
	if endingOf(&c.f.Epilogue).after {
		wantClose(t, what, got, want, 1e-5)
	} else {
		wantSame(t, what, got, want)
	}
}

func TestDirect(t *testing.T) {
	r := newRand(t)
	for range 200 {
		c := newConvCase(r, someShape(r), false)
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, isa := range isas() {
			c.check(t, isa, c.run(t, c.plan(Direct, isa), 1, asIs), want)
		}
	}
}

func TestStem(t *testing.T) {
	r := newRand(t)
	for range 100 {
		c := newConvCase(r, someStem(r), true)
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, isa := range isas() {
			c.check(t, isa, c.run(t, c.plan(Stem, isa), 1, asIs), want)
		}
	}
}

// TestDirectTiles meets every kernel: each number of vectors, and pixels from one
// to more than two tiles.
func TestDirectTiles(t *testing.T) {
	r := newRand(t)
	for _, k := range []int{1, 3, 7} {
		for _, outs := range []int{8, 16, 24, 32, 40, 48, 64, 72, 80} {
			for side := 1; side <= 17; side++ {
				s := square(8, outs, side, k, 1)
				s.H, s.PadTop, s.PadBottom = 1, k/2, k-1-k/2
				for _, plain := range []bool{false, true} {
					s.C = 8
					if plain {
						s.C = 1
					}
					c := newConvCase(r, s, plain)
					want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
					for _, isa := range isas()[1:] {
						c.check(t, isa, c.run(t, c.plan(c.direct(), isa), 1, asIs), want)
					}
				}
			}
		}
	}
}

// TestDirectCuts cuts the work in every way: the result is the same bits.
func TestDirectCuts(t *testing.T) {
	r := newRand(t)
	for range 40 {
		c := newConvCase(r, someShape(r), false)
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, isa := range isas()[1:] {
			p := c.plan(Direct, isa)
			d := p.method.(*convDirect)
			units := 1 + r.IntN(len(d.units))
			rows := 1 + r.IntN(c.f.Out.H)
			cut := directCut{pass: 1 + r.IntN(d.cut.pass), units: units, rows: rows}
			if r.IntN(2) == 0 {
				cut.rows, cut.images = c.f.Out.H, 1+r.IntN(4)
			}
			d.cutAs(cut)
			c.check(t, isa, c.run(t, p, 1, asIs), want)
		}
	}
}

func TestDirectInPlaceResidual(t *testing.T) {
	r := newRand(t)
	for range 40 {
		c := newConvCase(r, someShape(r), false)
		c.f.Epilogue.Residual, c.f.Residual = true, c.f.Out
		c.residual = enter(c.f.Out, c.n, integers(r, c.n*c.f.Out.C*c.f.Out.H*c.f.Out.W))
		for _, isa := range isas() {
			p := c.plan(Direct, isa)
			want := c.run(t, p, 1, asIs)
			packed := make([]float32, p.PackedLen())
			p.Pack(packed, c.w)
			y := append([]float32(nil), c.residual...)
			perWorker, shared := p.Need(c.n)
			p.Run(threads(t, 1, perWorker, shared), c.n, y, c.x, packed, c.bias, y)
			c.check(t, isa, y, want)
		}
	}
}

// TestDirectBound holds random results of any shape against their bound.
func TestDirectBound(t *testing.T) {
	r := newRand(t)
	for range 20 {
		s := someShape(r)
		c := newConvCase(r, s, false)
		c.f.Epilogue = kernel.Epilogue{}
		c.bias, c.residual = nil, nil
		x, w := random(r, len(c.x)), random(r, len(c.w))
		absolute := func(v []float32) []float32 {
			a := make([]float32, len(v))
			for i := range v {
				a[i] = float32(math.Abs(float64(v[i])))
			}
			return a
		}
		// The frame of the input stays as it is.
		for i := range x {
			if c.x[i] == 0 {
				x[i] = 0
			}
		}
		c.x, c.w = absolute(x), absolute(w)
		sums := imagesOf(c.f.Out, c.n, c.run(t, c.plan(Loops, kernel.Generic), 1, asIs))
		c.x, c.w = x, w
		want := imagesOf(c.f.Out, c.n, c.run(t, c.plan(Loops, kernel.Generic), 1, asIs))
		for _, isa := range isas()[1:] {
			p := c.plan(Direct, isa)
			got := imagesOf(c.f.Out, c.n, c.run(t, p, 1, asIs))
			for i := range got {
				bound := p.Bound().Of(float64(sums[i])) + 0x1p-23*float64(sums[i]) // both sums are rounded
				if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= bound) {
					t.Fatalf("%v, %v: element %d: got %v, want %v within %v", isa, c, i, got[i], want[i], bound)
				}
			}
		}
	}
}

func TestDirectThreads(t *testing.T) {
	r := newRand(t)
	for _, plain := range []bool{false, true} {
		s := square(40, 72, 33, 3, 1)
		if plain {
			s = square(3, 72, 97, 7, 2)
		}
		c := newConvCase(r, s, plain)
		c.w = random(r, len(c.w))
		for _, isa := range isas()[1:] {
			p := c.plan(c.direct(), isa)
			want := c.run(t, p, 1, asIs)
			for _, n := range []int{2, 3, 8} {
				wantSame(t, fmt.Sprintf("%v, %d threads", isa, n), imagesOf(c.f.Out, c.n, c.run(t, p, n, asIs)), imagesOf(c.f.Out, c.n, want))
			}
		}
	}
}

// TestDirectFar: maps that come from memory, of which tiles fetch what the next one reads,
// give the bits of their images one by one.
func TestDirectFar(t *testing.T) {
	r := newRand(t)
	for range 2 {
		c := newConvCase(r, square(15+r.IntN(3), 40, 240, 1, 1), false).fractions(r)
		c.f.Epilogue.Residual, c.residual = false, nil
		if c.n = 3; 4*c.n*c.f.In.Step() <= farFrom || 4*c.f.In.Step() > farFrom {
			t.Fatalf("a map of %d bytes an image shows nothing", 4*c.f.In.Step())
		}
		c = c.fractions(r)
		for _, isa := range isas()[1:] {
			p, one, in := c.plan(Direct, isa), *c, c.f.In.Step()
			var want []float32
			for i := range c.n {
				one.n, one.x = 1, c.x[i*in:][:c.f.In.Size()]
				want = append(want, imagesOf(c.f.Out, 1, one.run(t, p, 1, asIs))...)
			}
			for _, workers := range []int{1, 3} {
				got := c.run(t, p, workers, asIs)
				checkFrame(t, c.f.Out, got, c.n)
				wantSame(t, fmt.Sprint(isa, " ", c), imagesOf(c.f.Out, c.n, got), want)
			}
		}
	}
}

// TestSlimUnits: layers of many weights and pixels, which AVX2 computes by slim units in
// passes out of the first cache, give the bits of the definition.
func TestSlimUnits(t *testing.T) {
	r := newRand(t)
	for _, groups := range []int{1, 2} {
		s := square(groups*(121+r.IntN(16)), groups*(8+r.IntN(50)), 23+r.IntN(4), 3, 1)
		s.Groups = groups
		c := newConvCase(r, s, false)
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, isa := range isas()[1:] {
			p := c.plan(Direct, isa)
			d := p.method.(*convDirect)
			for _, u := range d.units {
				if slim := u.vecs <= tiles.Slim && d.cut.pass < 4; isa == kernel.AVX2 && !slim {
					t.Fatalf("%v, %v: a unit of %d vectors in passes of %d blocks, want a slim one", isa, c, u.vecs, d.cut.pass)
				}
			}
			for _, workers := range []int{1, 3} {
				c.check(t, isa, c.run(t, p, workers, asIs), want)
			}
		}
	}
}
