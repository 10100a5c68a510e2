package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// convDWArgs is the argument block of the tiles, whose law stands in
// codegen/kernel/convdw.go. Distances are in bytes.
type convDWArgs struct {
	x, y, w, from        *float32
	images, rows, pixels int
	xp, xt, xr, xi       int
	yp, yr, yi           int
	y1, y2, y3, y4, y5   int
	tiles, tx, tw, wi    int
	ahead                *float32
	aheadRow             int
	next                 **float32
}

// units cuts the pixels of n images.
func (d *dwTiles) units(n int) pixelUnits {
	pixels := dwPixels
	switch {
	case d.f.PlainX:
		pixels = dwPlainPixels
	case d.f.ISA == kernel.AVX512:
		pixels = dwManyPixels
	}
	return unitsOf(n, d.f.DY, pixels*32/min(32, d.jobs[0].shape.width))
}

// parts returns the number of partial results whose sum is that of n images.
func (d *dwTiles) parts(n int) int {
	units := d.units(n)
	return min(units.count, ceilDiv(dwChunks, len(d.panels)))
}

// pitch returns the floats of a row of the staged picture; a tile may read a few
// behind the last window.
func (d *dwTiles) pitch() int {
	s := &d.f.Shape
	return s.PadLeft + s.W + s.PadRight + Block
}

// stagedRows returns the rows of the picture that rows of dy need.
func (d *dwTiles) stagedRows(rows int) int {
	s := &d.f.Shape
	return (rows-1)*s.StrideH + (s.R-1)*s.DilH + 1
}

func (d *dwTiles) need(n int) (perWorker, shared int) {
	if n == 0 {
		return 0, 0
	}
	if d.f.PlainX {
		units := d.units(n)
		perWorker = d.staged(units.images, units.rows)
	}
	if d.parts(1) == 1 { // then fewer images than n may have one part, too
		perWorker += d.panelSums
	}
	if parts := d.parts(n); parts > 1 {
		shared = parts * d.total
	}
	return perWorker, shared
}

func (d *dwTiles) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwTask](c)
	worker, shared := d.need(n)
	left := t.left
	*t = dwTask{d: d, ctx: c, n: n, parts: d.parts(n), dw: dw, x: x, dy: dy, worker: worker, sums: c.Shared(shared)}
	t.left = left.of(len(d.panels), t.parts)
	c.Run(len(d.panels)*t.parts, n*d.f.Shape.MACs(), t)
}

type dwTask struct {
	d         *dwTiles
	ctx       *kernel.Ctx
	n, parts  int
	dw, x, dy []float32
	worker    int       // floats of a worker's scratch
	sums      []float32 // [parts][total] of several parts
	left      partsLeft
}

// dwUnit is one unit of pixels: what the calls of its tiles share.
type dwUnit struct {
	convDWArgs
	x           []float32 // from the first window's first tap on
	block, line int       // floats from block to block, and from row to row of the filter
	image, row  int       // the first
	resume      bool      // the sums of earlier units
	last        bool      // of an only part: sums go to their places
}

// Chunk adds the pixels of one part to the sums of one panel, and the parts of it if it is
// the last.
func (t *dwTask) Chunk(worker, chunk int) {
	d := t.d
	part, panel := chunk%t.parts, &d.panels[chunk/t.parts]
	scratch := t.ctx.Scratch(worker, t.worker)
	var sums []float32
	if t.parts == 1 {
		sums, scratch = scratch[:d.panelSums], scratch[d.panelSums:]
	} else {
		sums = t.sums[part*d.total:][:d.total]
	}
	units := d.units(t.n)
	if d.f.PlainX {
		d.zeroBeside(scratch[:d.staged(units.images, units.rows)])
	}
	first, end := units.count*part/t.parts, units.count*(part+1)/t.parts
	for i := first; i < end; i++ {
		at := units.unit(i)
		u := dwUnit{image: at.image, row: at.row}
		u.images, u.rows = at.images, at.rows
		u.resume, u.last = i > first, t.parts == 1 && i == end-1
		t.place(scratch, &u)
		for j := panel.job0; j < panel.job1; j++ {
			t.job(&u, &d.jobs[j], panel, sums[t.sumsOf(panel, j):])
		}
	}
	if t.parts > 1 && t.left.last(chunk/t.parts) {
		g := dwGather{d: d, parts: t.parts, sums: t.sums, dw: t.dw}
		for i := panel.job0; i < panel.job1; i++ {
			j := &d.jobs[i]
			g.job(j, j.at+panel.in0*j.shape.block, panel.in0, panel.in1)
		}
	}
}

// sumsOf returns where a panel has the sums of a job, from its first block of input
// channels on.
func (t *dwTask) sumsOf(panel *dwPanel, job int) int {
	j := &t.d.jobs[job]
	if t.parts > 1 {
		return j.at + panel.in0*j.shape.block
	}
	return (j.at - t.d.jobs[panel.job0].at) / j.ins * (panel.in1 - panel.in0)
}

