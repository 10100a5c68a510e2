package kernel

// The weight gradient over patches: dot products of rows of dy with rows of the
// patch matrix, both contiguous over pixels, a block of pixels at a time.
//
// Patches of a block are panels [panel][k][16 pixels]; pixels of several small
// images fill one block. Sums of a panel of output channels and a block of input
// channels have the order [pair of k][height][2], the last odd k [height]; they
// keep it until gather brings them to OIHW.

const (
	dwPixels = 512 // of a block: long sums, whose lanes are folded once
	dwDepth  = 128 // k of a block: its patches take 256 KiB
)

type patchDW struct {
	p     *patchPlan
	parts int // blocks of channels
	rows  int // rows of a block
}

func newPatchDW(s *ConvShape) *patchDW {
	d := &patchDW{p: forwardPatch(s)}
	d.parts = min(d.p.srcC, ceilDiv(d.p.srcC*d.p.taps(), dwDepth))
	d.rows = max(1, min(d.p.P, dwPixels/d.p.Q))
	return d
}

// blocks returns how n images are cut: images of one block (1 unless a block takes
// whole images) and the number of blocks.
func (d *patchDW) blocks(n int) (images, count int) {
	if d.rows < d.p.P {
		return 1, n * ceilDiv(d.p.P, d.rows)
	}
	images = min(n, max(1, dwPixels/(d.p.P*d.p.Q)))
	return images, ceilDiv(n, images)
}

// sums returns the number of partial results whose sum, in order, is dw.
func (d *patchDW) sums(n int) int {
	_, count := d.blocks(n)
	return min(count, ceilDiv(chunksWanted, d.parts))
}

func (d *patchDW) weights() int {
	return d.p.groups * d.p.dstC * d.p.srcC * d.p.taps()
}

// scratch returns the layout of a worker's scratch for n images.
func (d *patchDW) scratch(n int) (stage, panels, dy, lanesum, folded int) {
	p := d.p
	images, _ := d.blocks(n)
	cb := ceilDiv(p.srcC, d.parts)
	if p.staged {
		stage = roundUp(images*cb*((d.rows-1)*p.strideH+p.maxRow-p.minRow+1)*p.pitch(), lineFloats)
	}
	pixels := roundUp(images*d.rows*p.Q, panelCols)
	k := cb * p.taps()
	folded = roundUp(tileRows*k, lanes)
	return stage, k * pixels, tileRows * pixels, folded * lanes, folded
}

func (d *patchDW) need(n int) (perWorker, shared int) {
	stage, panels, dy, sums, folded := d.scratch(n)
	return stage + panels + dy + sums + folded, d.sums(n) * d.weights()
}

type patchDWTask struct {
	d     *patchDW
	n     int
	x, dy []float32
	parts []float32 // [sums][weights]
	ctx   *Ctx
}

func (d *patchDW) run(c *Ctx, n int, dw, x, dy []float32) {
	t := &c.tasks.patchDW
	sums := d.sums(n)
	*t = patchDWTask{d: d, n: n, x: x, dy: dy, parts: c.common(sums * d.weights()), ctx: c}
	c.run(d.parts*sums, n*d.weights()*d.p.P*d.p.Q, t)
	w := d.weights()
	for i := 1; i < sums; i++ {
		for at := 0; at < w; at += vectorRun {
			vectorAdd(min(vectorRun, w-at), &t.parts[at], &t.parts[i*w+at])
		}
	}
	d.gather(dw, t.parts[:w])
}

func (t *patchDWTask) Chunk(worker, chunk int) {
	d, p := t.d, t.d.p
	c0, c1 := span(p.srcC, d.parts, chunk%d.parts)
	sum := chunk / d.parts
	images, count := d.blocks(t.n)
	lo, hi := span(count, d.sums(t.n), sum)

	stage, panels, dy, lanesum, folded := d.scratch(t.n)
	buf := t.ctx.scratch(worker, stage+panels+dy+lanesum+folded)
	b := dwBlock{patchDWTask: t, c0: c0, c1: c1, out: t.parts[sum*d.weights():][:d.weights()]}
	b.stage, buf = buf[:stage], buf[stage:]
	b.panels, buf = buf[:panels], buf[panels:]
	b.rows, buf = buf[:dy], buf[dy:]
	b.sums, b.folded = buf[:lanesum], buf[lanesum:]
	for g := range p.groups {
		b.clear(g)
		for i := lo; i < hi; i++ {
			b.first, b.i0 = i*images, 0
			if parts := ceilDiv(p.P, d.rows); parts > 1 {
				b.first, b.i0 = i/parts, i%parts*d.rows
			}
			b.images = min(images, t.n-b.first)
			b.i1 = min(b.i0+d.rows, p.P)
			b.add(g)
		}
	}
}

