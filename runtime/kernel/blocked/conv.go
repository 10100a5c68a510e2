package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Algorithm is a way to convolve. All of them compute the same sums in f32; how
// far they may be from the exact ones stands at each.
type Algorithm uint8

// The algorithms. Auto picks by the shape.
const (
	Auto Algorithm = iota
	// Loops are the plain loops that define the result.
	Loops
	// Direct runs over the window of each pixel: any kernel, stride, dilation
	// and groups. Error: that of one chain of multiply-adds, [Bound].
	Direct
	// Stem is Direct for a picture of at most 4 channels in the plain layout.
	Stem
	// Depthwise is Direct for groups of one channel.
	Depthwise
	// Winograd2, Winograd3 and Winograd4 are F(2x2, 3x3), F(3x3, 3x3) and F(4x4, 3x3)
	// of Lavin and Gray 2015, arXiv:1509.09308: 3x3 kernels of stride 1, and
	// F(2x2, 3x3) of stride 2. Error: [Bound] and [WinogradTypical].
	Winograd2
	Winograd3
	Winograd4
	// WinogradRow is F(4, 4) along the rows of a plain picture, for windows of 7 or 8
	// columns and stride 2. Error: [Bound] and [WinogradTypical].
	WinogradRow
	// Strassen is Strassen's algorithm over Direct, for windows of one tap, and Direct where
	// rows are odd and images have no mates. Error: [Bound] and [StrassenTypical].
	Strassen
)

var algorithmNames = [...]string{"auto", "loops", "direct", "stem", "depthwise", "winograd2", "winograd3", "winograd4", "winogradrow", "strassen"}

// String returns the word that plans and tune files spell.
func (a Algorithm) String() string { return algorithmNames[a] }

// ParseAlgorithm returns the algorithm that name spells.
func ParseAlgorithm(name string) (Algorithm, bool) {
	for i, n := range algorithmNames {
		if n == name {
			return Algorithm(i), true
		}
	}
	return Auto, false
}

// ConvConfig says what a convolution is and how it is to be done.
type ConvConfig struct {
	Shape    kernel.ConvShape
	In       Map  // C, H, W of Shape; Halo at least the paddings
	PlainIn  bool // the input is [N, C, H, W] without halo: the picture of a stem
	Out      Map  // O, P, Q of Shape
	Epilogue kernel.Epilogue
	Residual Map // of the epilogue's residual; C, H, W of Out
	Scale    Map // of a factor for each channel of each image, of one pixel; C is 0 where there are none
	Images   int // of a usual call of a training step, which changes the weights; else 0
	Split    Split
	Algo     Algorithm  // Auto: by the shape and Images
	ISA      kernel.ISA // of the assembly; a set this processor lacks means Loops
	most     bool       // chooses as on the processor that takes most scratch
}

// Conv is a forward convolution from map to map:
//
//	y[n,o,p,q] = act(b[o] + res[n,o,p,q] + Σ_{i,r,s} x[n, i, p·stride+r·dil−pad, …] · w[o,i,r,s])
//
// Cost: N·O·P·Q·(C/Groups)·R·S multiply-adds.
// Source: Dumoulin and Visin 2016, arXiv:1603.07285, section 4.
type Conv struct {
	ConvConfig
	method convMethod
}

// convMethod is one algorithm made ready for one shape.
type convMethod interface {
	packedLen() int
	pack(dst, w []float32)
	need(n int) (perWorker, shared int)
	run(c *kernel.Ctx, t convCall)
}

// convCall is one run: n images.
type convCall struct {
	n                            int
	y, x, packed, bias, residual []float32
	gate                         []float32
	above                        above
}

// above is the rows of the maps that lie before the slices of a call: none, unless they
// hold bands.
type above struct{ x, y int }