// place sets where the unit's x lies.
func (t *dwTask) place(scratch []float32, u *dwUnit) {
	f, s := t.d.f, &t.d.f.Shape
	u.pixels = f.DY.W
	if t.d.flat() { // the rows of an image are one
		u.pixels, u.rows = u.rows*u.pixels, 1
	}
	u.yp, u.yr = Block*4, f.DY.Row()*4
	u.yi = f.DY.Step()*4 - u.rows*u.yr
	if f.PlainX {
		rows, pitch := t.d.stagedRows(u.rows), t.d.pitch()
		u.x = scratch[:t.d.staged(u.images, u.rows)]
		t.stage(u, rows, pitch)
		u.block, u.line = rows*pitch, s.DilH*pitch
		u.xp, u.xt, u.xr = s.StrideW*4, u.line*4, s.StrideH*pitch*4
		u.xi = s.C*rows*pitch*4 - u.rows*u.xr
		return
	}
	u.x = t.x[f.X.At(u.image, 0, u.row*s.StrideH-s.PadTop, -s.PadLeft):]
	u.block, u.line = f.X.Plane(), s.DilH*f.X.Row()
	u.xp, u.xt, u.xr = s.StrideW*Block*4, s.DilW*Block*4, s.StrideH*f.X.Row()*4
	u.xi = f.X.Step()*4 - u.rows*u.xr
}

// flat reports whether the pixels of rows follow each other in x and dy alike: windows
// of one pixel on maps without halo.
func (d *dwTiles) flat() bool {
	s, f := &d.f.Shape, d.f
	return !f.PlainX && s.R*s.S == 1 && s.StrideH == 1 && s.StrideW == 1 && f.X.Halo == 0 && f.DY.Halo == 0 && f.X.W == f.DY.W
}

// staged returns the floats of the staged rows of a unit of some images and rows of dy.
func (d *dwTiles) staged(images, rows int) int {
	return images * d.f.Shape.C * d.stagedRows(rows) * d.pitch()
}

// zeroBeside writes the zeros beside the rows of the staged picture.
func (d *dwTiles) zeroBeside(staged []float32) {
	s, pitch := &d.f.Shape, d.pitch()
	clear(staged[:s.PadLeft])
	for at := s.PadLeft + s.W; at < len(staged); at += pitch {
		clear(staged[at:min(at+pitch-s.W, len(staged))])
	}
}

// stage copies the rows that the unit needs; the zeros beside them are there already.
func (t *dwTask) stage(u *dwUnit, rows, pitch int) {
	s := &t.d.f.Shape
	top := u.row*s.StrideH - s.PadTop
	for i := range u.images * s.C {
		plane := t.x[(u.image*s.C+i)*s.H*s.W:][:s.H*s.W]
		for r := range rows {
			line := u.x[(i*rows+r)*pitch+s.PadLeft:][:s.W]
			if y := top + r; y < 0 || y >= s.H {
				clear(line)
			} else {
				copy(line, plane[y*s.W:])
			}
		}
	}
}

// job adds the unit to the sums of one job, as far as the panel reaches and from its
// first block on. Sums that are complete leave for their places block by block, while
// they are in the first cache.
func (t *dwTask) job(u *dwUnit, j *dwJob, panel *dwPanel, sums []float32) {
	d := t.d
	dy, s := d.f.DY, j.shape
	u.y = &t.dy[dy.At(u.image, j.out, u.row, 0)]
	step := func(block int) int { return min(block, j.outs-1) * dy.Plane() * 4 }
	u.y1, u.y2, u.y3 = step(1), step(2), step(3)
	place := dwGather{d: d, dw: t.dw}
	for b := panel.in0; b < panel.in1; b++ {
		first := (b - panel.in0) * s.block
		if u.last && !u.resume {
			first = 0
		}
		at := first
		var weights []float32 // not asked for yet
		if u.last {
			weights, u.aheadRow = place.weights(j, j.in+b)
		}
		for r := 0; r < d.f.Shape.R; r += s.rows {
			x := (j.in+b)*u.block + r*u.line
			for i := range s.pieces {
				p := &s.pieces[i]
				lane := p.lane
				if d.f.PlainX {
					lane += p.tap
				} else {
					lane += p.tap * d.f.Shape.DilW * Block
				}
				u.convDWArgs.x = &u.x[x+lane]
				u.w, u.from = &sums[at+p.at], nil
				if u.resume {
					u.from = u.w
				}
				u.tiles, u.tx, u.wi = p.tiles, p.in*4, s.width*4
				u.tw = p.taps * p.in * u.wi
				if u.ahead = nil; len(weights) > 0 {
					u.ahead = &weights[0]
					weights = weights[min(p.tiles*64/4, len(weights)):]
				}
				u.run(d.f.ISA, p.taps, p.in, s.vecs)
			}
			at += s.row
		}
		if u.last {
			place.block(j, j.in+b, sums[first:])
		}
	}
}
