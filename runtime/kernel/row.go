package kernel

// rowTask is a dense layer on one row, which is bound by reading the weights: the
// fast form of matmulTask for m = 1. A chunk does some panels of columns.
type rowTask struct {
	p                       *Dense
	y, x, w, bias, residual []float32
	panels                  int // of a chunk
	ctx                     *Ctx
}

// rowPanelsRun is the panels that the row kernel does side by side.
const rowPanelsRun = 4

func (c *Ctx) row(p *Dense, y, x, w, bias, residual []float32) {
	t := &c.tasks.row
	*t = rowTask{p: p, y: y, x: x, w: w, bias: bias, residual: residual, ctx: c}
	// Each chunk reads about 256 KiB of weights, at most: 10 us from memory.
	t.panels = max(1, (64<<10)/(p.k*panelCols*rowPanelsRun)) * rowPanelsRun
	c.run(ceilDiv(ceilDiv(p.n, panelCols), t.panels), p.k*p.n*8, t)
}

func (t *rowTask) Chunk(worker, chunk int) {
	p := t.p
	end := min((chunk+1)*t.panels, ceilDiv(p.n, panelCols))
	sums := t.ctx.scratch(worker, rowPanelsRun*panelCols)
	for i := chunk * t.panels; i < end; i += rowPanelsRun {
		panels := min(rowPanelsRun, end-i)
		multiplyRow(panels, &sums[0], &t.x[0], &t.w[i*panelCols*p.k], p.k)
		col := i * panelCols
		cols := min(panels*panelCols, p.n-col)
		out := t.y[col:][:cols]
		copy(out, sums)
		if p.e.Bias {
			vectorAdd(cols, &out[0], &t.bias[col])
		}
		if p.e.Residual {
			vectorAdd(cols, &out[0], &t.residual[col])
		}
		if p.e.Act != ActNone {
			vectorAct(&p.e, cols, &out[0])
		}
	}
}
