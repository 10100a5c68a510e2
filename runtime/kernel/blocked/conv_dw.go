package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// ConvDWConfig says what a weight gradient is. Shape is that of the forward
// convolution.
type ConvDWConfig struct {
	Shape  kernel.ConvShape
	X      Map  // its input: C, H, W of Shape; Halo at least the paddings
	PlainX bool // the input is [N, C, H, W] without halo: the picture of a stem
	DY     Map  // the gradient of its result: O, P, Q of Shape; the halo is never read
	Algo   Algorithm
	ISA    kernel.ISA
}

// ConvDW is the gradient of [Conv] with respect to its weights, in OIHW order:
//
//	dw[o,i,r,s] = Σ_{n,p,q} x[n, i, p·stride+r·dil−pad, …] · dy[n,o,p,q]
//
// Sums are cut into parts by the sizes alone and added in a fixed order, so results
// are the same bits for any number of threads.
//
// Cost: N·O·P·Q·(C/Groups)·R·S multiply-adds.
// Source: Dumoulin and Visin 2016, arXiv:1603.07285, section 4.
type ConvDW struct {
	ConvDWConfig
	method dwMethod
}

// dwMethod is one algorithm made ready for one shape.
type dwMethod interface {
	need(n int) (perWorker, shared int)
	run(c *kernel.Ctx, n int, dw, x, dy []float32)
}

// NewConvDW prepares a weight gradient.
func NewConvDW(f ConvDWConfig) *ConvDW {
	f.Shape.Check()
	f.X.check()
	f.DY.check()
	s := &f.Shape
	if f.X.C != s.C || f.X.H != s.H || f.X.W != s.W || f.DY.C != s.O || f.DY.H != s.P() || f.DY.W != s.Q() {
		panic("blocked: the maps of a convolution have other sizes than its shape")
	}
	if !f.PlainX && f.X.Halo < max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight) {
		panic("blocked: the halo of a convolution is smaller than its padding")
	}
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	p := &ConvDW{ConvDWConfig: f}
	p.method = dwMethodOf(&p.ConvDWConfig)
	return p
}

// dwMethodOf makes the algorithm of f ready.
func dwMethodOf(f *ConvDWConfig) dwMethod {
	s := &f.Shape
	if f.Algo == Loops || f.ISA == kernel.Generic || f.PlainX && (s.Groups > 1 || s.DilW > 1) {
		return dwWithWinograd(f, &dwLoops{f: f})
	}
	if s.Groups == s.C && s.O == s.C && !f.PlainX {
		return dwWithWinograd(f, newDWDepthwise(f))
	}
	if d := newDWPointwise(f, 1); d != nil {
		return dwWithStrassen(d)
	}
	return dwWithWinograd(f, newDWTiles(f))
}

// Need returns the scratch floats of Run for up to n images.
func (p *ConvDW) Need(n int) (perWorker, shared int) { return p.method.need(n) }

// Run overwrites dw, in OIHW order, with the sum over n images.
func (p *ConvDW) Run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	if p.PlainX {
		if len(x) < n*p.X.C*p.X.H*p.X.W {
			panic("blocked: a slice is shorter than its images")
		}
	} else {
		p.X.checkLen(x, n)
	}
	p.DY.checkLen(dy, n)
	if len(dw) < p.Shape.Weights() {
		panic("blocked: a slice is shorter than its weights")
	}
	if n == 0 {
		clear(dw[:p.Shape.Weights()])
		return
	}
	p.method.run(c, n, dw, x, dy)
}
