package kernel

// ConvShape is one convolution: input channels and size, output channels,
// kernel size and geometry. Weights are OIHW: [O, C/Groups, R, S].
type ConvShape struct {
	C, H, W                              int
	O, R, S                              int
	StrideH, StrideW                     int
	PadTop, PadLeft, PadBottom, PadRight int
	DilH, DilW                           int
	Groups                               int
}

// P returns the output height.
func (s *ConvShape) P() int { return (s.H+s.PadTop+s.PadBottom-s.DilH*(s.R-1)-1)/s.StrideH + 1 }

// Q returns the output width.
func (s *ConvShape) Q() int { return (s.W+s.PadLeft+s.PadRight-s.DilW*(s.S-1)-1)/s.StrideW + 1 }

// Weights returns the number of weights.
func (s *ConvShape) Weights() int { return s.O * s.C / s.Groups * s.R * s.S }

// macs returns the multiply-adds of one image.
func (s *ConvShape) macs() int { return s.Weights() * s.P() * s.Q() }

func (s *ConvShape) in() int  { return s.C * s.H * s.W }
func (s *ConvShape) out() int { return s.O * s.P() * s.Q() }

// MACs returns the multiply-adds of one image.
func (s *ConvShape) MACs() int { return s.macs() }

// Check panics when a size is out of range, which is a bug of the compiler.
func (s *ConvShape) Check() { s.check() }

func (s *ConvShape) check() {
	if s.Groups < 1 || s.C%s.Groups != 0 || s.O%s.Groups != 0 {
		panic("kernel: groups does not divide the channels of a convolution")
	}
	if s.C < 1 || s.H < 1 || s.W < 1 || s.O < 1 || s.R < 1 || s.S < 1 ||
		s.StrideH < 1 || s.StrideW < 1 || s.DilH < 1 || s.DilW < 1 ||
		s.PadTop < 0 || s.PadLeft < 0 || s.PadBottom < 0 || s.PadRight < 0 {
		panic("kernel: a size of a convolution is out of range")
	}
	if s.H+s.PadTop+s.PadBottom < s.DilH*(s.R-1)+1 || s.W+s.PadLeft+s.PadRight < s.DilW*(s.S-1)+1 {
		panic("kernel: the kernel of a convolution is larger than its padded input")
	}
}

// Conv is the forward convolution of one layer:
//
//	y[n,o,p,q] = act(b[o] + res[n,o,p,q] + Σ_{i,r,s} x[n, i, p·stride+r·dil−pad, …] · w[o,i,r,s])
//
// Cost: N·O·P·Q·(C/Groups)·R·S multiply-adds.
// Source: Dumoulin and Visin 2016, arXiv:1603.07285, section 4.
type Conv struct {
	s      ConvShape
	e      Epilogue
	vector bool
	depth  *depthPlan  // depthwise; nil otherwise
	pixels *pixelsPlan // nil where lanes and patch are faster
	lanes  *lanesPlan
	patch  *patchPlan
}

// NewConv prepares the convolution of shape s with epilogue e.
func NewConv(s ConvShape, e Epilogue) *Conv {
	p := newConv(s, e)
	if usePixels(&p.s, p.patch) {
		p.pixels = newPixels(&p.s)
	}
	return p
}

func newConv(s ConvShape, e Epilogue) *Conv {
	s.check()
	return &Conv{s: s, e: e, vector: vector, depth: forwardDepth(&s), lanes: forwardLanes(&s), patch: forwardPatch(&s)}
}

// PackedLen returns the floats that Pack writes, the same on every machine.
func (p *Conv) PackedLen() int {
	if p.pixels != nil {
		return p.pixels.packedLen()
	}
	return p.s.Weights()
}

