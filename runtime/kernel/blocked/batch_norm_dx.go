package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// BatchNormDXConfig says what the gradient of a BatchNorm is.
type BatchNormDXConfig struct {
	X, Y, DY, DX Map
	DResidual    Map // where the gradient of the residual goes, if the epilogue has one
	Epilogue     kernel.Epilogue
	// Again computes what the activation was given once more of X, rather than reading
	// Y: for a norm without a residual.
	Again bool
	ISA   kernel.ISA
}

// BatchNormDX is the gradient of [BatchNorm], with x̂ = (x − mean)·invstd and g = dy
// where the activation passed its argument, as y tells, else 0:
//
//	dbias = Σg;  dweight = Σg·x̂;  dresidual = g
//	dx = weight·invstd·(g − dbias/m − x̂·dweight/m)
//
// At the ends of its bounds the activation passes nothing.
type BatchNormDX struct{ BatchNormDXConfig }

// BatchNormDXArgs are the operands of BatchNormDX.Run. Weight may be nil (1), Y is
// nil without an activation and with Again, which reads Bias (nil for 0); DResidual is
// nil without a residual. DX or DResidual may share
// storage with DY of the same map, DX with X.
type BatchNormDXArgs struct {
	DX, DResidual, DWeight, DBias  []float32
	X, Y, DY, Weight, Mean, InvStd []float32
	Bias                           []float32
}

// NewBatchNormDX prepares the gradient of a batch norm.
func NewBatchNormDX(f BatchNormDXConfig) *BatchNormDX {
	checkSame(f.X, f.DX)
	checkSame(f.X, f.DY)
	if f.Again && (f.Epilogue.Act == kernel.ActNone || f.Epilogue.Residual) {
		panic("blocked: only the result of a norm with an activation and no residual follows from x")
	}
	if f.Epilogue.Act != kernel.ActNone && !f.Again {
		checkSame(f.X, f.Y)
	}
	if f.Epilogue.Residual {
		checkSame(f.X, f.DResidual)
		if f.Epilogue.Act == kernel.ActNone {
			panic("blocked: without an activation the gradient of a residual is dy")
		}
	}
	boundsOf(&f.Epilogue)
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	return &BatchNormDX{f}
}

// Need returns the scratch floats of Run for up to n images.
func (p *BatchNormDX) Need(n int) (perWorker, shared int) { return 0, NormNeed(p.X, n) }

// Run computes the gradients over n images, at least one, and writes all of dx and
// dresidual, halo and padding channels included.
func (p *BatchNormDX) Run(c *kernel.Ctx, n int, a BatchNormDXArgs) {
	p.X.checkLen(a.X, n)
	p.DY.checkLen(a.DY, n)
	p.DX.checkLen(a.DX, n)
	if p.gated() {
		p.Y.checkLen(a.Y, n)
	}
	if p.Epilogue.Residual {
		p.DResidual.checkLen(a.DResidual, n)
	}
	t := kernel.TaskOf[normDXTask](c)
	*t = normDXTask{p: p, BatchNormDXArgs: a, halos: halos(p.X, p.Y, p.DY, p.DX, p.DResidual)}
	t.framed = p.Again && p.DX.framed(a.DX, n, p.ISA) && &a.DX[0] != &a.DY[0] && &a.DX[0] != &a.X[0]
	t.begin(c, p.X, n)
	t.runPhases(c, t)
}

// gated reports whether y is read.
func (p *BatchNormDX) gated() bool { return p.Epilogue.Act != kernel.ActNone && !p.Again }

type normDXTask struct {
	normPass
	BatchNormDXArgs
	p     *BatchNormDX
	halos bool // of any operand or result
	// framed: dx has rows with zeros on either side, and passes by the caches
	framed bool
}

// Chunk does a part of the gradient.
func (t *normDXTask) Chunk(_, chunk int) { t.chunk(t, chunk) }

