package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Chain runs layers, convolutions and pools, each of which reads the result of the one
// before, band by band: some rows of the last result at a time, and of the maps between the
// rows that these need. The maps between stay in the second cache and have no other storage.
// Results have the bits of the layers one after the other.
//
// Cost: that of the layers; where threads part, rows that both need are computed by both.
type Chain struct {
	stages []chainStage
	height int  // rows of the last result
	step   int  // of them at a time, at the most
	ends   int  // floats of a worker before the maps: scratch of the kernels
	floats int  // of a worker, or of all workers where the maps are whole
	whole  bool // one layer after the other
}

// MostChained is the most layers of a chain.
const MostChained = 3

// Link is a layer of a chain: a *Conv that [Conv.Chains], or a *Pool that is not the first.
type Link interface{ stage() chainStage }

// chainStage is one layer of a chain: a convolution, or else a pool.
type chainStage struct {
	conv              *Conv
	pool              *Pool
	in, out           Map
	stride, pad, span int // of windows: rows from one to the next, above the first, of each
	at                int // of its result among the maps
	rows              int // of its result that are there at once
}

// ChainWeights are the weights of one convolution of a chain; a pool has none. Only the first
// layer may have factors.
type ChainWeights struct{ Packed, Bias, Scale []float32 }

const (
	chainFloats = 192 << 10 // of the maps between: three quarters of a second cache of 1 MiB
	chainChunks = 8         // of an image, about, which threads share
)

// Chains reports whether p can be a part of a chain: its algorithm computes rows by
// themselves, or is Strassen's, in whose place a chain takes Direct, and each of its windows meets
// a row of the picture, as those of pools do.
func (p *Conv) Chains() bool {
	switch s := &p.Shape; p.Algo {
	case Direct, Depthwise, Stem, WinogradRow, Strassen:
		return max(s.PadTop, s.PadBottom) <= (s.R-1)*s.DilH
	}
	return false
}

func (p *Conv) stage() chainStage {
	s := &p.Shape
	return chainStage{conv: p, in: p.In, out: p.Out, stride: s.StrideH, pad: s.PadTop, span: (s.R-1)*s.DilH + 1}
}

func (p *Pool) stage() chainStage {
	s := &p.Shape
	return chainStage{pool: p, in: p.In, out: p.Out, stride: s.StrideH, pad: s.PadTop, span: s.R}
}

// NewChain prepares a chain. Only the last layer may have a residual.
func NewChain(links ...Link) *Chain { return newChain(chainFloats, kernel.DoublePumped(), links) }

// newChain is NewChain with so many floats of maps between; halves is whether wide vectors run in
// halves.
func newChain(floats int, halves bool, links []Link) *Chain {
	p := &Chain{}
	for i, link := range links {
		st := link.stage()
		between := i < len(links)-1
		misfit := i == 0 && st.conv == nil || st.conv != nil && !st.conv.Chains() ||
			i > 0 && (st.in != p.stages[i-1].out || st.conv != nil && st.conv.scaled())
		if misfit || between && st.adds() || len(links) > MostChained {
			panic("blocked: a layer has no place in a chain")
		}
		p.stages = append(p.stages, st)
		p.height = st.out.H
	}
	first := p.stages[0].conv
	p.whole = first.ISA == kernel.Generic
	if first.Algo == WinogradRow { // whose scratch goes through the second cache, too
		ends, _ := first.Need(1)
		floats -= ends
	}
	p.double(halves)
	for p.step = p.height; p.step > 1 && p.size(p.step) > floats; {
		p.step--
	}
	heights := p.heights(p.step)
	for i := range p.stages {
		st := &p.stages[i]
		st.rows = heights[i]
		in, out := st.in, st.out
		if i > 0 {
			in = p.stages[i-1].out
		}
		if i < len(links)-1 {
			if !p.whole {
				out.Apart = (st.rows + 2*out.Halo) * out.Row()
			}
			st.at = p.floats
			p.floats += roundUp(out.Size(), lineFloats)
		}
		st.between(in, out)
		p.ends = max(p.ends, roundUp(st.scratch(), lineFloats))
	}
	return p
}

// double gives maps between layers double blocks, unless wide vectors run in halves.
func (p *Chain) double(halves bool) {
	for i := range p.stages[1:] {
		from, to := &p.stages[i], &p.stages[i+1]
		if handsDouble(from, to, halves) {
			from.out.Double, to.in.Double = true, true
		}
	}
}

// between puts st between maps, of which only bands exist.
func (st *chainStage) between(in, out Map) {
	st.in, st.out = in, out
	if st.pool != nil {
		f := st.pool.PoolConfig
		f.In, f.Out = in, out
		st.pool = NewPool(f)
		return
	}
	f := st.conv.ConvConfig
	f.In, f.Out = in, out
	if s, ok := st.conv.method.(*convStrassen); ok { // whose halves are no bands
		f.Algo, st.conv.method = Direct, s.convDirect
	}
	if d, ok := st.conv.method.(*convDirect); ok {
		st.conv = &Conv{ConvConfig: f}
		st.conv.method = d.banded(&st.conv.ConvConfig, st.rows)
	} else {
		st.conv = NewConv(f)
	}
	if d, ok := st.conv.method.(*depthwise); ok {
		d.group = f.Out.Blocks() // of one call
	}
}

// adds reports whether st adds a residual.
func (st *chainStage) adds() bool { return st.conv != nil && st.conv.Epilogue.Residual }