// dwBlock is one block of pixels and channels: rows [i0, i1) of some images.
type dwBlock struct {
	*patchDWTask
	stage, panels, rows, sums, folded, out []float32
	c0, c1                                 int
	first, images, i0, i1                  int
}

// place returns where the sums of a panel of output channels lie in out.
func (b *dwBlock) place(g, row, height int) []float32 {
	p := b.d.p
	taps := p.taps()
	at := (g*p.dstC+row)*p.srcC*taps + b.c0*taps*height
	return b.out[at:][:(b.c1-b.c0)*taps*height]
}

func (b *dwBlock) clear(g int) {
	p := b.d.p
	for i := range p.panels.count {
		row, height := p.panels.panel(i)
		clear(b.place(g, row, height))
	}
}

// add packs the patches of the block and adds their products with dy.
func (b *dwBlock) add(g int) {
	p := b.d.p
	channels := b.c1 - b.c0
	k := channels * p.taps()
	plane := p.srcH * p.srcW
	image := p.groups * p.srcC * plane
	src := b.x[b.first*image+(g*p.srcC+b.c0)*plane:]
	step, base := plane, b.i0*p.strideH*p.pitch()
	if p.staged {
		rows := (b.i1-1-b.i0)*p.strideH + p.maxRow - p.minRow + 1
		step, base = rows*p.pitch(), 0
		for i := range b.images {
			p.stageRows(b.stage[i*channels*step:], src[i*image:][:channels*plane], channels, b.i0*p.strideH+p.minRow, rows)
		}
		src, image = b.stage, channels*step
	}
	if b.images == 1 {
		image = 0
	}
	pixels := b.images * (b.i1 - b.i0) * p.Q
	count := ceilDiv(pixels, panelCols)
	for i := range count {
		cols := min(panelCols, pixels-i*panelCols)
		panel := b.panels[i*k*panelCols:][:k*panelCols]
		if cols <= lanes {
			clear(panel) // the packer leaves the second vector alone
		}
		p.packPixels(panel, src, base, step, image, channels, i*panelCols, cols)
	}
	for i := range p.panels.count {
		row, height := p.panels.panel(i)
		b.packRows(g, row, height, count*panelCols)
		b.dot(b.place(g, row, height), height, k, count)
	}
}

// packRows copies rows of dy, pixels of all images in a row, zeros at the end.
func (b *dwBlock) packRows(g, row, height, width int) {
	p := b.d.p
	n := (b.i1 - b.i0) * p.Q
	for r := range height {
		line := b.rows[r*width:][:width]
		for i := range b.images {
			at := (((b.first+i)*p.groups+g)*p.dstC+row+r)*p.P*p.Q + b.i0*p.Q
			copy(line[i*n:], b.dy[at:][:n])
		}
		clear(line[b.images*n:])
	}
}

// dot adds the products of height rows of dy with k rows of count panels to out.
func (b *dwBlock) dot(out []float32, height, k, count int) {
	args := dotArgs{
		a: &b.rows[0], b: &b.panels[0], sums: &b.sums[0],
		nr: count, ns: 2, as: lanes * 4, bs: lanes * 4,
		br: (k - 1) * panelCols * 4, lda: count * panelCols * 4,
		bvec: panelCols * 4, tiles: k / 2, tb: 2 * panelCols * 4,
	}
	if args.tiles > 0 {
		args.run(height, 2)
	}
	if k%2 != 0 {
		args.b, args.tiles = &b.panels[(k-1)*panelCols], 1
		args.sums = &b.sums[(k-1)*height*lanes]
		args.run(height, 1)
	}
	n := roundUp(k*height, lanes)
	clear(b.sums[k*height*lanes : n*lanes])
	foldLanes(&b.folded[0], &b.sums[0], n/lanes)
	vectorAdd(k*height, &out[0], &b.folded[0])
}

// gather brings sums to OIHW.
func (d *patchDW) gather(dw, sums []float32) {
	p := d.p
	taps := p.taps()
	k := p.srcC * taps
	for g := range p.groups {
		for i := range p.panels.count {
			row, height := p.panels.panel(i)
			at := (g*p.dstC + row) * k
			for part := range d.parts {
				c0, c1 := span(p.srcC, d.parts, part)
				n := (c1 - c0) * taps
				from := sums[at+c0*taps*height:][:n*height]
				for o := range height {
					line := dw[at+o*k+c0*taps:][:n]
					for j := range line[:n&^1] {
						line[j] = from[j/2*2*height+o*2+j%2]
					}
					if n%2 != 0 {
						line[n-1] = from[(n-1)*height+o]
					}
				}
			}
		}
	}
}
