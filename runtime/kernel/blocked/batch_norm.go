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
// Sums and squares of about a thousand pixels at a time, less the first of them, are in
// f32; where squares lose digits by that, both are added up once more about the mean. Their
// combination is in f64, by Chan, Golub and LeVeque 1983, doi:10.2307/2683386.
// Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
type BatchNorm struct{ BatchNormConfig }

// BatchNormArgs are the operands of BatchNorm.Run; Weight and Bias may be nil (1
// and 0), Residual is nil unless the epilogue has it. NewMean and NewVar may share
// storage with RunMean and RunVar, Y with X or Residual of the same map.
type BatchNormArgs struct {
	Y, Mean, InvStd, NewMean, NewVar           []float32
	X, Residual, Weight, Bias, RunMean, RunVar []float32
}

// normPixels is the pixels of a unit: their f32 sums are short.
const normPixels = 1024

// Floats of a block in the shared scratch memory: constants of the row kernels, and
// the two sums of a unit with what they are about.
const (
	normConsts = 7 * Block
	normSums   = 3 * Block
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
	*t = normTask{p: p, BatchNormArgs: a, halos: halos(p.X, p.Y, p.Residual)}
	t.streams = p.streams(n, a)
	t.framed = t.streams && !p.Epilogue.Residual && p.Y.framed(a.Y, n, p.ISA)
	t.begin(c, p.X, n)
	t.runPhases(c, t)
}

// streamFrom are the bytes of a result that passes by the caches. Convolutions read one of 3
// to 26 MB as fast from memory; what is smaller stays where they find it.
const streamFrom = 2 << 20

// streams reports whether y passes by the caches. What lies over an operand is in them already;
// blocks by themselves are groups of channels, and are read soon.
func (p *BatchNorm) streams(n int, a BatchNormArgs) bool {
	alone := p.Y.Blocks() == 1 && p.Y.Step() == p.Y.Plane()
	return 4*n*p.Y.Step() > streamFrom && !alone && &a.Y[0] != &a.X[0] && !(p.Epilogue.Residual && &a.Y[0] == &a.Residual[0])
}

// normPass is the memory and the phases that forward and backward have in common:
// sums of units, their combination by block, and the pass that writes.
type normPass struct {
	m      Map
	units  pixelUnits
	sums   []float32 // [unit][block][3][8]
	consts []float32 // [block][7][8]
	phase  int
	group  int // blocks of a chunk that does all phases
}

func (t *normPass) begin(c *kernel.Ctx, m Map, n int) {
	t.m, t.units = m, unitsOf(n, m, normPixels)
	shared := c.Shared(NormNeed(m, n))
	t.consts, t.sums = shared[:m.Blocks()*normConsts], shared[m.Blocks()*normConsts:]
}

// normBlocks is the blocks that are enough to share out whole, normGroup the pixels of
// those of one chunk: its maps stay near the core from phase to phase, and memory is read in
// long runs.
const (
	normBlocks = 4
	normGroup  = 1 << 14
)

// runPhases runs task, which reads phase: all phases of some blocks while they are in the
// caches, or for few blocks phase by phase. Blocks know nothing of each other, so that
// the bits are the same.
func (t *normPass) runPhases(c *kernel.Ctx, task normPhases) {
	blocks, threads := t.m.Blocks(), c.Pool.Threads()
	work := t.m.passWork(t.units.n, 4)
	if blocks >= normBlocks || threads == 1 {
		t.phase = normWhole
		most := max(1, normGroup/(t.units.n*t.m.H*t.m.W))
		rounds := ceilDiv(blocks, most*threads)
		t.group = ceilDiv(blocks, rounds*threads) // as many for each thread
		c.Run(ceilDiv(blocks, t.group), 2*work, task)
		return
	}
	t.phase = 0
	task.before(blockRun{0, blocks})
	c.Run(t.units.count*blocks, work, task)
	t.phase = 1
	c.Run(blocks, 64*t.units.count*blocks, task)
	t.phase = 2
	c.Run(t.units.count*blocks, work, task)
}

