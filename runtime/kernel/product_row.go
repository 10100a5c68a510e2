package kernel

import "github.com/netc-lang/netc/runtime/kernel/tiles"

// rowTask is a product of one row by packed weights, as every dense layer of a single
// image is: no table, no block, one or two calls. Its results have the bits of gemmTask.
type rowTask struct {
	e             *Epilogue
	isa           ISA
	n, k          int
	y, x, w, bias []float32
	end           tail
	panels        int // of a chunk
}

// rowWeights is about the floats of weights of a chunk: ten microseconds.
const rowWeights = 1 << 16

// isRow reports whether t is the product of a row.
func (t *gemmTask) isRow() bool {
	return t.m == 1 && t.batch == 1 && t.packedB && !t.transA && !t.e.Residual
}

// runRow does a product of one row.
func (t *gemmTask) runRow(c *Ctx) {
	r := &c.tasks.row
	*r = rowTask{e: t.e, isa: t.isa, n: t.n, k: t.k, y: t.y, x: t.a, w: t.b, bias: t.bias, end: tailOf(t.e, 0, false)}
	r.end.actv = r.end.actv || t.e.Act == ActLeaky // which the kernels do not know
	r.panels = roundUp(max(1, rowWeights/(t.k*panelCols)), tiles.RowPanels)
	c.run(ceilDiv(ceilDiv(t.n, panelCols), r.panels), 4*t.n*t.k, r) // it waits for the weights
}

// Chunk computes some panels of columns.
func (t *rowTask) Chunk(_, chunk int) {
	p0 := chunk * t.panels
	p1 := min(p0+t.panels, ceilDiv(t.n, panelCols))
	groups := ceilDiv(p1-p0, tiles.RowPanels)
	size, tall := (p1-p0)/groups, (p1-p0)%groups
	t.groups(p0, tall, size+1)
	t.groups(p0+tall*(size+1), groups-tall, size)
	if t.end.actv {
		lo, hi := p0*panelCols, min(p1*panelCols, t.n)
		t.end.rest(t.e, t.y[lo:hi], nil)
	}
}

// groups computes some groups of panels from panel p on. The last columns may fill no
// panel: their group goes through memory that has room for all.
func (t *rowTask) groups(p, groups, panels int) {
	if groups == 0 {
		return
	}
	var bias, y [tiles.RowPanels * panelCols]float32 // of the widest group
	r := tiles.Row{
		X: &t.x[0], W: &t.w[p*panelCols*t.k], Y: &t.y[p*panelCols], Bias: &bias[0],
		K: t.k, Groups: groups, Stream: 4 * t.k * panelCols, Lo: t.end.lo, Hi: t.end.hi,
	}
	if t.e.Bias {
		r.Bias, r.BiasStep = &t.bias[p*panelCols], 4*panelCols
	}
	if t.end.flags&tileLow != 0 {
		r.Flags |= tiles.Low
	}
	if t.end.flags&tileHigh != 0 {
		r.Flags |= tiles.High
	}
	last := (p + (groups-1)*panels) * panelCols
	if last+panels*panelCols <= t.n {
		r.Run(tiles.ISA(t.isa), panels)
		return
	}
	if r.LastY, r.LastBias = &y[0], &bias[0]; t.e.Bias {
		copy(bias[:], t.bias[last:t.n])
	}
	r.Run(tiles.ISA(t.isa), panels)
	copy(t.y[last:t.n], y[:])
}