// before sets the constants of the sums.
func (t *normDXTask) before(r blockRun) {
	lo, hi := boundsOf(&t.p.Epilogue)
	for block := r.first; block < r.first+r.count; block++ {
		consts := t.constsOf(block)
		for lane := range Block {
			ch := block*Block + lane
			switch {
			case ch >= t.m.C:
				setLane(consts, lane, 0, 0, 0, 0, 0)
			case t.p.Again:
				setLane(consts, lane, t.Mean[ch], t.InvStd[ch]*channel(t.Weight, ch, 1), channel(t.Bias, ch, 0), lo, hi)
			default:
				setLane(consts, lane, t.Mean[ch], lo, hi)
			}
		}
	}
}

// operands sets what both passes read, and the constants.
func (t *normDXTask) operands(u pixelUnit, r blockRun) (a mapRowsArgs) {
	a.over(u, r, t.m.W, t.halos)
	a.x, a.xSkip, a.xHop, a.xLeap = t.m.way(t.X, u, r)
	a.g, a.gSkip, a.gHop, a.gLeap = t.p.DY.way(t.DY, u, r)
	if t.p.gated() {
		a.y, a.ySkip, a.yHop, a.yLeap = t.p.Y.way(t.Y, u, r)
	}
	a.consts, a.constStep = &t.constsOf(r.first)[0], 4*normConsts
	return a
}

// first adds up a unit.
func (t *normDXTask) first(u pixelUnit, unit int, r blockRun) {
	a := t.operands(u, r)
	k := rowsGradSum
	switch {
	case t.p.Again:
		k = rowsAgainSum
	case t.p.gated():
		k = rowsGatedSum
	}
	t.sumUp(&a, t.p.ISA, k, unit, r)
}

// second sets the constants of dx.
func (t *normDXTask) second(r blockRun) {
	for block := r.first; block < r.first+r.count; block++ {
		for lane := range Block {
			t.combine(block, lane)
		}
	}
}

func (t *normDXTask) combine(block, lane int) {
	consts := t.constsOf(block)
	ch := block*Block + lane
	if ch >= t.m.C {
		setLane(consts, lane, 0, 0, 0, 0, 0, 0, 0)
		return
	}
	db, dw := 0.0, 0.0
	for i := range t.units.count {
		s := t.sumsOf(i, block)
		db += float64(s[lane])
		dw += float64(s[Block+lane])
	}
	m, invstd := float64(t.units.n*t.m.H*t.m.W), float64(t.InvStd[ch])
	dw *= invstd
	t.DWeight[ch], t.DBias[ch] = float32(dw), float32(db)
	scale := float64(channel(t.Weight, ch, 1)) * invstd
	lo, hi := boundsOf(&t.p.Epilogue)
	// The scale is the one of the forward norm, bit for bit: a product of two f32 is exact
	// in f64.
	setLane(consts, lane, t.Mean[ch], float32(scale), float32(-scale*invstd*dw/m), float32(-scale*db/m), lo, hi, channel(t.Bias, ch, 0))
}

// setLane sets one lane of the vectors of constants.
func setLane(consts []float32, lane int, values ...float32) {
	for i, v := range values {
		consts[i*Block+lane] = v
	}
}

// third writes a unit of the gradients.
func (t *normDXTask) third(u pixelUnit, r blockRun) {
	a := t.operands(u, r)
	a.z, a.zSkip, a.zHop, a.zLeap = t.p.DX.way(t.DX, u, r)
	switch {
	case t.p.Epilogue.Residual:
		a.w, a.wSkip, a.wHop, a.wLeap = t.p.DResidual.way(t.DResidual, u, r)
		a.run(t.p.ISA, rowsGatedGrads)
		t.p.DResidual.zeroUnit(t.DResidual, u, r)
	case t.framed:
		a.run(t.p.ISA, rowsAgainGradFramed)
		t.p.DX.zeroOutside(t.DX, u, r)
		return
	case t.p.Again:
		a.run(t.p.ISA, rowsAgainGrad)
	case t.p.gated():
		a.run(t.p.ISA, rowsGatedGrad)
	default:
		a.run(t.p.ISA, rowsGrad)
	}
	t.p.DX.zeroUnit(t.DX, u, r)
}
