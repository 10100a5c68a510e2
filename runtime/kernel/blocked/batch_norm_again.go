package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// BatchNormAgainConfig says what is computed again. The epilogue is an activation that
// is a bound, or none.
type BatchNormAgainConfig struct {
	X, Y     Map // of the same C, H, W
	Epilogue kernel.Epilogue
	ISA      kernel.ISA
}

// BatchNormAgain computes the y of a [BatchNorm] without a residual once more from its
// statistics, bit for bit:
//
//	y = act((x − mean)·invstd·weight + bias)
type BatchNormAgain struct{ BatchNormAgainConfig }

// BatchNormAgainArgs are the operands of BatchNormAgain.Run; Weight and Bias may be nil
// (1 and 0). Y may share storage with X of the same map.
type BatchNormAgainArgs struct {
	Y                             []float32
	X, Weight, Bias, Mean, InvStd []float32
}

// NewBatchNormAgain prepares it.
func NewBatchNormAgain(f BatchNormAgainConfig) *BatchNormAgain {
	checkSame(f.X, f.Y)
	boundsOf(&f.Epilogue)
	if f.Epilogue.Residual || f.Epilogue.Bias {
		panic("blocked: a norm that is computed again has no residual")
	}
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	return &BatchNormAgain{f}
}

// againConsts is the floats of the constants of a block.
const againConsts = 5 * Block

// Need returns the scratch floats of Run for up to n images.
func (p *BatchNormAgain) Need(int) (perWorker, shared int) { return 0, p.X.Blocks() * againConsts }

// Run computes n images and writes all of y, halo and padding channels included.
//
// Without halos it goes image by image, as they lie in memory: what it reads was written
// long ago, and small planes that lie far from each other come at a third of the speed.
// With a halo, what it writes is read before the next blocks are, and goes block by block.
func (p *BatchNormAgain) Run(c *kernel.Ctx, n int, a BatchNormAgainArgs) {
	p.X.checkLen(a.X, n)
	p.Y.checkLen(a.Y, n)
	t := kernel.TaskOf[normAgainTask](c)
	*t = normAgainTask{p: p, BatchNormAgainArgs: a, consts: c.Shared(p.X.Blocks() * againConsts), units: unitsOf(n, p.X, normPixels)}
	t.framed = p.Y.framed(a.Y, n, p.ISA) && &a.Y[0] != &a.X[0]
	t.setConsts()
	chunks := t.units.count * p.X.Blocks()
	if t.byImage = !halos(p.X, p.Y); t.byImage {
		chunks = n * p.Y.Parts()
	}
	c.Run(chunks, 4*n*p.X.Size(), t)
}

type normAgainTask struct {
	BatchNormAgainArgs
	p       *BatchNormAgain
	consts  []float32 // [block][5][8]
	units   pixelUnits
	byImage bool
	framed  bool // y has rows with zeros on either side, and passes by the caches
}

// setConsts sets the constants of all blocks.
func (t *normAgainTask) setConsts() {
	lo, hi := boundsOf(&t.p.Epilogue)
	for ch := range t.p.X.Blocks() * Block {
		consts, lane := t.consts[ch/Block*againConsts:], ch%Block
		if ch < t.p.X.C {
			setLane(consts, lane, t.Mean[ch], t.InvStd[ch]*channel(t.Weight, ch, 1), channel(t.Bias, ch, 0), lo, hi)
		} else {
			setLane(consts, lane, 0, 0, 0, 0, 0)
		}
	}
}

// Chunk does some blocks of an image, or a unit of a block.
func (t *normAgainTask) Chunk(_, chunk int) {
	x, y := &t.p.X, &t.p.Y
	u, r := t.units.unit(chunk%t.units.count), blockRun{chunk / t.units.count, 1}
	if t.byImage {
		image, b0, b1 := y.Part(chunk)
		u, r = pixelUnit{image, 1, 0, y.H}, blockRun{b0, b1 - b0}
	}
	var a mapRowsArgs
	a.over(u, r, x.W, !t.byImage)
	a.x, a.xSkip, a.xHop, a.xLeap = x.way(t.X, u, r)
	a.y, a.ySkip, a.yHop, a.yLeap = y.way(t.Y, u, r)
	a.consts, a.constStep = &t.consts[r.first*againConsts], 4*againConsts
	if t.framed {
		a.run(t.p.ISA, rowsNormFramed)
		y.zeroOutside(t.Y, u, r)
		return
	}
	a.run(t.p.ISA, rowsNorm)
	y.zeroUnit(t.Y, u, r)
}
