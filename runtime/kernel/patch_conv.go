package kernel

// patchTask runs a patchPlan.
type patchTask struct {
	p                       *patchPlan
	g                       patchGrid
	e                       *Epilogue
	y, x, w, bias, residual []float32
	ctx                     *Ctx
}

// patchChunk is what one chunk of a patchTask works on.
type patchChunk struct {
	*patchTask
	stage, panel, result []float32
	rest                 tail
	m0, m1               int // panels of A
}

func (c *Ctx) patch(t patchTask, n int) {
	if n == 0 {
		return
	}
	t.ctx, t.g = c, t.p.grid(n)
	c.tasks.patch = t
	p := t.p
	c.run(t.g.chunks(), n*p.groups*p.dstC*p.srcC*p.taps()*p.P*p.Q, &c.tasks.patch)
}

func (t *patchTask) Chunk(worker, chunk int) {
	p, g := t.p, &t.g
	c := patchChunk{patchTask: t, rest: tailOf(t.e, tileRowBias, true)}
	c.m0, c.m1 = span(p.panels.count, g.mParts, chunk%g.mParts)
	chunk /= g.mParts
	i0 := chunk % g.rowParts * g.rows
	i1 := min(i0+g.rows, p.P)
	chunk /= g.rowParts
	first, last := chunk*g.images, min((chunk+1)*g.images, g.n)
	if p.taps() == 0 {
		for img := first; img < last; img++ {
			for grp := range p.groups {
				c.zeros(img, grp, i0, i1)
			}
		}
		return
	}
	stage, panel, result := p.scratch()
	buf := t.ctx.scratch(worker, stage+panel+result)
	c.stage, c.panel, c.result = buf[:stage], buf[stage:][:panel], buf[stage+panel:]
	parts := p.channelParts()
	for grp := range p.groups {
		for part := range parts {
			c0, c1 := span(p.srcC, parts, part)
			for img := first; img < last; img++ {
				c.block(img, grp, i0, i1, c0, c1)
			}
		}
	}
}

// block adds the products of channels [c0, c1) to rows [i0, i1) of the grid of
// one image.
func (c *patchChunk) block(img, grp, i0, i1, c0, c1 int) {
	p := c.p
	src := c.x[((img*p.groups+grp)*p.srcC+c0)*p.srcH*p.srcW:]
	step := p.srcH * p.srcW // between channels
	src = src[: (c1-c0)*step : (c1-c0)*step]
	base := i0 * p.strideH * p.pitch()
	if p.staged {
		rows := (i1-1-i0)*p.strideH + p.maxRow - p.minRow + 1
		step = rows * p.pitch()
		p.stageRows(c.stage, src, c1-c0, i0*p.strideH+p.minRow, rows)
		src, base = c.stage, 0
	}
	if p.direct != nil {
		c.direct(src, base, step, img, grp, i0, i1)
		c.activate(img, grp, i0, i1)
		return
	}
	pixels := (i1 - i0) * p.Q
	for at := 0; at < pixels; at += panelCols {
		cols := min(panelCols, pixels-at)
		p.packPixels(c.panel, src, base, step, 0, c1-c0, at, cols)
		c.tiles(img, grp, i0*p.Q+at, at, cols, pixels, c0, c1)
	}
	if c1 < p.srcC {
		return
	}
	if !p.dense() {
		c.scatter(img, grp, i0, i1)
	}
	c.activate(img, grp, i0, i1)
}

// activate applies what the tiles could not to rows [i0, i1) of the grid.
func (c *patchChunk) activate(img, grp, i0, i1 int) {
	p := c.p
	if c.rest.actv {
		for row := c.rowOf(c.m0); row < c.rowOf(c.m1); row++ {
			y := c.y[((img*p.groups+grp)*p.dstC+row)*p.dstH*p.dstW+i0*p.Q:]
			c.rest.rest(c.e, y[:(i1-i0)*p.Q], nil)
		}
	}
}

// rowOf returns the first row of a panel of A, or the number of rows.
func (c *patchChunk) rowOf(panel int) int {
	row, _ := c.p.panels.panel(panel)
	return row
}

// stageRows copies rows [first, first+n) of some channels with the zeros around
// them, columns sorted by their phase modulo the stride.
func (p *patchPlan) stageRows(dst, src []float32, channels, first, n int) {
	pitch := p.pitch()
	if p.strideW == 1 {
		p.stagePlanes(dst[:channels*n*pitch], src, channels, first, n)
		return
	}
	for ch := range channels {
		plane := src[ch*p.srcH*p.srcW:][:p.srcH*p.srcW]
		for r := range n {
			row := dst[(ch*n+r)*pitch:][:pitch]
			if h := first + r; uint(h) < uint(p.srcH) {
				p.stageRow(row, plane[h*p.srcW:][:p.srcW])
			} else {
				clear(row)
			}
		}
	}
}

// stagePlanes is stageRows without phases, in one call. dst has room for a vector more.
func (p *patchPlan) stagePlanes(dst, src []float32, channels, first, n int) {
	clear(dst)
	lo, hi := valid(p.minCol, 1, p.srcW, p.phaseWidth)
	h0, h1 := max(first, 0), min(first+n, p.srcH)
	if lo >= hi || h0 >= h1 {
		return
	}
	pitch, rows := p.pitch(), h1-h0
	a := stageArgs{
		dst: &dst[(h0-first)*pitch+lo], x: &src[h0*p.srcW+p.minCol+lo], planes: channels, rows: rows,
		full: (hi - lo) / lanes, rest: (hi - lo) % lanes, mask: maskOf((hi - lo) % lanes),
		dstRow: 4 * pitch, xRow: 4 * p.srcW, pDst: 4 * (n - rows) * pitch, pX: 4 * (p.srcH - rows) * p.srcW,
	}
	stageCopy(&a)
}

