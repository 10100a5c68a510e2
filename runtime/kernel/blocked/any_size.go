package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// AnyConv is the forward convolution of plain images [N, C, H, W] in nets that learn the
// size of their pictures at run time. Weights are packed once, for all sizes; At makes
// the plan of one. Where the window is worth it, some images at a time go into maps, through
// [Conv] and out again, so that they have the kernels, and Winograd's algorithm, of nets
// whose sizes are compiled in; elsewhere [kernel.Conv] reads them where they lie.
type AnyConv struct {
	shape kernel.ConvShape
	plain *kernel.Conv // nil where maps are used

	conv                   *Conv
	enter, leave, residual *Relayout
}

// stemChannels is the most channels of a picture that [Stem] reads as it comes.
const stemChannels = 4

// anySide is the side of the pictures that the algorithm is chosen for: weights lie as it
// wants them.
const anySide = 56

// anyFloats is the floats of the maps of a group of images: they stay in the second cache.
// A group has one image at least.
const anyFloats = 1 << 17

// isStem reports whether [Stem] reads the picture as it comes.
func isStem(s *kernel.ConvShape) bool { return s.C <= stemChannels && s.Groups == 1 }

// mapsPay reports whether the products of a convolution are worth relayouts: 64 for each
// number that moves, 24 for each result of a stem, whose picture is read as it comes. Those
// of depthwise ones are not.
func mapsPay(s *kernel.ConvShape) bool {
	moved, worth := s.C+s.O, 64
	if isStem(s) {
		moved, worth = s.O, 24
	}
	return s.O/s.Groups >= Block && s.R*s.S*s.C/s.Groups*s.O >= worth*moved
}

// NewAnyConv prepares a convolution for pictures of any size. algo is Direct where
// Winograd's is not wanted, and Auto otherwise. It makes a plan, of the size of s.
func NewAnyConv(s kernel.ConvShape, e kernel.Epilogue, algo Algorithm) *AnyConv {
	if !mapsPay(&s) {
		return &AnyConv{shape: s, plain: kernel.NewConv(s, e)}
	}
	if algo == Auto {
		one := s
		one.H, one.W = anySide, anySide
		if algo = winogradWins(&one, 1); isStem(&s) {
			algo = Stem
		}
	}
	return newAnyMaps(s, e, algo)
}

func newAnyMaps(s kernel.ConvShape, e kernel.Epilogue, algo Algorithm) *AnyConv {
	p := &AnyConv{shape: s}
	out := Map{C: s.O, H: s.P(), W: s.Q()}
	f := ConvConfig{Shape: s, Out: out, Residual: out, Epilogue: e, Algo: algo, ISA: kernel.Selected(), In: Map{C: s.C, H: s.H, W: s.W}}
	if f.PlainIn = algo == Stem; !f.PlainIn {
		f.In.Halo = max(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight)
		p.enter = NewEnter(f.In)
	}
	p.conv, p.leave = NewConv(f), NewLeave(out)
	if e.Residual {
		p.residual = NewEnter(out)
	}
	return p
}

// At returns the plan for pictures of h x w pixels, which reads the weights that p packs.
func (p *AnyConv) At(h, w int) *AnyConv {
	s := p.shape
	s.H, s.W = h, w
	if p.plain != nil {
		return &AnyConv{shape: s, plain: p.plain.At(h, w)}
	}
	return newAnyMaps(s, p.conv.Epilogue, p.conv.Algo)
}

// Algorithm returns the name of what runs: that of [Conv], or plain.
func (p *AnyConv) Algorithm() string {
	if p.plain != nil {
		return "plain"
	}
	return p.conv.Algo.String()
}

// PackedLen returns the floats that Pack writes, the same for all sizes.
func (p *AnyConv) PackedLen() int {
	if p.plain != nil {
		return p.plain.PackedLen()
	}
	return p.conv.PackedLen()
}

// Pack lays OIHW weights out for Run. dst and w must not overlap.
func (p *AnyConv) Pack(dst, w []float32) {
	if p.plain != nil {
		p.plain.Pack(dst, w)
		return
	}
	p.conv.Pack(dst, w)
}

// anyAreas are the floats of the maps of a group of images, each a whole number of lines.
type anyAreas struct{ images, in, out, residual int }

func (p *AnyConv) areas(n int) anyAreas {
	each := p.conv.Out.Step()
	if p.enter != nil {
		each += p.conv.In.Step()
	}
	a := anyAreas{images: min(max(1, anyFloats/each), max(n, 1))}
	if p.enter != nil {
		a.in = roundUp(p.conv.In.Len(a.images), 16)
	}
	a.out = roundUp(p.conv.Out.Len(a.images), 16)
	if p.residual != nil {
		a.residual = a.out
	}
	return a
}

// Need returns the scratch floats of Run for up to n images.
func (p *AnyConv) Need(n int) (perWorker, shared int) {
	if p.plain != nil {
		return p.plain.Need(n)
	}
	a := p.areas(n)
	perWorker, shared = p.conv.Need(a.images)
	return perWorker, roundUp(shared, 16) + a.in + a.out + a.residual
}

// Run convolves n plain images and writes all of y, which must not share storage with any
// operand; bias and residual are nil unless the epilogue has them.
func (p *AnyConv) Run(c *kernel.Ctx, n int, y, x, packed, bias, residual []float32) {
	if p.plain != nil {
		p.plain.Run(c, n, y, x, packed, bias, residual)
		return
	}
	a := p.areas(n)
	_, own := p.conv.Need(a.images)
	own = roundUp(own, 16)
	maps := c.Shared(own + a.in + a.out + a.residual)[own:]
	in, out, res := maps[:a.in], maps[a.in:][:a.out], maps[a.in+a.out:]
	if p.residual == nil {
		res = nil
	}
	s := &p.shape
	input, result := s.C*s.H*s.W, s.O*s.P()*s.Q()
	for first := 0; first < n; first += a.images {
		m := min(a.images, n-first)
		from := x[first*input:][:m*input]
		if p.enter != nil {
			p.enter.Run(c, m, in, from)
			from = in
		}
		if p.residual != nil {
			p.residual.Run(c, m, res, residual[first*result:])
		}
		p.conv.Run(c, m, out, from, packed, bias, res)
		p.leave.Run(c, m, y[first*result:], out)
	}
}
