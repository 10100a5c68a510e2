package blocked

import (
	"math"

	"github.com/netc-lang/netc/runtime/kernel"
)

// BatchNormConfig says what a batch norm in training is. Of the epilogue, Residual
// is added before the activation, which is none, relu or clamp; there is no bias.
type BatchNormConfig struct {
	X, Y, Residual Map // of the same C, H, W
	Epilogue       kernel.Epilogue
	Eps, Momentum  float32
	ISA            kernel.ISA
}

// BatchNorm normalises each channel by its statistics over images and positions,
// m of them:
//
//	mean = Σx/m;  var = Σ(x−mean)²/m;  invstd = 1/√(var+eps)
//	y = act((x − mean)·invstd·weight + bias + residual)
//	newMean = (1−momentum)·runMean + momentum·mean
//	newVar  = (1−momentum)·runVar + momentum·var·m/max(m−1, 1)
//
// Mean and squares of about a thousand pixels at a time are in f32, their
// combination in f64, by Chan, Golub and LeVeque 1983, doi:10.2307/2683386.
// Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
type BatchNorm struct{ BatchNormConfig }

// BatchNormArgs are the operands of BatchNorm.Run; Weight and Bias may be nil (1
// and 0), Residual is nil unless the epilogue has it. NewMean and NewVar may share
// storage with RunMean and RunVar, Y with X or Residual of the same map.
type BatchNormArgs struct {
	Y, Mean, InvStd, NewMean, NewVar           []float32
	X, Residual, Weight, Bias, RunMean, RunVar []float32
}

// normPixels is the pixels of a unit: with their eight channels they stay in L1
// from one pass to the next, and their f32 sums are short.
const normPixels = 1024

// Floats of a block in the shared scratch memory: constants of the row kernels, and
// the two sums of a unit.
const (
	normConsts = 9 * Block
	normSums   = 2 * Block
)

var inf = float32(math.Inf(1))

// NewBatchNorm prepares a batch norm.
func NewBatchNorm(f BatchNormConfig) *BatchNorm {
	checkSame(f.X, f.Y)
	if f.Epilogue.Residual {
		checkSame(f.X, f.Residual)
	}
	boundsOf(&f.Epilogue)
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	return &BatchNorm{f}
}

// checkSame panics unless both maps have the same sizes.
func checkSame(a, b Map) {
	a.check()
	b.check()
	if a.C != b.C || a.H != b.H || a.W != b.W {
		panic("blocked: two maps have different sizes")
	}
}

// NormNeed returns the shared scratch floats of a norm of n images.
func NormNeed(m Map, n int) int {
	u := unitsOf(n, m, normPixels)
	return m.Blocks() * (normConsts + u.count*normSums)
}

// Need returns the scratch floats of Run for up to n images.
func (p *BatchNorm) Need(n int) (perWorker, shared int) { return 0, NormNeed(p.X, n) }

// Run normalises n images, at least one, and writes all of y, halo and padding
// channels included.
func (p *BatchNorm) Run(c *kernel.Ctx, n int, a BatchNormArgs) {
	p.X.checkLen(a.X, n)
	p.Y.checkLen(a.Y, n)
	if p.Epilogue.Residual {
		p.Residual.checkLen(a.Residual, n)
	}
	t := kernel.TaskOf[normTask](c)
	*t = normTask{p: p, BatchNormArgs: a}
	t.begin(c, p.X, n)
	t.runPhases(c, t)
}

// normPass is the memory and the phases that forward and backward have in common:
// sums of units, their combination by block, and the pass that writes.
type normPass struct {
	m      Map
	units  pixelUnits
	sums   []float32 // [block][unit][2][8]
	consts []float32 // [block][9][8]
	phase  int
}

func (t *normPass) begin(c *kernel.Ctx, m Map, n int) {
	t.m, t.units = m, unitsOf(n, m, normPixels)
	shared := c.Shared(NormNeed(m, n))
	t.consts, t.sums = shared[:m.Blocks()*normConsts], shared[m.Blocks()*normConsts:]
}

// normBlocks is the blocks that are enough to share out whole.
const normBlocks = 4

// runPhases runs task, which reads phase: all phases of a block while it is in the
// caches, or for few blocks phase by phase. Blocks know nothing of each other, so that
// the bits are the same.
func (t *normPass) runPhases(c *kernel.Ctx, task normPhases) {
	blocks := t.m.Blocks()
	work := t.m.passWork(t.units.n, 4)
	if blocks >= normBlocks {
		t.phase = normWhole
		c.Run(blocks, 2*work, task)
		return
	}
	t.phase = 0
	c.Run(t.units.count*blocks, work, task)
	t.phase = 1
	c.Run(blocks, 64*t.units.count*blocks, task)
	t.phase = 2
	c.Run(t.units.count*blocks, work, task)
}