func (p *patchPlan) stageRow(row, src []float32) {
	for phase := range p.strideW {
		part := row[phase*p.phaseWidth:][:p.phaseWidth]
		// Element i is column minCol + phase + i·stride.
		lo, hi := valid(p.minCol+phase, p.strideW, len(src), len(part))
		clear(part[:lo])
		clear(part[hi:])
		if p.strideW == 1 {
			copy(part[lo:hi], src[p.minCol+lo:])
			continue
		}
		from := p.minCol + phase + lo*p.strideW
		for i := lo; i < hi; i++ {
			part[i] = src[from]
			from += p.strideW
		}
	}
}

// packPixels packs cols pixels from number at on, row by row of the grid. src
// begins base floats before pixel 0; its channels are step floats apart, and with
// more than one image so are images, image floats.
func (p *patchPlan) packPixels(panel, src []float32, base, step, image, channels, at, cols int) {
	vecs := vecsOf(cols)
	for lo := 0; lo < cols; {
		i, j := (at+lo)/p.Q, (at+lo)%p.Q
		hi := min(cols, lo+p.Q-j)
		// Where pixel 0 of the panel would lie if its row went on to the left.
		from := base + i*p.strideH*p.pitch() + j - lo
		if image > 0 {
			from += i / p.P * (image - p.P*p.strideH*p.pitch())
		}
		switch {
		case lo < lanes || vecs == 1:
			v := vecs
			if lo > 0 {
				v = vecsOf(hi)
			}
			copyTaps(v, lo > 0, &panel[0], &src[0], from*4, step*4, channels, p.offsets, lo, hi)
		default:
			copyTaps(1, true, &panel[lanes], &src[0], (from+lanes)*4, step*4, channels, p.offsets, lo-lanes, hi-lanes)
		}
		lo = hi
	}
}

// tiles runs the packed panel past the panels of A. pixel is the first of its
// cols pixels in the grid, at in the chunk of pixels.
func (c *patchChunk) tiles(img, grp, pixel, at, cols, pixels, c0, c1 int) {
	p := c.p
	args := tileArgs{
		b: &c.panel[0], bs: panelCols * 4, bvec: lanes * 4, cvec: lanes * 4,
		nc: 1, nr: 1, ns: (c1 - c0) * p.taps(), mask: maskOf(cols),
	}
	if c0 > 0 {
		args.flags |= tileAccumulate
	}
	if cols%lanes != 0 {
		args.flags |= tileMasked
	}
	if c1 == p.srcC {
		c.rest.apply(&args)
	}
	taps := p.kernelH * p.kernelW
	whole := p.taps() == taps
	if !whole {
		args.nc, args.nr, args.ns = c1-c0, len(p.rowOff), len(p.colOff)
	}
	for i := c.m0; i < c.m1; {
		row, height := p.panels.panel(i)
		end := min(p.panels.run(i, max(1, tileSteps/args.steps())), c.m1)
		c.place(&args, img, grp, row, pixel, at, pixels)
		float := height * 4
		args.a = &c.w[(grp*p.dstC+row)*p.srcC*taps+(c0*taps+p.firstR*p.kernelW+p.firstS)*height]
		args.as, args.ta = float, p.srcC*taps*float
		if !whole {
			args.as = p.stepS * float
			rowA := p.stepR * p.kernelW * float
			args.ar, args.ac = rowA-args.ns*args.as, taps*float-args.nr*rowA
		}
		args.tiles, args.tc, args.tbias = end-i, height*args.ldc, float
		args.run(height, vecsOf(cols))
		i = end
	}
}

// place points a tile call at its results, bias and residual.
func (c *patchChunk) place(args *tileArgs, img, grp, row, pixel, at, pixels int) {
	p := c.p
	if !p.dense() {
		args.c, args.ldc = &c.result[row*pixels+at], pixels*4
		return
	}
	out := ((img*p.groups+grp)*p.dstC+row)*p.dstH*p.dstW + pixel
	args.c, args.ldc = &c.y[out], p.dstH*p.dstW*4
	if args.flags&tileRowBias != 0 {
		args.bias = &c.bias[grp*p.dstC+row]
	}
	if args.flags&tileResidual != 0 {
		args.res = &c.residual[out]
	}
}

// scatter brings results of a grid with gaps to their places.
func (c *patchChunk) scatter(img, grp, i0, i1 int) {
	p := c.p
	n := (i1 - i0) * p.Q
	for row := c.rowOf(c.m0); row < c.rowOf(c.m1); row++ {
		plane := c.y[((img*p.groups+grp)*p.dstC+row)*p.dstH*p.dstW:][:p.dstH*p.dstW]
		from := c.result[row*n:][:n]
		for i := i0; i < i1; i++ {
			dst := plane[(p.h0+i*p.stepH)*p.dstW+p.w0:]
			for j, v := range from[(i-i0)*p.Q:][:p.Q] {
				dst[j*p.stepW] = v
			}
		}
	}
}

// zeros clears the places of a grid that no tap reaches.
func (c *patchChunk) zeros(img, grp, i0, i1 int) {
	p := c.p
	for row := c.rowOf(c.m0); row < c.rowOf(c.m1); row++ {
		plane := c.y[((img*p.groups+grp)*p.dstC+row)*p.dstH*p.dstW:][:p.dstH*p.dstW]
		for i := i0; i < i1; i++ {
			dst := plane[(p.h0+i*p.stepH)*p.dstW+p.w0:]
			for j := range p.Q {
				dst[j*p.stepW] = 0
			}
		}
	}
}