// normPhases are the steps of a norm, for some blocks: what the sums need, the sums of a
// unit, their combination, and the result of a unit.
type normPhases interface {
	Chunk(worker, chunk int)
	before(r blockRun)
	first(u pixelUnit, unit int, r blockRun)
	second(r blockRun)
	third(u pixelUnit, r blockRun)
}

// normWhole is the phase in which a chunk is all of some blocks.
const normWhole = 3

// chunk does one unit of one block, combines one block, or does all of some blocks.
func (t *normPass) chunk(task normPhases, chunk int) {
	blocks := t.m.Blocks()
	unit, r := chunk/blocks, blockRun{chunk % blocks, 1}
	switch t.phase {
	case 0:
		task.first(t.units.unit(unit), unit, r)
	case 1:
		task.second(r)
	case 2:
		task.third(t.units.unit(unit), r)
	case normWhole:
		r.first = chunk * t.group
		r.count = min(t.group, blocks-r.first)
		task.before(r)
		for i := range t.units.count {
			task.first(t.units.unit(i), i, r)
		}
		task.second(r)
		for i := t.units.count - 1; i >= 0; i-- { // what was read last is nearest
			task.third(t.units.unit(i), r)
		}
	}
}

// sumsOf returns the two sums of a unit of a block, and what they are about.
func (t *normPass) sumsOf(unit, block int) *[normSums]float32 {
	return (*[normSums]float32)(t.sums[(unit*t.m.Blocks()+block)*normSums:])
}

// constsOf returns the constants of a block.
func (t *normPass) constsOf(block int) []float32 {
	return t.consts[block*normConsts:][:normConsts]
}

// size returns the pixels of a unit.
func (t *normPass) size(u pixelUnit) int { return u.images * u.rows * t.m.W }

// sumUp has a row kernel add up the sums of a unit of some blocks.
func (t *normPass) sumUp(a *mapRowsArgs, isa kernel.ISA, k mapRowsKernel, unit int, r blockRun) {
	for block := r.first; block < r.first+r.count; block++ {
		clear(t.sumsOf(unit, block)[:2*Block])
	}
	a.sums, a.sumStep = &t.sumsOf(unit, r.first)[0], 4*normSums
	a.run(isa, k)
}

type normTask struct {
	normPass
	BatchNormArgs
	p     *BatchNorm
	halos bool // of what the result is made of, or its own
	// streams: lines of y are not fetched before they are written, which is a third of what
	// goes over the bus: 0.7 to 0.85 of the time.
	streams bool
	framed  bool // and y has rows with zeros on either side
}

// Chunk does a part of the norm.
func (t *normTask) Chunk(_, chunk int) { t.chunk(t, chunk) }

func (t *normTask) before(blockRun) {}

// first adds up a unit.
func (t *normTask) first(u pixelUnit, unit int, r blockRun) {
	var a mapRowsArgs
	a.over(u, r, t.m.W, t.m.Halo > 0)
	a.x, a.xSkip, a.xHop, a.xLeap = t.m.way(t.X, u, r)
	a.consts, a.constStep = a.x, 4*t.m.Plane()
	t.sumUp(&a, t.p.ISA, rowsMoments, unit, r)
	size := t.size(u)
	for block := r.first; block < r.first+r.count; block++ {
		sums := t.sumsOf(unit, block)
		copy(sums[2*Block:], t.X[t.m.At(u.image, block, u.row, 0):][:Block])
		if !centre(sums, size) {
			t.aboutMean(u, unit, block)
		}
	}
}

// centre makes squares about any value those about the mean. It reports whether digits
// enough are left.
func centre(sums *[normSums]float32, size int) bool {
	fine := true
	for lane := range Block {
		sum, squares := float64(sums[lane]), float64(sums[Block+lane])
		about := squares - sum*sum/float64(size)
		fine = fine && squares <= mostLost*about || squares == 0
		sums[Block+lane] = float32(about)
	}
	return fine
}

// mostLost bounds how many times as large squares about a pixel may be as those about the
// mean: their relative error is by that factor larger.
const mostLost = 64