// Pack lays OIHW weights out for Run. dst and w must not overlap.
func (p *Conv) Pack(dst, w []float32) {
	checkLen(dst, p.PackedLen())
	checkLen(w, p.s.Weights())
	if p.vector && p.pixels != nil {
		p.pixels.pack(dst, w)
		return
	}
	if !p.vector || p.depth != nil {
		copy(dst, w[:p.s.Weights()])
		return
	}
	// Rows are output channels; panel after panel, group after group.
	k := p.s.C / p.s.Groups * p.s.R * p.s.S
	panels := panelsOf(p.s.O / p.s.Groups)
	for g := range p.s.Groups {
		for i := range panels.count {
			row, height := panels.panel(i)
			at := (g*panels.rows + row) * k
			packRows(dst[at:], height, w[at:], k, k)
		}
	}
}

// Need returns the scratch floats of Run for up to n images.
func (p *Conv) Need(n int) (perWorker, shared int) {
	if p.depth != nil {
		return p.depth.need(), 0
	}
	if p.pixels != nil {
		return p.pixels.need(), 0
	}
	perWorker = p.patch.need()
	if p.lanes.use(n) {
		perWorker = max(perWorker, p.lanes.need())
	}
	return perWorker, 0
}

// Run convolves n images. bias and residual are nil unless the epilogue has
// them; y must not share storage with any other operand.
func (p *Conv) Run(c *Ctx, n int, y, x, packed, bias, residual []float32) {
	checkLen(y, n*p.s.out())
	checkLen(x, n*p.s.in())
	checkLen(packed, p.PackedLen())
	checkEpilogue(&p.e, bias, p.s.O, residual, len(y))
	if p.vector && p.depth != nil {
		c.depth(depthTask{p: p.depth, e: &p.e, n: n, y: y, x: x, w: packed, bias: bias, residual: residual})
		return
	}
	if p.vector && p.pixels != nil {
		c.pixels(pixelsTask{p: p.pixels, e: &p.e, y: y, x: x, w: packed, bias: bias, residual: residual}, n)
		return
	}
	if p.vector && p.lanes.use(n) {
		c.lanes(lanesTask{p: p.lanes, e: &p.e, n: n, y: y, x: x, w: packed, bias: bias, residual: residual}, n*p.s.macs())
		return
	}
	if p.vector {
		c.patch(patchTask{p: p.patch, e: &p.e, y: y, x: x, w: packed, bias: bias, residual: residual}, n)
		return
	}
	t := &c.tasks.conv
	*t = convTask{p: p, y: y, x: x, w: packed, bias: bias, residual: residual}
	c.run(n*p.s.Groups, n*p.s.macs(), t)
}

// ConvDX is the gradient of a convolution with respect to its input, which is
// also the transposed convolution.
type ConvDX struct {
	s      ConvShape
	e      Epilogue // none
	vector bool
	depth  *depthPlan
	lanes  *lanesPlan
	patch  []*patchPlan // one per position modulo the stride
}

// NewConvDX prepares the input gradient of the convolution of shape s.
func NewConvDX(s ConvShape) *ConvDX {
	s.check()
	return &ConvDX{s: s, vector: vector, depth: backwardDepth(&s), lanes: backwardLanes(&s), patch: backwardPatches(&s)}
}

// PackedLen returns the floats that Pack writes, the same on every machine.
func (p *ConvDX) PackedLen() int { return p.s.Weights() }

// Pack lays OIHW weights out for Run.
func (p *ConvDX) Pack(dst, w []float32) {
	checkLen(dst, p.PackedLen())
	checkLen(w, p.s.Weights())
	if !p.vector || p.depth != nil {
		copy(dst, w[:p.s.Weights()])
		return
	}
	// Rows are input channels, contracted over (o, r, s).
	s := &p.s
	taps, ci, oi := s.R*s.S, s.C/s.Groups, s.O/s.Groups
	panels := panelsOf(ci)
	for g := range s.Groups {
		for i := range panels.count {
			row, height := panels.panel(i)
			panel := dst[(g*ci+row)*oi*taps:]
			for o := range oi {
				packRows(panel[o*taps*height:], height, w[((g*oi+o)*ci+row)*taps:], taps, taps)
			}
		}
	}
}

