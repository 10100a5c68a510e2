package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// A convolution may multiply each channel of each image by a factor of its own first, as
// squeeze-and-excite does. It multiplies its weights in place of the image, which are
// fewer than the pixels where a large map becomes one of few channels:
//
//	Σ_i (x[n,i,p] · s[n,i]) · w[o,i]  =  Σ_i x[n,i,p] · (w[o,i] · s[n,i])

// scaled reports whether there are factors.
func (f *ConvConfig) scaled() bool { return f.Scale.C > 0 }

func (f *ConvConfig) checkScale() {
	f.Scale.check()
	if !f.Scale.pixelOf(f.In) {
		panic("blocked: the factors of a convolution are no pixel of its channels")
	}
	if !f.MayScale() {
		panic("blocked: only direct convolutions of one tap have factors")
	}
}

// MayScale reports whether the convolution can multiply its channels by factors: its window
// is one tap over all channels of a map, and every processor takes Direct.
func (f ConvConfig) MayScale() bool {
	f.most = true
	s := &f.Shape
	return s.R*s.S == 1 && s.Groups == 1 && !f.PlainIn && f.Chosen(kernel.AVX512) == Direct
}

// scaledLen returns the floats of the weights of one image.
func (p *Conv) scaledLen() int {
	if !p.scaled() {
		return 0
	}
	return p.PackedLen()
}

// RunScaled is Run with the factors of n images, in the map Scale. The weights of one image
// lie in shared scratch at a time.
func (p *Conv) RunScaled(c *kernel.Ctx, n int, y, x, packed, bias, residual, scale []float32) {
	if !p.scaled() {
		panic("blocked: a convolution without factors was given some")
	}
	p.checkRun(n, y, x, packed, bias, residual)
	p.Scale.checkLen(scale, n)
	for image := range n {
		call := convCall{n: 1, y: y[image*p.Out.Step():], x: x[image*p.In.Step():], bias: bias}
		call.packed = p.scale(c, packed, scale[image*p.Scale.Step():])
		if p.Epilogue.Residual {
			call.residual = residual[image*p.Residual.Step():]
		}
		p.method.run(c, call)
	}
}

// scale returns packed weights multiplied by the factors of an image.
func (p *Conv) scale(c *kernel.Ctx, packed, factors []float32) []float32 {
	t := kernel.TaskOf[scaleTask](c)
	size := p.PackedLen()
	*t = scaleTask{isa: p.ISA, y: c.Shared(size), x: packed[:size], factors: factors}
	t.strip = size / ceilDiv(p.Shape.O, tileOuts)
	c.Run(size/t.strip, 4*size, t)
	return t.y
}

type scaleTask struct {
	isa           kernel.ISA
	y, x, factors []float32
	strip         int // floats of 16 outputs
}

// Chunk multiplies the weights of 16 outputs.
func (t *scaleTask) Chunk(_, chunk int) {
	at := chunk * t.strip
	scaleStrip(t.isa, t.y[at:at+t.strip], t.x[at:at+t.strip], t.factors)
}

// scaleStripGeneric is scaleStrip in plain loops: the definition.
func scaleStripGeneric(y, x, factors []float32) {
	for i, v := range x {
		y[i] = v * factors[i/tileOuts]
	}
}
