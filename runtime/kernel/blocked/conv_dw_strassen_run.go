package blocked

import "github.com/netc-lang/netc/runtime/kernel"

type dwStrassenTask struct {
	dwPointwiseTask
	plan *dwStrassen
	n    int
	to   []float32 // W
}

func (d *dwStrassen) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	if !d.takes(n) {
		d.few.run(c, n, dw, x, dy)
		return
	}
	t := kernel.TaskOf[dwStrassenTask](c)
	p := d.cut(c.Pool.Threads())
	*t = dwStrassenTask{plan: d, n: n}
	t.dwPointwiseTask = dwPointwiseTask{d: d.dwPointwise, ctx: c, units: d.units(n), panels: p, dw: dw, wide: x, narrow: dy}
	t.to = dw
	if d.turned {
		t.wide, t.narrow, t.sums = dy, x, c.Shared(d.f.Shape.Weights())
		t.to = t.sums
	}
	c.Run(p.above*p.beside, n*d.f.Shape.MACs(), t)
}

// dwStrassenPanel is a panel of the quarters of W and what a worker has for it.
type dwStrassenPanel struct {
	*dwStrassenTask
	dwStrassenScratch
	high, highEnd int           // blocks of the first half of the narrow side
	run, last     int           // runs of a half of the wide one
	resume        bool          // the products of earlier units
	list          [128]*float32 // what products ask for, and a nil
	listed, asked int
}

// Chunk computes one panel.
func (t *dwStrassenTask) Chunk(worker, chunk int) {
	d := t.plan
	p := dwStrassenPanel{dwStrassenTask: t}
	p.high, p.highEnd, p.run, p.last = d.panel(&t.panels, chunk)
	_, floats := d.scratch(t.units, t.panels, nil)
	p.dwStrassenScratch, _ = d.scratch(t.units, t.panels, t.ctx.Scratch(worker, floats))
	if p.alone() {
		for i := range 4 {
			q := p.quarter(i)
			q.unit(pixelUnit{image: t.n - 1, images: 1, rows: d.f.DY.H})
		}
	}
	for i := range t.units.count {
		p.unit(i)
		p.resume = true
	}
	if d.turned {
		for i := range 4 {
			q := p.quarter(i)
			q.finish()
		}
	}
}

// alone reports whether the last image has no mate: its products are in their places before
// those of the others.
func (p *dwStrassenPanel) alone() bool { return p.plan.byImages && p.n%2 > 0 }

// quarter returns a quarter of the panel of W, as a panel without mates has it.
func (p *dwStrassenPanel) quarter(i int) dwPointwisePanel {
	d := p.plan
	high, runs := i/quarterC*d.narrow.Blocks()/2, d.runs
	if i%quarterC > 0 {
		runs = d.later
	}
	return dwPointwisePanel{
		dwPointwiseTask: &p.dwPointwiseTask, high: high + p.high, highEnd: high + p.highEnd, runs: runs[p.run : p.last+1],
		to: p.to, first: true, last: true,
	}
}

// unit adds the products of some pixels and their mates.
func (p *dwStrassenPanel) unit(i int) {
	d, u := p.plan, p.units.unit(i)
	p.sum(&d.narrow, p.narrow, u, p.high, p.highEnd-p.high, p.s, p.sEach, false)
	at := 0
	for r := p.run; r < p.last; r++ {
		p.sum(&d.wide, p.wide, u, d.runs[r], d.runs[r+1]-d.runs[r], p.t, p.tEach, true)
		p.look(i, r)
		p.multiply(u, r, at)
		if i == p.units.count-1 {
			p.results(r, at)
		}
		at += (p.highEnd - p.high) * (d.runs[r+1] - d.runs[r]) * Block * Block
	}
}

// sum makes the sums of some blocks of a side.
func (p *dwStrassenPanel) sum(s *dwSide, data []float32, u pixelUnit, block, blocks int, to []float32, each int, wide bool) {
	d := p.plan
	width := d.f.DY.W
	a := dwSumsArgs{
		half: 4 * d.mate(s, u), mate: 4 * s.Blocks() / 2 * s.plane, each: 4 * each,
		planes: blocks, xPlane: 4 * s.plane, sPlane: 4 * p.plane, lines: u.rows, xLine: 4 * s.row, width: width, xPixel: 4 * s.pixel,
	}
	if d.flat {
		a.lines, a.width = 1, u.rows*width
	}
	image, row := d.from(u)
	for i := range u.images {
		a.x, a.s = &data[s.at(image+i, row)+block*s.plane], &to[i*u.rows*width*Block]
		a.run(wide)
	}
}

// look lists what the products of a run ask for: what is summed next.
func (p *dwStrassenPanel) look(unit, run int) {
	p.listed, p.asked = 0, 0
	d := p.plan
	if run++; run == p.last {
		run = p.run
		unit++
	}
	if unit < p.units.count {
		u := p.units.unit(unit)
		if run == p.run {
			p.ask(&d.narrow, p.narrow, u, p.high, p.highEnd-p.high)
		}
		p.ask(&d.wide, p.wide, u, d.runs[run], d.runs[run+1]-d.runs[run])
	}
	p.list[p.listed] = nil
}

