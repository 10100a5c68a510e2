package kernel

// Where a convolution has stride 1 and few output channels, packing patches costs
// as much as multiplying them. Rows of pixels then go from the staged image
// straight into the tile kernel: a column of tiles, one tile a row, is one call.
//
//	columns 0-15 | 16-27      28 columns: 12 are computed twice, the two tiles
//	0-15   |  12-27           overlap and store the same bits
//
// The rows of an image that a tile reads have to stay in the first cache.

// directRows bounds the rows that a tile reads, two cache lines each.
const directRows = 192

// useDirect decides for tiles on rows: computing columns twice must cost less than
// packing would, about one panel of A per panel of patches.
func (p *patchPlan) useDirect() bool {
	if p.strideW != 1 || !p.dense() || p.srcC*len(p.rowOff) > directRows || p.srcC*p.taps() > 4*blockK {
		return false
	}
	spent := 0
	for _, width := range directTiles(p.Q) {
		spent += width.cost
	}
	return spent*p.panels.count < p.Q*(p.panels.count+1)
}

// directTile is one column of tiles: its first pixel, how many of its columns
// count and its cost in columns of a full tile. With beside it is that many full
// tiles of one long row instead.
type directTile struct{ col, cols, cost, beside int }

// directBeside is the tiles of a long row that one panel of A passes by in a call:
// results are stored in runs of 1 KiB, and the pixels stay in the nearer caches
// while the other panels pass.
const directBeside = 16

// longRow merges the full tiles of a single row.
func longRow(tiles []directTile) []directTile {
	var merged []directTile
	for _, t := range tiles {
		if last := len(merged) - 1; last >= 0 && t.cols == panelCols {
			m := &merged[last]
			if m.beside > 0 && m.beside < directBeside && m.col+m.beside*panelCols == t.col {
				m.beside++
				continue
			}
		}
		if t.cols == panelCols {
			t.beside = 1
		}
		merged = append(merged, t)
	}
	return merged
}

// directTiles covers a row of q pixels.
func directTiles(q int) []directTile {
	var tiles []directTile
	col := 0
	for ; col+panelCols <= q; col += panelCols {
		tiles = append(tiles, directTile{col: col, cols: panelCols, cost: panelCols})
	}
	switch rest := q - col; {
	case rest == 0:
	case rest <= lanes && q >= lanes:
		tiles = append(tiles, directTile{col: q - lanes, cols: lanes, cost: 11}) // 6 chains fill 3/4 of the time
	case rest <= lanes:
		tiles = append(tiles, directTile{cols: q, cost: 11})
	case q >= panelCols:
		tiles = append(tiles, directTile{col: q - panelCols, cols: panelCols, cost: panelCols})
	default:
		tiles = append(tiles, directTile{cols: q, cost: panelCols})
	}
	return tiles
}

// direct computes rows [i0, i1) of one image. src holds all channels, step floats
// apart, and begins base floats before the first row.
func (c *patchChunk) direct(src []float32, base, step, img, grp, i0, i1 int) {
	p := c.p
	pitch := p.pitch()
	args := tileArgs{
		nc: p.srcC, nr: len(p.rowOff), ns: len(p.colOff),
		bvec: lanes * 4, cvec: lanes * 4, ldc: p.dstH * p.dstW * 4,
	}
	if args.ns > 1 {
		args.bs = (p.colOff[1] - p.colOff[0]) * 4
	}
	rowB := 0
	if args.nr > 1 {
		rowB = (p.rowOff[1] - p.rowOff[0]) * pitch * 4
	}
	args.br, args.bc = rowB-args.ns*args.bs, step*4-args.nr*rowB
	c.rest.apply(&args)
	taps, flags := p.kernelH*p.kernelW, args.flags
	first := base + int(p.offsets[0])/4
	for _, t := range p.direct {
		args.b, args.mask, args.flags = &src[first+t.col], maskOf(t.cols), flags
		if t.cols%lanes != 0 {
			args.flags |= tileMasked
		}
		if t.beside > 0 {
			args.tiles, args.tb, args.tc = t.beside, panelCols*4, panelCols*4
		} else {
			args.tiles, args.tb, args.tc = i1-i0, p.strideH*pitch*4, p.dstW*4
		}
		for i := c.m0; i < c.m1; i++ {
			row, height := p.panels.panel(i)
			c.place(&args, img, grp, row, i0*p.Q+t.col, 0, 0)
			float := height * 4
			args.a = &c.w[(grp*p.dstC+row)*p.srcC*taps+(p.firstR*p.kernelW+p.firstS)*height]
			args.as = p.stepS * float
			rowA := p.stepR * p.kernelW * float
			args.ar, args.ac = rowA-args.ns*args.as, taps*float-args.nr*rowA
			args.run(height, vecsOf(t.cols))
		}
	}
}
