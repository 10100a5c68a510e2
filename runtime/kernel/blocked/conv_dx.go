package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// ConvDXConfig says what a backward-data convolution is: Shape is that of the
// forward convolution, whose result's map is In and whose input's map is Out.
type ConvDXConfig struct {
	Shape    kernel.ConvShape
	In       Map // O, P, Q of Shape
	Out      Map // C, H, W of Shape
	Epilogue kernel.Epilogue
	Residual Map  // of the epilogue's residual; C, H, W of Out
	Gate     Gate // after the epilogue, which has no activation then; C, H, W of Out
	Images   int  // of a usual call of a training step, which changes the weights; else 0
	Algo     Algorithm
	ISA      kernel.ISA
	most     bool // chooses as on the processor that takes most scratch
}

// DXHalo returns the halo that the input of a ConvDX of shape s must have, so that
// every window of the rotated kernel lies inside.
func DXHalo(s *kernel.ConvShape) int {
	// Result i reads the inputs (i+lo-r*dilation)/stride for the taps r.
	side := func(size, inputs, taps, dilation, stride, lo int) int {
		return max(0, (dilation*(taps-1)-lo)/stride, (size-1+lo)/stride-(inputs-1))
	}
	return max(side(s.H, s.P(), s.R, s.DilH, s.StrideH, s.PadTop), side(s.W, s.Q(), s.S, s.DilW, s.StrideW, s.PadLeft))
}

// ConvDX is the transpose of a convolution in its input: the gradient of [Conv],
// and transposed convolution.
//
//	dx[n,c,h,w] = act(b[c] + res[n,c,h,w] + Σ dy[n,o,p,q] · w[o,c,r,s]) over p·stride+r·dil−pad = h, …
//
// A gate in place of act is for Direct and Strassen.
//
// Cost: N·O·P·Q·(C/Groups)·R·S multiply-adds.
// Source: Dumoulin and Visin 2016, arXiv:1603.07285, section 4.
type ConvDX struct {
	ConvDXConfig
	method convMethod
}

// NewConvDX prepares a backward-data convolution.
func NewConvDX(f ConvDXConfig) *ConvDX {
	f.Shape.Check()
	f.In.check()
	f.Out.check()
	s := &f.Shape
	if f.Out.C != s.C || f.Out.H != s.H || f.Out.W != s.W || f.In.C != s.O || f.In.H != s.P() || f.In.W != s.Q() {
		panic("blocked: the maps of a convolution have other sizes than its shape")
	}
	if f.In.Halo < DXHalo(s) {
		panic("blocked: the halo of a backward convolution is smaller than its window")
	}
	if r := f.Residual; f.Epilogue.Residual && (r.C != f.Out.C || r.H != f.Out.H || r.W != f.Out.W) {
		panic("blocked: the residual of a convolution has other sizes than its result")
	}
	if f.Gate.present() {
		checkSame(f.Gate.Map, f.Out)
		if f.Epilogue.Act != kernel.ActNone {
			panic("blocked: an input gradient has an activation and a gate")
		}
	}
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	p := &ConvDX{ConvDXConfig: f}
	p.method = dxMethodOf(&p.ConvDXConfig)
	return p
}

// dxMethodOf makes the algorithm of f ready; Auto is chosen by the shape. Without
// assembly loops do the same sums from weights in the same order.
func dxMethodOf(f *ConvDXConfig) convMethod {
	if f.Algo == Loops {
		return &convDXLoops{f, plainDXOrder{&f.Shape}}
	}
	if w := dxWinograd(f); w != nil {
		f.Gate.refuse()
		return w
	}
	if d := newDepthwiseDX(f); d != nil {
		f.Gate.refuse()
		f.Algo = Depthwise
		if f.ISA == kernel.Generic {
			return &convDXLoops{f, d}
		}
		return d
	}
	asked := f.Algo
	f.Algo = Direct
	d := newConvDXDirect(f)
	switch {
	case f.ISA == kernel.Generic:
		return &convDXLoops{f, d}
	case asked == Strassen || asked == Auto && dxStrassenWins(f):
		f.Algo = Strassen
		return newConvDXStrassen(d)
	}
	return d
}

// At returns the plan for maps of another size, which reads the weights that p packs,
// where every step of the stride has results: its algorithm is that of p, which has no
// gate. residual is not looked at unless the epilogue has one.
func (p *ConvDX) At(in, out, residual Map) *ConvDX {
	f := p.ConvDXConfig
	f.Shape.H, f.Shape.W, f.In, f.Out, f.Residual = out.H, out.W, in, out, residual
	return NewConvDX(f)
}

// PackedLen returns the floats that Pack writes. It depends on the shape and the
// algorithm that was asked for, never on the processor.
func (p *ConvDX) PackedLen() int { return p.method.packedLen() }

// AsStored reports whether Run reads weights in the order of files, so that Pack only
// copies them.
func (p *ConvDX) AsStored() bool { return asStored(p.method) }

// Pack lays OIHW weights of the forward convolution out for Run. dst and w must not
// overlap.
func (p *ConvDX) Pack(dst, w []float32) {
	p.checkPack(dst, w)
	p.method.pack(dst, w)
}

func (p *ConvDX) checkPack(dst, w []float32) {
	if len(dst) < p.PackedLen() || len(w) < p.Shape.Weights() {
		panic("blocked: a slice is shorter than its weights")
	}
}

// Need returns the scratch floats of Run for up to n images.
func (p *ConvDX) Need(n int) (perWorker, shared int) { return p.method.need(n) }

// Run computes n images and writes all of dx, halo and padding channels included.
// bias and residual are nil unless the epilogue has them; bias has C floats. dx must
// not share storage with any other operand, except that residual may be dx.
func (p *ConvDX) Run(c *kernel.Ctx, n int, dx, dy, packed, bias, residual []float32) {
	p.RunGated(c, n, dx, dy, packed, bias, residual, nil)
}

// RunGated is Run with the operand of a gate, which is nil where there is none.
func (p *ConvDX) RunGated(c *kernel.Ctx, n int, dx, dy, packed, bias, residual, gate []float32) {
	p.Out.checkLen(dx, n)
	p.In.checkLen(dy, n)
	if len(packed) < p.PackedLen() || p.Epilogue.Bias != (bias != nil) || p.Epilogue.Residual != (residual != nil) || p.Gate.present() != (gate != nil) {
		panic("blocked: an operand of a convolution is missing or too short")
	}
	if p.Epilogue.Bias && len(bias) < p.Shape.C {
		panic("blocked: a slice is shorter than its bias")
	}
	if p.Epilogue.Residual {
		p.Residual.checkLen(residual, n)
	}
	if p.Gate.present() {
		p.Gate.Map.checkLen(gate, n)
	}
	p.method.run(c, convCall{n: n, y: dx, x: dy, packed: packed, bias: bias, residual: residual, gate: gate})
}
