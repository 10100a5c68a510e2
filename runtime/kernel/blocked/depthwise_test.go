package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// depthwiseCase is one convolution with its operands.
type depthwiseCase struct {
	f                    ConvConfig
	n                    int
	x, w, bias, residual []float32
}

// someDepthwise returns a random case: the usual windows, and now and then one that
// has no kernel of its own.
func someDepthwise(r *rand.Rand) depthwiseCase {
	k := []int{3, 3, 3, 5, 7}[r.IntN(5)]
	s := kernel.ConvShape{C: 1 + r.IntN(20), R: k, S: k, StrideH: 1 + r.IntN(2), DilH: 1}
	if r.IntN(3) == 0 { // whole blocks, which many images may be done by
		s.C = 8 * (1 + r.IntN(3))
	}
	if r.IntN(4) == 0 {
		s.DilH, s.StrideH = 2, 1
	}
	s.StrideW, s.DilW = s.StrideH, s.DilH
	if r.IntN(5) == 0 {
		s.R, s.S, s.StrideH, s.StrideW, s.DilH, s.DilW = 1+r.IntN(4), 1+r.IntN(4), 1+r.IntN(3), 1+r.IntN(3), 1+r.IntN(2), 1+r.IntN(2)
	}
	s.O, s.Groups = s.C, s.C
	s.PadTop, s.PadBottom = r.IntN(s.R*s.DilH), r.IntN(s.R*s.DilH)
	s.PadLeft, s.PadRight = r.IntN(s.S*s.DilW), r.IntN(s.S*s.DilW)
	s.H = max(1, (s.R-1)*s.DilH+1-s.PadTop-s.PadBottom) + r.IntN(20)
	s.W = max(1, (s.S-1)*s.DilW+1-s.PadLeft-s.PadRight) + r.IntN(40)
	acts := []kernel.Act{kernel.ActNone, kernel.ActRelu, kernel.ActClamp, kernel.ActLeaky, kernel.ActSilu, kernel.ActSigmoid, kernel.ActHardswish}
	f := ConvConfig{Shape: s, Algo: Depthwise,
		Epilogue: kernel.Epilogue{Bias: r.IntN(3) > 0, Residual: r.IntN(3) == 0, Act: acts[r.IntN(len(acts))]}}
	switch f.Epilogue.Act {
	case kernel.ActClamp:
		f.Epilogue.Args = [2]float32{float32(r.IntN(3)), 6}
	case kernel.ActLeaky:
		f.Epilogue.Args[0] = 0.25
	}
	f.In = someMap(r, s.C, s.H, s.W, max(s.PadTop, s.PadBottom, s.PadLeft, s.PadRight))
	f.Out = someMap(r, s.O, s.P(), s.Q(), 0)
	f.Residual = someMap(r, s.O, s.P(), s.Q(), 0)
	c := depthwiseCase{f: f, n: 1 + r.IntN(5)}
	c.x = enter(f.In, c.n, integers(r, c.n*s.C*s.H*s.W))
	c.w = integers(r, s.Weights())
	if f.Epilogue.Bias {
		c.bias = integers(r, s.O)
	}
	if f.Epilogue.Residual {
		c.residual = enter(f.Residual, c.n, integers(r, c.n*s.O*s.P()*s.Q()))
	}
	return c
}

// run returns the result of a case by an algorithm and a set.
func (c *depthwiseCase) run(ctx *kernel.Ctx, algo Algorithm, isa kernel.ISA, place func([]float32) []float32) []float32 {
	f := c.f
	f.Algo, f.ISA = algo, isa
	p := NewConv(f)
	ctx.Reserve(p.Need(c.n))
	packed := place(poison(make([]float32, p.PackedLen())))
	p.Pack(packed, place(c.w))
	y := place(poison(make([]float32, f.Out.Len(c.n))))
	p.Run(ctx, c.n, y, place(c.x), packed, place(c.bias), place(c.residual))
	return y
}

func (c *depthwiseCase) String() string {
	return fmt.Sprintf("%d images of %+v, in %+v, out %+v, %+v", c.n, c.f.Shape, c.f.In, c.f.Out, c.f.Epilogue)
}

