package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Chain runs convolutions, each of which reads the result of the one before, band by
// band: some rows of the last result at a time, and of the maps between the rows that
// these need. The maps between stay in the second cache and have no other storage. Results
// have the bits of the convolutions one after the other.
//
// Cost: that of the convolutions; where threads part, rows that both need are computed by
// both.
type Chain struct {
	stages []chainStage
	height int  // rows of the last result
	step   int  // of them at a time, at the most
	ends   int  // floats of a worker before the maps: scratch of the kernels
	floats int  // of a worker, or of all workers where the maps are whole
	whole  bool // one convolution after the other
}

// MostChained is the most convolutions of a chain.
const MostChained = 3

// chainStage is one convolution of a chain.
type chainStage struct {
	*Conv
	at   int // of its result among the maps
	rows int // of its result that are there at once
}

// ChainWeights are the weights of one convolution of a chain.
type ChainWeights struct{ Packed, Bias []float32 }

const (
	chainFloats = 192 << 10 // of the maps between: three quarters of a second cache of 1 MiB
	chainChunks = 8         // of an image, about, which threads share
)

// Chains reports whether p can be a part of a chain: its algorithm computes rows by
// themselves, and each of its windows meets a row of the picture.
func (p *Conv) Chains() bool {
	s := &p.Shape
	return (p.Algo == Direct || p.Algo == Depthwise || p.Algo == Stem) && max(s.PadTop, s.PadBottom) <= (s.R-1)*s.DilH
}

// NewChain prepares a chain. Only the last convolution may have a residual.
func NewChain(convs ...*Conv) *Chain { return newChain(chainFloats, convs) }

func newChain(floats int, convs []*Conv) *Chain {
	p := &Chain{whole: convs[0].ISA == kernel.Generic, height: convs[len(convs)-1].Out.H}
	for p.step = p.height; p.step > 1 && chainSize(convs, p.step) > floats; {
		p.step--
	}
	heights := chainHeights(convs, p.step)
	for i, conv := range convs {
		f := conv.ConvConfig
		between := i < len(convs)-1
		if !conv.Chains() || len(convs) > MostChained || between && f.Epilogue.Residual || i > 0 && f.In != convs[i-1].Out {
			panic("blocked: a convolution has no place in a chain")
		}
		st := chainStage{at: p.floats, rows: heights[i]}
		if i > 0 {
			f.In = p.stages[i-1].Out
		}
		if between {
			if !p.whole {
				f.Out.Apart = (st.rows + 2*f.Out.Halo) * f.Out.Row()
			}
			p.floats += roundUp(f.Out.Size(), lineFloats)
		}
		if d, ok := conv.method.(*convDirect); ok {
			st.Conv = &Conv{ConvConfig: f}
			st.method = d.banded(&st.ConvConfig, st.rows)
		} else {
			st.Conv = NewConv(f)
		}
		if d, ok := st.method.(*depthwise); ok {
			d.group = f.Out.Blocks() // of one call
		}
		ends, _ := st.method.need(1)
		p.ends = max(p.ends, roundUp(ends, lineFloats))
		p.stages = append(p.stages, st)
	}
	return p
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

// chainHeights returns the rows of each result that step rows of the last one need.
func chainHeights(convs []*Conv, step int) []int {
	heights := make([]int, len(convs))
	for i := len(convs) - 1; i >= 0; i-- {
		heights[i] = min(step, convs[i].Out.H)
		s := &convs[i].Shape
		step = (heights[i]-1)*s.StrideH + (s.R-1)*s.DilH + 1
	}
	return heights
}

// chainSize returns the floats of the maps between for steps of some rows.
func chainSize(convs []*Conv, step int) int {
	size := 0
	for i, rows := range chainHeights(convs, step)[:len(convs)-1] {
		m := convs[i].Out
		size += m.Blocks() * (rows + 2*m.Halo) * m.Row()
	}
	return size
}

// Need returns the scratch floats of Run.
func (p *Chain) Need(int) (perWorker, shared int) {
	if p.whole {
		for i := range p.stages {
			w, s := p.stages[i].Need(1)
			perWorker, shared = max(perWorker, w), max(shared, s)
		}
		return perWorker, roundUp(shared, lineFloats) + p.floats
	}
	return p.ends + p.floats, 0
}

// Run convolves n images and writes all of y, halo and padding channels included.
// residual is that of the last convolution. y must not share storage with any other
// operand.
func (p *Chain) Run(c *kernel.Ctx, n int, y, x, residual []float32, w ...ChainWeights) {
	first, last := &p.stages[0], &p.stages[len(p.stages)-1]
	last.Out.checkLen(y, n)
	if !first.PlainIn {
		first.In.checkLen(x, n)
	}
	if first.PlainIn && len(x) < n*first.imageIn() || len(w) != len(p.stages) || last.Epilogue.Residual != (residual != nil) {
		panic("blocked: an operand of a chain is missing or too short")
	}
	if p.whole {
		p.one(c, n, y, x, residual, w)
		return
	}
	t := kernel.TaskOf[chainTask](c)
	*t = chainTask{Chain: p, ctx: c, chunks: p.chunks(n, c.Pool.Threads()), y: y, x: x, residual: residual, seats: t.seats}
	copy(t.w[:], w)
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

// one runs one convolution after the other, image by image: the definition.
func (p *Chain) one(c *kernel.Ctx, n int, y, x, residual []float32, w []ChainWeights) {
	_, shared := p.Need(1)
	maps := c.Shared(shared)[shared-p.floats:]
	last := len(p.stages) - 1
	for image := range n {
		from := x[image*p.stages[0].imageIn():]
		for i := range p.stages[:last] {
			st := &p.stages[i]
			to := maps[st.at:][:st.Out.Size()]
			st.Conv.Run(c, 1, to, from, w[i].Packed, w[i].Bias, nil)
			from = to
		}
		st := &p.stages[last]
		var res []float32
		if st.Epilogue.Residual {
			res = residual[image*st.Residual.Step():]
		}
		st.Conv.Run(c, 1, y[image*st.Out.Step():], from, w[last].Packed, w[last].Bias, res)
	}
}

// imageIn returns the floats from one image of the input to the next.
func (st *chainStage) imageIn() int {
	if st.PlainIn {
		return st.In.C * st.In.H * st.In.W
	}
	return st.In.Step()
}