// scratch returns the floats that the kernels of st take of a worker.
func (st *chainStage) scratch() int {
	if st.pool != nil {
		return 0
	}
	perWorker, _ := st.conv.method.need(1)
	return perWorker
}

// work is the multiply-adds of an image, or what a pool counts in their place.
func (st *chainStage) work() int {
	if st.pool != nil {
		return st.pool.work()
	}
	return st.conv.work()
}

const lineFloats = 16

// chunks returns how many chunks of rows of the last result each of n images is, so that
// threads share all of them evenly.
func (p *Chain) chunks(n, threads int) int {
	chunks := min(chainChunks, ceilDiv(p.height, p.step))
	for n*chunks%threads > 0 && chunks < p.height {
		chunks++
	}
	return chunks
}

// heights returns the rows of each result that step rows of the last one need.
func (p *Chain) heights(step int) []int {
	heights := make([]int, len(p.stages))
	for i := len(p.stages) - 1; i >= 0; i-- {
		st := &p.stages[i]
		heights[i] = min(step, st.out.H)
		step = (heights[i]-1)*st.stride + st.span
	}
	return heights
}

// size returns the floats of the maps between for steps of some rows.
func (p *Chain) size(step int) int {
	size := 0
	for i, rows := range p.heights(step)[:len(p.stages)-1] {
		m := p.stages[i].out
		size += m.planes() * (rows + 2*m.Halo) * m.Row()
	}
	return size
}

// Need returns the scratch floats of Run.
func (p *Chain) Need(int) (perWorker, shared int) {
	if p.whole {
		for i := range p.stages {
			if conv := p.stages[i].conv; conv != nil {
				w, s := conv.Need(1)
				perWorker, shared = max(perWorker, w), max(shared, s)
			}
		}
		return perWorker, roundUp(shared, lineFloats) + p.floats
	}
	return p.ends + p.floats, p.stages[0].conv.scaledLen()
}

// Run convolves n images and writes all of y, halo and padding channels included.
// residual is that of the last convolution. y must not share storage with any other
// operand.
func (p *Chain) Run(c *kernel.Ctx, n int, y, x, residual []float32, w ...ChainWeights) {
	first, last := p.stages[0].conv, &p.stages[len(p.stages)-1]
	last.out.checkLen(y, n)
	if !first.PlainIn {
		first.In.checkLen(x, n)
	}
	if first.PlainIn && len(x) < n*first.imageIn() || len(w) != len(p.stages) || last.adds() != (residual != nil) || first.scaled() != (w[0].Scale != nil) {
		panic("blocked: an operand of a chain is missing or too short")
	}
	switch {
	case p.whole:
		p.one(c, n, y, x, residual, w)
	case first.scaled():
		p.scaled(c, n, y, x, residual, w)
	default:
		p.bands(c, n, y, x, w[0].Packed, residual, w)
	}
}

// scaled runs image by image, each with weights of its own in the first layer.
func (p *Chain) scaled(c *kernel.Ctx, n int, y, x, residual []float32, w []ChainWeights) {
	first, last := p.stages[0].conv, &p.stages[len(p.stages)-1]
	first.Scale.checkLen(w[0].Scale, n)
	for image := range n {
		packed := first.scale(c, w[0].Packed, w[0].Scale[image*first.Scale.Step():])
		var res []float32
		if last.adds() {
			res = residual[image*last.conv.Residual.Step():]
		}
		p.bands(c, 1, y[image*last.out.Step():], x[image*first.imageIn():], packed, res, w)
	}
}

// bands runs some rows of all layers at a time; packed are the weights of the first one.
func (p *Chain) bands(c *kernel.Ctx, n int, y, x, packed, residual []float32, w []ChainWeights) {
	t := kernel.TaskOf[chainTask](c)
	*t = chainTask{Chain: p, ctx: c, chunks: p.chunks(n, c.Pool.Threads()), y: y, x: x, residual: residual, seats: t.seats}
	copy(t.w[:], w)
	t.w[0].Packed = packed
	if len(t.seats) < c.Pool.Threads() {
		t.seats = make([]chainSeat, c.Pool.Threads())
	}
	for i := range t.seats {
		t.seats[i].next = -1
	}
	work := 0
	for i := range p.stages {
		work += p.stages[i].work()
	}
	c.Run(n*t.chunks, n*work, t)
}

// one runs one layer after the other, image by image: the definition.
func (p *Chain) one(c *kernel.Ctx, n int, y, x, residual []float32, w []ChainWeights) {
	_, shared := p.Need(1)
	maps := c.Shared(shared)[shared-p.floats:]
	last := len(p.stages) - 1
	for image := range n {
		from := x[image*p.stages[0].conv.imageIn():]
		for i := range p.stages {
			st := &p.stages[i]
			var to, res []float32
			if i < last {
				to = maps[st.at:][:st.out.Size()]
			} else if to = y[image*st.out.Step():]; st.adds() {
				res = residual[image*st.conv.Residual.Step():]
			}
			switch {
			case st.pool != nil:
				st.pool.Run(c, 1, to, from)
			case st.conv.scaled():
				st.conv.RunScaled(c, 1, to, from, w[i].Packed, w[i].Bias, res, w[i].Scale[image*st.conv.Scale.Step():])
			default:
				st.conv.Run(c, 1, to, from, w[i].Packed, w[i].Bias, res)
			}
			from = to
		}
	}
}

// imageIn returns the floats from one image of the input to the next.
func (p *Conv) imageIn() int {
	if p.PlainIn {
		return p.In.C * p.In.H * p.In.W
	}
	return p.In.Step()
}