// asks gives a call of some tiles what they ask for.
func (p *dwStrassenPanel) asks(tiles int) **float32 {
	at := p.asked
	p.asked = min(at+tiles, p.listed)
	return &p.list[at]
}

// ask lists the pixels of a unit and their mates in some blocks of both halves of a side, as
// pieces of a line for each pixel of a tile.
func (p *dwStrassenPanel) ask(s *dwSide, data []float32, u pixelUnit, block, blocks int) {
	d := p.plan
	image, row := d.from(u)
	images, long, apart := u.images, 2*u.rows*s.row, s.plane
	if d.byImages {
		images, long = 2*images, long/2
	}
	if u.rows == d.lines { // whole planes follow each other
		blocks, long = 1, blocks*s.plane
	}
	piece := 2 * Block * u.images * u.rows * d.f.DY.W
	for i := range 2 * images {
		at := s.at(image+i/2, row) + (i%2*s.Blocks()/2+block)*s.plane
		for range blocks {
			for from := at; from < min(at+long, len(data)) && p.listed < len(p.list)-1; from += piece {
				p.list[p.listed] = &data[from]
				p.listed++
			}
			at += apart
		}
	}
}

// Operands of products: quarters, and the four sums of them.
const (
	quarterA = iota
	quarterB
	quarterC
	quarterD
	firstSum
)

// strassenProducts are the operands of the seven products.
var strassenProducts = [7]struct{ left, right int }{
	{quarterA, quarterA}, {quarterB, quarterB}, {firstSum + 3, quarterD}, {quarterD, firstSum + 3},
	{firstSum, firstSum}, {firstSum + 1, firstSum + 1}, {firstSum + 2, firstSum + 2},
}

// dwOperand is where an operand of the tiles lies. Distances are in floats.
type dwOperand struct {
	data                     []float32
	pixel, row, image, plane int
}

// operand returns a quarter of a side from a block of its first half on, or a sum.
func (p *dwStrassenPanel) operand(which int, s *dwSide, data []float32, u pixelUnit, block int, sums []float32, each int) dwOperand {
	d := p.plan
	if which >= firstSum {
		line := d.f.DY.W * Block
		return dwOperand{sums[(which-firstSum)*each:], Block, line, u.rows * line, p.plane}
	}
	image, row := d.from(u)
	at := s.at(image, row) + (which/quarterC*s.Blocks()/2+block)*s.plane + which%quarterC*d.mate(s, u)
	return dwOperand{data[at:], s.pixel, s.row, s.image, s.plane}
}

// multiply adds the seven products of a unit and a run, whose sums lie at the given place.
func (p *dwStrassenPanel) multiply(u pixelUnit, run, at int) {
	d := p.plan
	isa, lanes, vecs := tileOfRun(d.f.ISA, d.runs[run+1]-d.runs[run])
	wide := 4 * Block * (d.runs[run+1] - d.runs[run])
	for i, o := range strassenProducts {
		x := p.operand(o.left, &d.narrow, p.narrow, u, p.high, p.s, p.sEach)
		y := p.operand(o.right, &d.wide, p.wide, u, d.runs[run], p.t, p.tEach)
		plane := 4 * y.plane
		a := convDWArgs{
			y: &y.data[0], images: u.images, rows: u.rows, pixels: d.f.DY.W, tiles: p.highEnd - p.high,
			xp: 4 * x.pixel, xr: 4 * x.row, tx: 4 * x.plane,
			yp: 4 * y.pixel, yr: 4 * y.row,
			y1: plane, y2: 2 * plane, y3: 3 * plane, y4: 4 * plane, y5: 5 * plane,
			wi: wide,
		}
		if d.flat {
			a.rows, a.pixels = 1, a.rows*a.pixels
		}
		a.xi, a.yi = 4*x.image-a.rows*a.xr, 4*y.image-a.rows*a.yr
		m := p.m[i*p.mEach+at:]
		for lane := 0; lane < Block; lane += lanes {
			lanes := min(lanes, Block-lane)
			a.x, a.w, a.tw = &x.data[lane], &m[0], lanes*wide
			if p.resume {
				a.from = a.w
			}
			a.next = p.asks(a.tiles)
			a.run(isa, 1, lanes, vecs)
			m = m[a.tiles*a.tw/4:]
		}
	}
}

// results makes the quarters of a run of its products, which lie at the given place.
func (p *dwStrassenPanel) results(run, at int) {
	d := p.plan
	width := d.runs[run+1] - d.runs[run]
	_, lanes, _ := tileOfRun(d.f.ISA, width)
	row := 4 * d.wide.C
	for lane := 0; lane < Block; lane += lanes {
		a := dwQuartersArgs{
			m: &p.m[at], w: &p.to[(p.high*Block+lane)*d.wide.C+d.runs[run]*Block], each: 4 * p.mEach,
			planes: p.highEnd - p.high, wPlane: Block * row, lines: min(lanes, Block-lane), wLine: row, width: width,
			half: row / 2, mate: d.narrow.C / 2 * row,
		}
		if p.alone() {
			a.add = 1
		}
		a.run()
		at += a.planes * a.lines * width * Block
	}
}
