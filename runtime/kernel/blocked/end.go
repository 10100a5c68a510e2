package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// Flags of the epilogues that blocked kernels apply to results in registers.
const (
	endResidual = 1 << iota   // res is added
	endLow                    // values below lo become lo
	endHigh                   // values above hi become hi
	endLeaky                  // negative values are multiplied by alpha
	endGated    = tiles.Gated // values are 0 where a gate is not between lo and hi
)

// ending says how kernels apply an epilogue: what they do to results in registers,
// and whether the activation follows in a pass over rows just written.
type ending struct {
	flags         uint64
	lo, hi, alpha float32
	after         bool // the activation is applied by activate
	dirty         bool // the activation of 0 is not 0: padding channels are cleared
}

func endingOf(e *kernel.Epilogue) ending {
	t := ending{dirty: e.Apply(0) != 0}
	if e.Residual {
		t.flags |= endResidual
	}
	switch e.Act {
	case kernel.ActNone:
	case kernel.ActRelu:
		t.flags |= endLow
	case kernel.ActClamp:
		t.flags |= endLow | endHigh
		t.lo, t.hi = e.Args[0], e.Args[1]
	case kernel.ActLeaky:
		t.flags |= endLeaky
		t.alpha = e.Args[0]
	default:
		t.after = true
	}
	return t
}

// Gate lets a gradient pass where an activation passed its argument, as its result tells,
// and makes it 0 elsewhere. There is none where the activation is none.
type Gate struct {
	Map   Map // of the result
	Bound kernel.Epilogue
}

func (g *Gate) present() bool { return g.Bound.Act != kernel.ActNone }

// refuse panics if there is a gate.
func (g *Gate) refuse() {
	if g.present() {
		panic("blocked: only Direct and Strassen have a gate")
	}
}

// passes reports whether the activation passed what it made v of.
func (g *Gate) passes(v float32) bool {
	lo, hi := boundsOf(&g.Bound)
	return v > lo && v < hi
}

// gatedBy adds a gate to an epilogue without activation.
func (t ending) gatedBy(g *Gate) ending {
	if g.present() {
		t.flags |= endGated
		t.lo, t.hi = boundsOf(&g.Bound)
	}
	return t
}

// finish completes rows [p0, p1) of blocks [b0, b1) that kernels have written: an
// activation that they do not know, padding channels, and the halo of the band.
func (t *ending) finish(e *kernel.Epilogue, isa kernel.ISA, m Map, y []float32, image, b0, b1, p0, p1 int) {
	t.finishBelow(e, isa, m, y, 0, image, b0, b1, p0, p1)
}

// finishBelow is finish of y that begins below so many rows of the map.
func (t *ending) finishBelow(e *kernel.Epilogue, isa kernel.ISA, m Map, y []float32, above, image, b0, b1, p0, p1 int) {
	if t.after {
		activate(e, isa, m, y, above, image, b0, b1, p0, p1)
	}
	if rest := m.C % Block; t.dirty && rest > 0 && b1 == m.Blocks() {
		for p := p0; p < p1; p++ {
			row := y[m.At(image, b1-1, p-above, 0):][:m.W*Block]
			for q := 0; q < len(row); q += Block {
				clear(row[q+rest : q+Block])
			}
		}
	}
	m.zeroBandsBelow(y, above, image, b0, b1, p0, p1)
}

// activate applies an activation to rows [p0, p1) of blocks [b0, b1). Rows and planes
// that no halo parts are one long row: the ends of short ones take as long again.
func activate(e *kernel.Epilogue, isa kernel.ISA, m Map, y []float32, above, image, b0, b1, p0, p1 int) {
	each := m.pixel() / Block
	planes, rows, width := (b1-b0)/each, p1-p0, each*m.W
	if m.Halo == 0 {
		rows, width = 1, rows*width
		if p0 == 0 && p1 == m.H && m.Apart == 0 {
			planes, width = 1, planes*width
		}
	}
	y = y[m.At(image, b0, p0-above, 0):]
	row, plane := m.Row(), m.Plane()
	r := rowsOf{y: y, x: y, planes: planes, rows: rows, width: width, ystep: row, xstep: row, yplane: plane, xplane: plane}
	r.apply(isa, e)
}

// biasOf returns the biases of a block, 0 for padding channels and without any.
func biasOf(bias []float32, block int) (b [Block]float32) {
	if bias != nil {
		copy(b[:], bias[block*Block:])
	}
	return b
}
