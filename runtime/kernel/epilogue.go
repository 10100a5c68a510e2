package kernel

import "math"

var actBounds = [2]float32{0, float32(math.Inf(1))}

// tail says how the blocked algorithms apply an epilogue: flags and arguments for
// the tile kernel, and what remains for a pass over results still in cache.
type tail struct {
	flags     uint64
	lo, hi    float32
	alpha     float32
	add, actv bool // after the tiles: residual, activation
}

// tailOf splits e. Without fuseResidual the residual comes after the tiles, and
// so does every activation then.
func tailOf(e *Epilogue, biasFlag uint64, fuseResidual bool) tail {
	var t tail
	if e.Bias {
		t.flags |= biasFlag
	}
	if e.Residual && !fuseResidual {
		t.add, t.actv = true, e.Act != ActNone
		return t
	}
	if e.Residual {
		t.flags |= tileResidual
	}
	switch e.Act {
	case ActNone:
	case ActRelu:
		t.flags |= tileLow
	case ActClamp:
		t.flags |= tileLow | tileHigh
		t.lo, t.hi = e.Args[0], e.Args[1]
	case ActLeaky:
		t.flags |= tileLeaky
		t.alpha = e.Args[0]
	default:
		t.actv = true
	}
	return t
}

// apply hands the fused part to a tile call.
func (t *tail) apply(a *tileArgs) {
	a.flags |= t.flags
	a.lo, a.hi, a.alpha = t.lo, t.hi, t.alpha
}

// vectorRun bounds one call of an elementwise kernel to some tens of
// microseconds, so that the garbage collector need not wait.
const vectorRun = 1 << 14

// rest applies what the tiles left to a run of results; residual begins at the
// same element.
func (t *tail) rest(e *Epilogue, y, residual []float32) {
	for i := 0; i < len(y); i += vectorRun {
		n := min(vectorRun, len(y)-i)
		if t.add {
			vectorAdd(n, &y[i], &residual[i])
		}
		if t.actv {
			vectorAct(e, n, &y[i])
		}
	}
}

// ApplyTo applies the activation to results in memory.
func (e *Epilogue) ApplyTo(y []float32) {
	if !vector {
		for i, v := range y {
			y[i] = e.apply(v)
		}
		return
	}
	t := tail{actv: e.Act != ActNone}
	t.rest(e, y, nil)
}
