package blocked

import (
	"math"

	"github.com/netc-lang/netc/runtime/kernel"
)

// rowArgs is the argument block of the row kernels, whose law stands in
// codegen/kernel/blocked_rows.go. Distances are in bytes.
type rowArgs struct {
	y, x, z             *float32
	width, rows, planes int
	ystep, xstep, zstep int // from row to row
	yskip, xskip, zskip int // from behind the last row of a plane to the next plane
	a, _                float32
	b, _                float32
}

// rowsOf is one elementwise function over rows of some blocks: the activation of x, or
// of x + z. Steps and planes are distances in floats; the slices begin at the first pixel.
type rowsOf struct {
	y, x, z                []float32 // z is nil without a sum
	planes, rows, width    int
	ystep, xstep, zstep    int
	yplane, xplane, zplane int
}

// apply computes the rows.
func (r *rowsOf) apply(isa kernel.ISA, e *kernel.Epilogue) {
	if isa == kernel.Generic {
		r.generic(e)
		return
	}
	act, lo, hi := e.Act, e.Args[0], e.Args[1]
	if act == kernel.ActRelu {
		act, lo, hi = kernel.ActClamp, 0, float32(math.Inf(1))
	}
	row := r.width * Block
	rows, planes := min(r.rows, max(1, rowsRun/row)), max(1, rowsRun/max(1, r.rows*row))
	for p := 0; p < r.planes; p += planes {
		for h := 0; h < r.rows; h += rows {
			a := r.args(p, min(planes, r.planes-p), h, min(rows, r.rows-h))
			a.a, a.b = lo, hi
			a.run(isa, act, r.z != nil)
		}
	}
}

// args returns the argument block of some rows, from row h on, of some planes, from plane p on.
func (r *rowsOf) args(p, planes, h, rows int) rowArgs {
	a := rowArgs{
		y: &r.y[p*r.yplane+h*r.ystep], x: &r.x[p*r.xplane+h*r.xstep],
		width: r.width, rows: rows, planes: planes,
		ystep: 4 * r.ystep, xstep: 4 * r.xstep, zstep: 4 * r.zstep,
		yskip: 4 * (r.yplane - rows*r.ystep), xskip: 4 * (r.xplane - rows*r.xstep), zskip: 4 * (r.zplane - rows*r.zstep),
	}
	if r.z != nil {
		a.z = &r.z[p*r.zplane+h*r.zstep]
	}
	return a
}

// rowsRun is about the floats of one call: some tens of microseconds, so that the
// garbage collector need not wait.
const rowsRun = 1 << 16

// generic is apply in plain loops: the definition.
func (r *rowsOf) generic(e *kernel.Epilogue) {
	for p := range r.planes {
		for h := range r.rows {
			y, x := r.y[p*r.yplane+h*r.ystep:][:r.width*Block], r.x[p*r.xplane+h*r.xstep:][:r.width*Block]
			for i, v := range x {
				if r.z != nil {
					v += r.z[p*r.zplane+h*r.zstep+i]
				}
				y[i] = e.Apply(v)
			}
		}
	}
}

// scale is y = x · z, where z are eight factors of each plane, for the channels of its block.
func (r *rowsOf) scale(isa kernel.ISA) {
	r.zstep, r.zplane = 0, Block
	if isa == kernel.Generic {
		for p := range r.planes {
			for h := range r.rows {
				for i := range r.width * Block {
					r.y[p*r.yplane+h*r.ystep+i] = r.x[p*r.xplane+h*r.xstep+i] * r.z[p*Block+i%Block]
				}
			}
		}
		return
	}
	a := r.args(0, r.planes, 0, r.rows)
	a.scale(isa)
}

// applyRows applies an activation to rows of width pixels of a block, step floats
// apart, in place.
func applyRows(isa kernel.ISA, e *kernel.Epilogue, y []float32, rows, width, step int) {
	r := rowsOf{y: y, x: y, planes: 1, rows: rows, width: width, ystep: step, xstep: step}
	r.apply(isa, e)
}
