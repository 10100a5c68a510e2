package tune

import (
	"context"
	"math"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
	"github.com/netc-lang/netc/runtime/parallel"
	"github.com/netc-lang/netc/runtime/tensor"
)

// candidate is one way to compute an operation, ready to run.
type candidate struct {
	name string
	out  []float32 // what run writes: all of it
	run  func()
	same func() []float32 // out in the layout of the other candidates
}

// subject is an operation with its operands and what they should give.
type subject struct {
	c         ir.Contraction
	s         kernel.ConvShape
	n         int // images
	few       int // of them that the loops compute
	x, y      blocked.Map
	xs, ys, w []float32 // maps of x and y, weights OIHW
	plain     []float32 // x row by row
	ctx       *kernel.Ctx
	want      []float32 // by the loops that define the operation
	depth     int       // products in one result
}

// mostValidated bounds the images that the loops compute.
const mostValidated = 2

// newSubject makes an operation of n images ready; what it should give is still open.
func newSubject(c ir.Contraction, n int, ctx *kernel.Ctx) *subject {
	s := &subject{c: c, n: n, ctx: ctx, few: min(n, mostValidated)}
	s.s = kernel.ConvShape{
		C: int(c.C), H: int(c.H), W: int(c.W), O: int(c.O), R: int(c.R), S: int(c.S),
		StrideH: int(c.Stride[0]), StrideW: int(c.Stride[1]), DilH: int(c.Dilation[0]), DilW: int(c.Dilation[1]),
		PadTop: int(c.Pad[0]), PadLeft: int(c.Pad[1]), PadBottom: int(c.Pad[2]), PadRight: int(c.Pad[3]), Groups: int(c.Groups),
	}
	s.x = blocked.Map{C: s.s.C, H: s.s.H, W: s.s.W, Halo: max(s.s.PadTop, s.s.PadLeft, s.s.PadBottom, s.s.PadRight)}
	s.y = blocked.Map{C: s.s.O, H: s.s.P(), W: s.s.Q(), Halo: 1}
	if c.Op == "conv_dx" {
		s.x.Halo, s.y.Halo = 1, blocked.DXHalo(&s.s)
	}
	s.plain = numbers(n*s.x.C*s.x.H*s.x.W, 1)
	s.xs = enter(s.x, n, s.plain, ctx)
	s.ys = enter(s.y, n, numbers(n*s.y.C*s.y.H*s.y.W, 2), ctx)
	s.w = numbers(s.s.Weights(), 3)
	switch c.Op {
	case "conv":
		s.depth = s.s.C / s.s.Groups * s.s.R * s.s.S
	case "conv_dx":
		s.depth = s.s.O / s.s.Groups * s.s.R * s.s.S
	case "conv_dw":
		s.depth = s.few * s.y.H * s.y.W
	}
	return s
}

// define computes what the operation gives by the loops that define it, on all
// processors: seconds for a large one, so that the end of ctx does not wait for it.
func (s *subject) define(ctx context.Context) error {
	pool := parallel.New(0)
	defer pool.Close()
	alone := *s
	alone.ctx = kernel.NewCtx(pool)
	loops := alone.candidate("loops", kernel.Generic, s.few)
	done := make(chan bool)
	go func() {
		loops.run()
		close(done)
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-done:
		s.want = loops.out
		return nil
	}
}

// numbers are between -1 and 1.
func numbers(n int, stream uint64) []float32 {
	v := kernel.Aligned(n)
	for i := range v {
		v[i] = tensor.Uniform(11, stream, uint64(i))*2 - 1
	}
	return v
}

func enter(m blocked.Map, n int, plain []float32, ctx *kernel.Ctx) []float32 {
	v := kernel.Aligned(m.Len(n))
	blocked.NewEnter(m).Run(ctx, n, v, plain)
	return v
}

// candidate makes the algorithm of that name ready for n images.
func (s *subject) candidate(name string, isa kernel.ISA, n int) *candidate {
	if name == target.Plain {
		return s.plainCandidate(n)
	}
	algo, _ := blocked.ParseAlgorithm(name)
	c := &candidate{name: name}
	c.same = func() []float32 { return c.out }
	switch s.c.Op {
	case "conv":
		x, picture := s.xs, s.c.C <= ir.StemChannels
		if picture {
			x = s.plain
		}
		p := blocked.NewConv(blocked.ConvConfig{Shape: s.s, PlainIn: picture, In: s.x, Out: s.y, Images: n, Algo: algo, ISA: isa})
		packed := kernel.Aligned(p.PackedLen())
		p.Pack(packed, s.w)
		s.ctx.Reserve(p.Need(n))
		c.out = kernel.Aligned(s.y.Len(n))
		c.run = func() { p.Run(s.ctx, n, c.out, x, packed, nil, nil) }
	case "conv_dx":
		p := blocked.NewConvDX(blocked.ConvDXConfig{Shape: s.s, In: s.y, Out: s.x, Images: n, Algo: algo, ISA: isa})
		packed := kernel.Aligned(p.PackedLen())
		p.Pack(packed, s.w)
		s.ctx.Reserve(p.Need(n))
		c.out = kernel.Aligned(s.x.Len(n))
		c.run = func() { p.Run(s.ctx, n, c.out, s.ys, packed, nil, nil) }
	case "conv_dw":
		p := blocked.NewConvDW(blocked.ConvDWConfig{Shape: s.s, X: s.x, DY: s.y, Algo: algo, ISA: isa})
		s.ctx.Reserve(p.Need(n))
		c.out = kernel.Aligned(s.s.Weights())
		c.run = func() { p.Run(s.ctx, n, c.out, s.xs, s.ys) }
	}
	return c
}

// plainCandidate is the convolution of plain images.
func (s *subject) plainCandidate(n int) *candidate {
	p := kernel.NewConv(s.s, kernel.Epilogue{})
	packed := kernel.Aligned(p.PackedLen())
	p.Pack(packed, s.w)
	s.ctx.Reserve(p.Need(n))
	c := &candidate{name: target.Plain, out: kernel.Aligned(n * s.y.C * s.y.H * s.y.W)}
	c.run = func() { p.Run(s.ctx, n, c.out, s.plain, packed, nil, nil) }
	c.same = func() []float32 { return enter(s.y, n, c.out, s.ctx) }
	return c
}

// right reports whether the candidate of that name computes what the loops do, and
// writes all of it: halos and padding channels are zeros.
func (s *subject) right(name string, isa kernel.ISA) bool {
	c := s.candidate(name, isa, s.few)
	for i := range c.out {
		c.out[i] = float32(math.NaN())
	}
	c.run()
	got := c.same()
	// Operands are between -1 and 1: no sum of products is larger than their number.
	algo, _ := blocked.ParseAlgorithm(name)
	bound := blocked.WinogradTypical(algo) * float64(s.depth)
	if algo == blocked.Strassen { // the products of an output and of its mate
		bound = blocked.StrassenTypical * float64(2*s.depth)
	}
	for i, w := range s.want {
		if d := math.Abs(float64(got[i]) - float64(w)); !(d <= bound) {
			return false
		}
	}
	return true
}
