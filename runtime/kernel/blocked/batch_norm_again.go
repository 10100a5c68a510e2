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

// Run computes n images and writes all of y, halo and padding channels included.
func (p *BatchNormAgain) Run(c *kernel.Ctx, n int, a BatchNormAgainArgs) {
	p.X.checkLen(a.X, n)
	p.Y.checkLen(a.Y, n)
	t := kernel.TaskOf[normAgainTask](c)
	*t = normAgainTask{p: p, BatchNormAgainArgs: a, units: unitsOf(n, p.X, normPixels)}
	c.Run(t.units.count*p.X.Blocks(), 4*n*p.X.Size(), t)
}

type normAgainTask struct {
	BatchNormAgainArgs
	p     *BatchNormAgain
	units pixelUnits
}

// Chunk does a unit of a block.
func (t *normAgainTask) Chunk(_, chunk int) {
	u, block := t.units.unit(chunk%t.units.count), chunk/t.units.count
	x, y := t.p.X, t.p.Y
	lo, hi := boundsOf(&t.p.Epilogue)
	var consts [5 * Block]float32
	for lane := range Block {
		if ch := block*Block + lane; ch < x.C {
			setLane(consts[:], lane, t.Mean[ch], t.InvStd[ch]*channel(t.Weight, ch, 1), channel(t.Bias, ch, 0), lo, hi)
		}
	}
	a := rowsOver(u, x, y)
	a.x, a.xSkip, a.xLeap = x.way(t.X, u, block)
	a.y, a.ySkip, a.yLeap = y.way(t.Y, u, block)
	a.consts = &consts[0]
	a.run(t.p.ISA, rowsNorm)
	y.zeroUnit(t.Y, u, block)
}