// Need returns the scratch floats of Run for up to n images.
func (p *ConvDX) Need(n int) (perWorker, shared int) {
	if p.depth != nil {
		return p.depth.need(), 0
	}
	for _, plan := range p.patch {
		perWorker = max(perWorker, plan.need())
	}
	if p.lanes.use(n) {
		perWorker = max(perWorker, p.lanes.need())
	}
	return perWorker, 0
}

// Run computes dx of n images, all of it: positions no window covers become 0.
func (p *ConvDX) Run(c *Ctx, n int, dx, dy, packed []float32) {
	checkLen(dx, n*p.s.in())
	checkLen(dy, n*p.s.out())
	checkLen(packed, p.PackedLen())
	if p.vector && p.depth != nil {
		c.depth(depthTask{p: p.depth, e: &p.e, n: n, y: dx, x: dy, w: packed})
		return
	}
	if p.vector && p.lanes.use(n) {
		c.lanes(lanesTask{p: p.lanes, e: &p.e, n: n, y: dx, x: dy, w: packed}, n*p.s.macs())
		return
	}
	if p.vector {
		for _, plan := range p.patch {
			c.patch(patchTask{p: plan, e: &p.e, y: dx, x: dy, w: packed}, n)
		}
		return
	}
	t := &c.tasks.convDX
	*t = convDXTask{p: p, dx: dx, dy: dy, w: packed}
	c.run(n*p.s.Groups, n*p.s.macs(), t)
}

// ConvDW is the gradient of a convolution with respect to its weights.
type ConvDW struct {
	s      ConvShape
	vector bool
	depth  *depthDW
	lanes  *lanesDW
	patch  *patchDW
}

// NewConvDW prepares the weight gradient of the convolution of shape s.
func NewConvDW(s ConvShape) *ConvDW {
	s.check()
	return &ConvDW{s: s, vector: vector, depth: newDepthDW(&s), lanes: newLanesDW(&s), patch: newPatchDW(&s)}
}

// Need returns the scratch floats of Run for up to n images.
func (p *ConvDW) Need(n int) (perWorker, shared int) {
	if p.depth != nil {
		return p.depth.need(), 0
	}
	perWorker, shared = p.patch.need(n)
	if p.lanes.use(n) {
		per, sh := p.lanes.need(n)
		perWorker, shared = max(perWorker, per), max(shared, sh)
	}
	return perWorker, shared
}

// Run overwrites dw, in OIHW order, with the sum over n images.
func (p *ConvDW) Run(c *Ctx, n int, dw, x, dy []float32) {
	checkLen(dw, p.s.Weights())
	checkLen(x, n*p.s.in())
	checkLen(dy, n*p.s.out())
	if p.vector && p.depth != nil {
		c.depthDW(depthDWTask{d: p.depth, n: n, dw: dw, x: x, dy: dy})
		return
	}
	if p.vector && p.lanes.use(n) {
		t := &c.tasks.lanesDW
		chunks := p.lanes.chunks(n)
		*t = lanesDWTask{p: p.lanes, n: n, x: x, dy: dy, parts: c.common(chunks * p.lanes.sums()), ctx: c}
		c.run(chunks, n*p.s.macs(), t)
		p.lanes.gather(dw, t.parts, chunks)
		return
	}
	if p.vector && n > 0 {
		p.patch.run(c, n, dw, x, dy)
		return
	}
	t := &c.tasks.convDW
	*t = convDWTask{p: p, n: n, dw: dw, x: x, dy: dy}
	c.run(p.s.O, n*p.s.macs(), t)
}

func (c *Ctx) lanes(t lanesTask, work int) {
	t.ctx = c
	c.tasks.lanes = t
	c.run(ceilDiv(t.n, blockImages), work, &c.tasks.lanes)
}