// NewConv prepares a convolution. Sizes are the compiler's business: a wrong one
// panics.
func NewConv(f ConvConfig) *Conv {
	f.Shape.Check()
	f.In.check()
	f.Out.check()
	s := &f.Shape
	if f.In.C != s.C || f.In.H != s.H || f.In.W != s.W || f.Out.C != s.O || f.Out.H != s.P() || f.Out.W != s.Q() {
		panic("blocked: the maps of a convolution have other sizes than its shape")
	}
	if !f.PlainIn && f.In.Halo < max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight) {
		panic("blocked: the halo of a convolution is smaller than its padding")
	}
	if r := f.Residual; f.Epilogue.Residual && (r.C != f.Out.C || r.H != f.Out.H || r.W != f.Out.W) {
		panic("blocked: the residual of a convolution has other sizes than its result")
	}
	if f.scaled() {
		f.checkScale()
	}
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	switch {
	case f.Algo == Auto:
		f.Algo = f.Chosen(f.ISA)
	case f.Algo == Direct && f.PlainIn && f.Shape.Groups == 1:
		f.Algo = Stem
	}
	f.Split = f.Split.or(f.In, f.Out)
	p := &Conv{ConvConfig: f}
	p.method = methodOf(&p.ConvConfig)
	return p
}

// At returns the plan for maps of another size, which reads the weights that p packs:
// its algorithm is that of p. residual is not looked at unless the epilogue has one.
func (p *Conv) At(in, out, residual Map) *Conv {
	f := p.ConvConfig
	f.Shape.H, f.Shape.W, f.In, f.Out, f.Residual = in.H, in.W, in, out, residual
	f.Split = AnySplit // what suits their size
	return NewConv(f)
}

// PackedLen returns the floats that Pack writes. It depends on the shape and the
// algorithm that was asked for, never on the processor.
func (p *Conv) PackedLen() int { return p.method.packedLen() }

// AsStored reports whether Run reads weights in the order of files, so that Pack only
// copies them.
func (p *Conv) AsStored() bool { return asStored(p.method) }

// Pack lays OIHW weights out for Run. dst and w must not overlap.
func (p *Conv) Pack(dst, w []float32) {
	p.checkPack(dst, w)
	p.method.pack(dst, w)
}

func (p *Conv) checkPack(dst, w []float32) {
	if len(dst) < p.PackedLen() || len(w) < p.Shape.Weights() {
		panic("blocked: a slice is shorter than its weights")
	}
}

// Products returns the multiply-adds of n images, those of transforms left out.
func (p *Conv) Products(n int) int {
	switch m := p.method.(type) {
	case *convWinograd:
		return m.work(n)
	case *convStrassen: // seven products of eight, but of an image without mate
		paired := n
		if pairs := m.pictures(n); pairs < n {
			paired = 2 * pairs
		}
		return n*p.Shape.MACs() - paired*p.Shape.MACs()/8
	}
	return n * p.Shape.MACs()
}

// Need returns the scratch floats of Run for up to n images.
func (p *Conv) Need(n int) (perWorker, shared int) {
	perWorker, shared = p.method.need(n)
	return perWorker, shared + p.scaledLen()
}

// Run convolves n images and writes all of y, halo and padding channels included.
// bias and residual are nil unless the epilogue has them; bias has O floats. y must
// not share storage with any other operand, except that residual may be y.
func (p *Conv) Run(c *kernel.Ctx, n int, y, x, packed, bias, residual []float32) {
	if p.scaled() {
		panic("blocked: the factors of a convolution are missing")
	}
	p.checkRun(n, y, x, packed, bias, residual)
	p.method.run(c, convCall{n: n, y: y, x: x, packed: packed, bias: bias, residual: residual})
}

// checkRun panics if an operand of Run is missing or too short.
func (p *Conv) checkRun(n int, y, x, packed, bias, residual []float32) {
	p.Out.checkLen(y, n)
	if p.PlainIn {
		if len(x) < n*p.In.C*p.In.H*p.In.W {
			panic("blocked: a slice is shorter than its images")
		}
	} else {
		p.In.checkLen(x, n)
	}
	if len(packed) < p.PackedLen() || p.Epilogue.Bias != (bias != nil) || p.Epilogue.Residual != (residual != nil) {
		panic("blocked: an operand of a convolution is missing or too short")
	}
	if p.Epilogue.Bias && len(bias) < p.Shape.O {
		panic("blocked: a slice is shorter than its bias")
	}
	if p.Epilogue.Residual {
		p.Residual.checkLen(residual, n)
	}
}
