package blocked

import (
	"math"

	"github.com/netc-lang/netc/runtime/kernel"
)

// rowArgs is the argument block of the row kernels, whose law stands in
// codegen/kernel/blocked_rows.go. Distances are in bytes.
type rowArgs struct {
	y, x, z             *float32
	width, rows         int
	ystep, xstep, zstep int
	a, _                float32
	b, _                float32
}

// rowsOf is one elementwise function over rows of a block: the activation of x, or
// of x + z. Steps are in floats; the slices begin at the first pixel.
type rowsOf struct {
	y, x, z             []float32 // z is nil without a sum
	width, rows         int
	ystep, xstep, zstep int
}

// apply computes the rows.
func (r *rowsOf) apply(isa kernel.ISA, e *kernel.Epilogue) {
	if isa == kernel.Generic {
		r.generic(e)
		return
	}
	a := rowArgs{width: r.width, ystep: 4 * r.ystep, xstep: 4 * r.xstep, zstep: 4 * r.zstep, a: e.Args[0], b: e.Args[1]}
	act := e.Act
	if act == kernel.ActRelu {
		act, a.a, a.b = kernel.ActClamp, 0, float32(math.Inf(1))
	}
	step := max(1, rowsRun/(r.width*Block))
	for h := 0; h < r.rows; h += step {
		a.rows = min(step, r.rows-h)
		a.y, a.x = &r.y[h*r.ystep], &r.x[h*r.xstep]
		if r.z != nil {
			a.z = &r.z[h*r.zstep]
		}
		a.run(isa, act, r.z != nil)
	}
}

// rowsRun is about the floats of one call: some tens of microseconds, so that the
// garbage collector need not wait.
const rowsRun = 1 << 16

// generic is apply in plain loops: the definition.
func (r *rowsOf) generic(e *kernel.Epilogue) {
	for h := range r.rows {
		y, x := r.y[h*r.ystep:][:r.width*Block], r.x[h*r.xstep:][:r.width*Block]
		for i, v := range x {
			if r.z != nil {
				v += r.z[h*r.zstep+i]
			}
			y[i] = e.Apply(v)
		}
	}
}

// scale is y = x · s for the eight channels of a block.
func (r *rowsOf) scale(isa kernel.ISA, s *[Block]float32) {
	if isa == kernel.Generic {
		for h := range r.rows {
			for i := range r.width * Block {
				r.y[h*r.ystep+i] = r.x[h*r.xstep+i] * s[i%Block]
			}
		}
		return
	}
	a := rowArgs{y: &r.y[0], x: &r.x[0], z: &s[0], width: r.width, rows: r.rows, ystep: 4 * r.ystep, xstep: 4 * r.xstep}
	a.scale(isa)
}

// applyRows applies an activation to rows of width pixels of a block, step floats
// apart, in place.
func applyRows(isa kernel.ISA, e *kernel.Epilogue, y []float32, rows, width, step int) {
	r := rowsOf{y: y, x: y, width: width, rows: rows, ystep: step, xstep: step}
	r.apply(isa, e)
}