// normPhases are the three steps of a norm.
type normPhases interface {
	Chunk(worker, chunk int)
	first(unit, block int)
	second(block int)
	third(unit, block int)
}

// normWhole is the phase in which a chunk is a whole block.
const normWhole = 3

// chunk does one unit of one block, combines one block, or does all of a block.
func (t *normPass) chunk(task normPhases, chunk int) {
	blocks := t.m.Blocks()
	switch t.phase {
	case 0:
		task.first(chunk/blocks, chunk%blocks)
	case 1:
		task.second(chunk)
	case 2:
		task.third(chunk/blocks, chunk%blocks)
	case normWhole:
		for i := range t.units.count {
			task.first(i, chunk)
		}
		task.second(chunk)
		for i := range t.units.count {
			task.third(t.units.count-1-i, chunk) // what was read last is nearest
		}
	}
}

// sumsOf returns the two sums of a unit of a block.
func (t *normPass) sumsOf(unit, block int) []float32 {
	return t.sums[(block*t.units.count+unit)*normSums:][:normSums]
}

// constsOf returns the constants of a block.
func (t *normPass) constsOf(block int) []float32 {
	return t.consts[block*normConsts:][:normConsts]
}

// size returns the pixels of a unit.
func (t *normPass) size(u pixelUnit) int { return u.images * u.rows * t.m.W }

type normTask struct {
	normPass
	BatchNormArgs
	p *BatchNorm
}

// Chunk does a part of the norm.
func (t *normTask) Chunk(_, chunk int) { t.chunk(t, chunk) }

func (t *normTask) first(unit, block int) {
	t.statistics(t.units.unit(unit), block, t.sumsOf(unit, block))
}

func (t *normTask) second(block int) {
	for lane := range Block {
		t.combine(block, lane)
	}
}

func (t *normTask) third(unit, block int) { t.normalise(t.units.unit(unit), block) }

// statistics sets the sum of a unit and the squares about its mean.
func (t *normTask) statistics(u pixelUnit, block int, sums []float32) {
	a := rowsOver(u, t.m)
	a.x, a.xSkip, a.xLeap = t.m.way(t.X, u, block)
	a.sums = &sums[0]
	a.run(t.p.ISA, rowsSum)
	var mean [Block]float32
	for lane := range mean {
		mean[lane] = sums[lane] / float32(t.size(u))
	}
	a.consts, a.sums = &mean[0], &sums[Block]
	a.run(t.p.ISA, rowsSquares)
}

// combine finishes the statistics of one channel.
func (t *normTask) combine(block, lane int) {
	consts := t.constsOf(block)
	ch := block*Block + lane
	if ch >= t.m.C {
		for i := range 5 {
			consts[i*Block+lane] = 0
		}
		return
	}
	m := float64(t.units.n * t.m.H * t.m.W)
	total := 0.0
	for i := range t.units.count {
		total += float64(t.sumsOf(i, block)[lane])
	}
	mean, squares := total/m, 0.0
	for i := range t.units.count {
		s, size := t.sumsOf(i, block), float64(t.size(t.units.unit(i)))
		d := float64(s[lane])/size - mean
		squares += float64(s[Block+lane]) + size*d*d
	}
	variance, momentum := squares/m, float64(t.p.Momentum)
	invstd := 1 / math.Sqrt(variance+float64(t.p.Eps))
	t.Mean[ch], t.InvStd[ch] = float32(mean), float32(invstd)
	t.NewMean[ch] = float32((1-momentum)*float64(t.RunMean[ch]) + momentum*mean)
	t.NewVar[ch] = float32((1-momentum)*float64(t.RunVar[ch]) + momentum*variance*m/max(m-1, 1))
	lo, hi := boundsOf(&t.p.Epilogue)
	for i, v := range [5]float32{float32(mean), float32(invstd) * channel(t.Weight, ch, 1), channel(t.Bias, ch, 0), lo, hi} {
		consts[i*Block+lane] = v
	}
}

// channel returns the value of a channel, or what stands for a missing slice.
func channel(s []float32, ch int, otherwise float32) float32 {
	if s == nil {
		return otherwise
	}
	return s[ch]
}

// normalise writes a unit of y.
func (t *normTask) normalise(u pixelUnit, block int) {
	a := rowsOver(u, t.m, t.p.Y, t.p.Residual)
	a.x, a.xSkip, a.xLeap = t.m.way(t.X, u, block)
	a.y, a.ySkip, a.yLeap = t.p.Y.way(t.Y, u, block)
	a.consts = &t.constsOf(block)[0]
	k := rowsNorm
	if t.p.Epilogue.Residual {
		k = rowsNormAdd
		a.g, a.gSkip, a.gLeap = t.p.Residual.way(t.Residual, u, block)
	}
	a.run(t.p.ISA, k)
	t.p.Y.zeroUnit(t.Y, u, block)
}