// aboutMean adds up a unit of a block about its mean.
func (t *normTask) aboutMean(u pixelUnit, unit, block int) {
	var a mapRowsArgs
	r := blockRun{block, 1}
	a.over(u, r, t.m.W, t.m.Halo > 0)
	a.x, a.xSkip, a.xHop, a.xLeap = t.m.way(t.X, u, r)
	sums, size := t.sumsOf(unit, block), t.size(u)
	about := (*[Block]float32)(sums[2*Block:])
	for lane := range about {
		about[lane] += sums[lane] / float32(size)
	}
	a.consts = &about[0]
	t.sumUp(&a, t.p.ISA, rowsMoments, unit, r)
	centre(sums, size)
}

// second finishes the statistics of some blocks.
func (t *normTask) second(r blockRun) {
	lo, hi := boundsOf(&t.p.Epilogue)
	for block := r.first; block < r.first+r.count; block++ {
		mean, variance := t.combine(block)
		consts := t.constsOf(block)
		for lane := range Block {
			if ch := block*Block + lane; ch < t.m.C {
				scale := t.finish(ch, mean[lane], variance[lane])
				setLane(consts, lane, float32(mean[lane]), scale, channel(t.Bias, ch, 0), lo, hi)
			} else {
				setLane(consts, lane, 0, 0, 0, 0, 0)
			}
		}
	}
}

// combine returns the statistics of a block from those of its units.
func (t *normTask) combine(block int) (mean, variance [Block]float64) {
	m := 1 / float64(t.units.n*t.m.H*t.m.W)
	for i := range t.units.count {
		sums, size := t.sumsOf(i, block), float64(t.size(t.units.unit(i)))
		for lane := range Block {
			mean[lane] += float64(sums[2*Block+lane])*size + float64(sums[lane])
		}
	}
	for lane := range Block {
		mean[lane] *= m
	}
	for i := range t.units.count {
		sums, size := t.sumsOf(i, block), float64(t.size(t.units.unit(i)))
		for lane := range Block {
			d := float64(sums[2*Block+lane]) + float64(sums[lane])/size - mean[lane]
			variance[lane] += float64(sums[Block+lane]) + size*d*d
		}
	}
	for lane := range Block {
		variance[lane] *= m
	}
	return mean, variance
}

// finish stores the statistics of a channel and returns the factor that it is scaled by.
func (t *normTask) finish(ch int, mean, variance float64) (scale float32) {
	m, momentum := float64(t.units.n*t.m.H*t.m.W), float64(t.p.Momentum)
	invstd := float32(1 / math.Sqrt(variance+float64(t.p.Eps)))
	t.Mean[ch], t.InvStd[ch] = float32(mean), invstd
	t.NewMean[ch] = float32((1-momentum)*float64(t.RunMean[ch]) + momentum*mean)
	t.NewVar[ch] = float32((1-momentum)*float64(t.RunVar[ch]) + momentum*variance*m/max(m-1, 1))
	return invstd * channel(t.Weight, ch, 1)
}

// channel returns the value of a channel, or what stands for a missing slice.
func channel(s []float32, ch int, otherwise float32) float32 {
	if s == nil {
		return otherwise
	}
	return s[ch]
}

// third writes a unit of y.
func (t *normTask) third(u pixelUnit, r blockRun) {
	var a mapRowsArgs
	a.over(u, r, t.m.W, t.halos)
	a.x, a.xSkip, a.xHop, a.xLeap = t.m.way(t.X, u, r)
	a.y, a.ySkip, a.yHop, a.yLeap = t.p.Y.way(t.Y, u, r)
	a.consts, a.constStep = &t.constsOf(r.first)[0], 4*normConsts
	k := rowsNorm
	if t.p.Epilogue.Residual {
		k = rowsNormAdd
		a.g, a.gSkip, a.gHop, a.gLeap = t.p.Residual.way(t.Residual, u, r)
	}
	switch {
	case t.streams && a.wholeLines():
		k += rowsNormStream - rowsNorm
	case t.framed:
		a.run(t.p.ISA, rowsNormFramed)
		t.p.Y.zeroOutside(t.Y, u, r)
		return
	}
	a.run(t.p.ISA, k)
	t.p.Y.zeroUnit(t.Y, u, r)
}