func asIs(s []float32) []float32 { return s }

func TestDepthwise(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 300 {
		c := someDepthwise(r)
		want := imagesOf(c.f.Out, c.n, c.run(ctx, Loops, kernel.Generic, asIs))
		for _, isa := range isas() {
			y := c.run(ctx, Depthwise, isa, asIs)
			checkFrame(t, c.f.Out, y, c.n)
			if what := isa.String() + ", " + c.String(); endingOf(&c.f.Epilogue).after {
				wantClose(t, what, imagesOf(c.f.Out, c.n, y), want, 1e-5)
			} else {
				wantSame(t, what, imagesOf(c.f.Out, c.n, y), want)
			}
		}
	}
}

// TestDepthwiseWidths covers every width and tail of every kernel.
func TestDepthwiseWidths(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for _, k := range []struct{ k, stride, dil int }{{3, 1, 1}, {3, 2, 1}, {3, 1, 2}, {5, 1, 1}, {5, 2, 1}, {7, 1, 1}, {7, 2, 1}, {2, 1, 1}} {
		for w := 1; w <= 30; w++ {
			pad := k.k / 2 * k.dil
			s := kernel.ConvShape{C: 8, H: 1 + w%6*k.stride, W: w * k.stride, O: 8, R: k.k, S: k.k, Groups: 8, StrideH: k.stride, StrideW: k.stride,
				DilH: k.dil, DilW: k.dil, PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad}
			f := ConvConfig{Shape: s, In: Map{C: 8, H: s.H, W: s.W, Halo: pad}, Out: Map{C: 8, H: s.P(), W: s.Q()}}
			c := depthwiseCase{f: f, n: 1, x: enter(f.In, 1, integers(r, 8*s.H*s.W)), w: integers(r, s.Weights())}
			want := c.run(ctx, Loops, kernel.Generic, asIs)
			for _, isa := range isas() {
				wantSame(t, isa.String()+", "+c.String(), c.run(ctx, Depthwise, isa, asIs), want)
			}
		}
	}
}

func TestDepthwiseInPlaceResidual(t *testing.T) {
	r := newRand(t)
	ctx := kernel.NewCtx(nil)
	for range 60 {
		c := someDepthwise(r)
		c.f.Epilogue.Residual, c.f.Residual = true, c.f.Out
		c.residual = enter(c.f.Out, c.n, integers(r, c.n*c.f.Out.C*c.f.Out.H*c.f.Out.W))
		for _, isa := range isas() {
			want := c.run(ctx, Depthwise, isa, asIs)
			f := c.f
			f.Algo, f.ISA = Depthwise, isa
			p := NewConv(f)
			ctx.Reserve(p.Need(c.n))
			packed := make([]float32, p.PackedLen())
			p.Pack(packed, c.w)
			y := append([]float32(nil), c.residual...)
			p.Run(ctx, c.n, y, c.x, packed, c.bias, y)
			wantSame(t, isa.String()+", "+c.String(), imagesOf(f.Out, c.n, y), imagesOf(f.Out, c.n, want))
		}
	}
}

func TestDepthwiseThreads(t *testing.T) {
	s := kernel.ConvShape{C: 45, H: 64, W: 61, O: 45, R: 3, S: 3, Groups: 45, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	r := newRand(t)
	f := ConvConfig{Shape: s, In: Map{C: s.C, H: s.H, W: s.W, Halo: 1}, Out: Map{C: s.O, H: s.P(), W: s.Q(), Halo: 2}}
	c := depthwiseCase{f: f, n: 2, x: enter(f.In, 2, random(r, 2*s.C*s.H*s.W)), w: random(r, s.Weights())}
	for _, isa := range isas() {
		want := c.run(kernel.NewCtx(nil), Depthwise, isa, asIs)
		for _, n := range []int{2, 3, 8} {
			wantSame(t, fmt.Sprintf("%v, %d threads", isa, n), c.run(threads(t, n, 0, 0), Depthwise, isa, asIs), want)
		}
	}
}
