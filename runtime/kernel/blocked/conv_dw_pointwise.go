package blocked

import (
	"slices"

	"github.com/netc-lang/netc/runtime/kernel"
)

// dwPointwise is the weight gradient of windows of one pixel, a product of two
// matrices: each weight is that of a channel of x and one of dy. The channels of one
// side, the wide one, fill the vectors of the tiles of codegen/kernel/convdw.go; those
// of the other, the narrow one, are their rows.
//
//	W[narrow][wide] = Σ_{images, rows, pixels} narrow · wide
//
// Where x is wide, W is dw itself: the tiles of the last pixels write themselves to
// their places. Where x has too few channels for that, W is dw turned.
//
// Panels of W are computed by themselves, each from all pixels or, where W is small
// beside its pixels, from one of several parts of them. Who computes the last part of a
// panel adds them.
type dwPointwise struct {
	f            *ConvDWConfig
	turned       bool // dy is wide
	flat         bool // the rows of an image are one
	wide, narrow dwSide
	runs         []int // the blocks that the tiles of the wide side, or of half of it, begin at, and their end
}

// dwSide is a map whose pixels that windows start from are those of dy. Distances are in
// floats: those of a map, which calls of a microsecond should not compute, and pixels and
// rows of windows.
type dwSide struct {
	Map
	first, image, plane, row, pixel int
}

func newDWSide(m Map, strideH, strideW int) dwSide {
	return dwSide{Map: m, first: m.At(0, 0, 0, 0), image: m.Step(), plane: m.Plane(), row: strideH * m.Row(), pixel: strideW * Block}
}

// at returns the position of the first pixel of a row of windows.
func (s *dwSide) at(image, row int) int { return s.first + image*s.image + row*s.row }

// dwPanels is how W is cut: blocks of the narrow side by runs of the wide one.
type dwPanels struct {
	high, runs    int // of the largest
	above, beside int // panels above and beside each other
	parts         int // of the pixels of each
}

const (
	pointwiseFew    = 200     // pixels of a unit of AVX2: the wide side's stay in L1
	pointwiseSome   = 400     // and of AVX-512 at least, whose wider tiles L2 feeds: sums are read and written once a unit
	pointwiseMany   = 1600    // and at most
	pointwiseNarrow = 1 << 17 // floats of the narrow side of a panel's unit: 512 KiB, which stay in L2
	pointwisePanel  = dwPanelSums / (Block * Block)
)

// newDWPointwise returns nil for other convolutions than those it is for. The wide side is cut
// into so many halves, of whole blocks, whose runs are the same.
func newDWPointwise(f *ConvDWConfig, halves int) *dwPointwise {
	s := &f.Shape
	if f.PlainX || s.R*s.S != 1 || s.Groups != 1 || s.C%Block != 0 || s.O%Block != 0 {
		return nil
	}
	if s.PadTop != 0 || s.PadLeft != 0 || s.PadBottom != 0 || s.PadRight != 0 {
		return nil
	}
	d := &dwPointwise{f: f, wide: newDWSide(f.X, s.StrideH, s.StrideW), narrow: newDWSide(f.DY, 1, 1)}
	d.flat = s.StrideH*s.StrideW == 1 && !halos(f.X, f.DY)
	cost := func(m *Map) float64 { return float64(halves) * runCost(f.ISA, m.Blocks()/halves) / float64(m.C) }
	x, dy := cost(&f.X), cost(&f.DY)
	if gain := float64(f.DY.H*f.DY.W) * (x - dy) / Block; gain > dwTurnCost {
		d.turned, d.wide, d.narrow = true, d.narrow, d.wide
	}
	d.runs = wideRuns(f.ISA, d.wide.Blocks()/halves)
	return d
}

// cut chooses the panels and parts of n images: so many that threads share evenly, and
// those that move the least data.
func (d *dwPointwise) cut(n int) (best dwPanels) {
	units, least := d.units(n), 0
	for parts := 1; parts <= min(dwChunks, units.count); parts *= 2 {
		p := d.panels(ceilDiv(dwChunks, parts), units.images*units.rows*d.f.DY.W)
		if p.parts = min(units.count, ceilDiv(dwChunks, p.above*p.beside)); p.above*p.beside == 1 && p.parts > 1 {
			p.parts &^= 1
		}
		moved := n * d.f.DY.H * d.f.DY.W * (p.beside*d.narrow.C + p.above*d.wide.C)
		moved += dwPartCost * d.partials(p) * d.f.Shape.Weights()
		if least == 0 || moved < least {
			least, best = moved, p
		}
	}
	return best
}

// panels cuts W into at least the given number of panels, if it has as many runs and
// blocks: high ones, since the tiles of a run are one call.
func (d *dwPointwise) panels(count, pixels int) (p dwPanels) {
	high, runs, widest := d.narrow.Blocks(), len(d.runs)-1, widestRun(d.f.ISA)
	most := max(1, min(pointwiseNarrow/(pixels*Block), pointwisePanel/widest))
	p.above = max(ceilDiv(high, most), min(high, ceilDiv(count, runs)))
	p.high = ceilDiv(high, p.above)
	p.beside = ceilDiv(runs, max(1, min(runs*p.above/count, pointwisePanel/(p.high*widest))))
	if p.above*p.beside%2 > 0 { // two threads share an even number
		if p.beside < runs {
			p.beside++
		} else {
			p.above = min(p.above+1, high)
		}
	}
	p.high, p.runs = ceilDiv(high, p.above), ceilDiv(runs, p.beside)
	return p
}

// units cuts the pixels of n images: small units where the narrow side has many channels,
// so that a panel is high and reads its pixels of the wide side for many.
func (d *dwPointwise) units(n int) pixelUnits {
	if d.f.ISA == kernel.AVX512 {
		return unitsOf(n, d.f.DY, min(max(pointwiseNarrow/d.narrow.C, pointwiseSome), pointwiseMany))
	}
	return unitsOf(n, d.f.DY, pointwiseFew/d.f.Shape.StrideW)
}

// partials returns the partial results that do not have their place in dw.
func (d *dwPointwise) partials(p dwPanels) int {
	if d.turned {
		return p.parts
	}
	return p.parts - 1
}

// panelSums returns the floats of the largest panel.
func (d *dwPointwise) panelSums(p dwPanels) int {
	return p.high * min(d.wide.Blocks(), p.runs*widestRun(d.f.ISA)) * Block * Block
}

// need is the most that any batch of up to n images needs: fewer may be cut otherwise.
func (d *dwPointwise) need(n int) (perWorker, shared int) {
	for ; n > 0; n-- {
		p := d.cut(n)
		if d.units(n).count > p.parts {
			perWorker = max(perWorker, d.panelSums(p))
		}
		shared = max(shared, d.partials(p)*d.f.Shape.Weights())
	}
	return perWorker, shared
}

func (d *dwPointwise) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwPointwiseTask](c)
	weights, p, left := d.f.Shape.Weights(), d.cut(n), t.left
	*t = dwPointwiseTask{d: d, ctx: c, units: d.units(n), panels: p, dw: dw, wide: x, narrow: dy, sums: c.Shared(d.partials(p) * weights)}
	if d.turned {
		t.wide, t.narrow = dy, x
	}
	t.left = left.of(p.above*p.beside, p.parts)
	c.Run(p.above*p.beside*p.parts, n*d.f.Shape.MACs(), t)
}

type dwPointwiseTask struct {
	d            *dwPointwise
	ctx          *kernel.Ctx
	units        pixelUnits
	panels       dwPanels
	wide, narrow []float32
	dw, sums     []float32
	left         partsLeft
}

// Chunk computes one panel from one part of the pixels.
func (t *dwPointwiseTask) Chunk(worker, chunk int) {
	d := t.d
	weights, size := d.f.Shape.Weights(), &t.panels
	part, panel := chunk%size.parts, chunk/size.parts
	p := dwPointwisePanel{dwPointwiseTask: t, to: t.dw}
	p.high, p.highEnd, p.runs = d.panel(size, panel)
	if at := (part-size.parts)*weights + len(t.sums); at >= 0 {
		p.to = t.sums[at:]
	}
	first, end := t.units.count*part/size.parts, t.units.count*(part+1)/size.parts
	if end-first > 1 {
		p.sums = t.ctx.Scratch(worker, d.panelSums(*size))
	}
	for i := first; i < end; i++ {
		p.first, p.last = i == first, i == end-1
		p.unit(t.units.unit(i))
	}
	if len(t.sums) > 0 && t.left.last(panel) {
		p.finish()
	}
}

// panel returns the blocks and the runs of a panel.
func (d *dwPointwise) panel(p *dwPanels, i int) (high, end int, runs []int) {
	at, blocks, all := i/p.beside, d.narrow.Blocks(), len(d.runs)-1
	i %= p.beside
	return blocks * at / p.above, blocks * (at + 1) / p.above, d.runs[all*i/p.beside : all*(i+1)/p.beside+1]
}

// dwPointwisePanel is a panel of W and the pixels it is at.
type dwPointwisePanel struct {
	*dwPointwiseTask
	high, highEnd int   // blocks of the narrow side
	runs          []int // of the wide side
	to            []float32
	first, last   bool
	sums          []float32 // of the units before the last, in the order of the calls
	at            int
}

// unit adds some pixels.
func (p *dwPointwisePanel) unit(u pixelUnit) {
	d := p.d
	narrow, wide := &d.narrow, &d.wide
	plane := 4 * wide.plane
	a := convDWArgs{
		images: u.images, rows: u.rows, pixels: d.f.DY.W, tiles: p.highEnd - p.high,
		xp: 4 * narrow.pixel, xr: 4 * narrow.row, tx: 4 * narrow.plane,
		yp: 4 * wide.pixel, yr: 4 * wide.row,
		y1: plane, y2: 2 * plane, y3: 3 * plane, y4: 4 * plane, y5: 5 * plane,
	}
	if d.flat {
		a.rows, a.pixels = 1, a.rows*a.pixels
	}
	a.xi, a.yi = 4*narrow.image-a.rows*a.xr, 4*wide.image-a.rows*a.yr
	x, y := narrow.at(u.image, u.row)+p.high*narrow.plane, wide.at(u.image, u.row)
	p.at = 0
	for i, w := range p.runs[:len(p.runs)-1] {
		a.y = &p.dwPointwiseTask.wide[y+w*wide.plane]
		p.tiles(&a, w, p.runs[i+1]-w, x)
	}
}

// tiles adds the products of n blocks of the wide side from w on and the panel's of the
// narrow side, which begin at the given place.
func (p *dwPointwisePanel) tiles(a *convDWArgs, w, n, at int) {
	isa, lanes, vecs := tileOfRun(p.d.f.ISA, n)
	row := p.d.wide.C
	for lane := 0; lane < Block; lane += lanes {
		lanes := min(lanes, Block-lane)
		a.x = &p.narrow[at+lane]
		a.from = nil
		if !p.first {
			a.from = &p.sums[p.at]
		}
		if p.last {
			a.w = &p.to[(p.high*Block+lane)*row+w*Block]
			a.wi, a.tw = row*4, row*Block*4
		} else {
			a.w = &p.sums[p.at]
			a.wi = n * Block * 4
			a.tw = lanes * a.wi
		}
		p.at += a.tiles * lanes * n * Block
		a.run(isa, 1, lanes, vecs)
	}
}

// finish adds the parts of the panel, in their order, and turns their sum.
func (p *dwPointwisePanel) finish() {
	weights, row := p.d.f.Shape.Weights(), p.d.wide.C
	sum, parts := p.dw[:weights], p.dwPointwiseTask.sums
	if p.d.turned {
		sum, parts = parts[:weights], parts[weights:]
	}
	first, end := p.runs[0]*Block, p.runs[len(p.runs)-1]*Block
	from, to := p.high*Block*row+first, (p.highEnd*Block-1)*row+end
	step, long := row, end-first
	if long == row { // rows follow each other
		step, long = dwPartRun, dwPartRun
	}
	for at := from; at < to; at += step {
		sum := sum[at:min(at+long, to)]
		for part := at; part < len(parts); part += weights {
			addTo(p.d.f.ISA, sum, parts[part:])
		}
	}
	if !p.d.turned {
		return
	}
	// Rows of the result are columns of the sum.
	rows := p.d.narrow.C
	var order [Block]int32
	for r := p.high * Block; r < p.highEnd*Block; r += Block {
		for e := range order {
			order[e] = int32((r + e) * row)
		}
		for c := first; c < end; c += Block {
			transpose(p.dw[c*rows+r:], rows, Block, sum[c:], order[:])
		}
	}
}

// widestRun returns the blocks of the widest tile.
func widestRun(isa kernel.ISA) int {
	if isa == kernel.AVX512 {
		return 6
	}
	return 4
}

// runOfBlocks returns how many of the blocks of the wide side that are left the widest
// tile takes which leaves no slow ones.
func runOfBlocks(isa kernel.ISA, left int) int {
	switch {
	case isa == kernel.AVX512 && left > 5 && left|1 != 9:
		return 6
	case isa == kernel.AVX512 && left > 3:
		return 4
	case isa == kernel.AVX512 && left > 1:
		return 2
	case left == 4 || left == 8 || left > 4 && left%3 == 1:
		return 4
	}
	return min(left, 3)
}

// wideRuns returns where the runs of some blocks of the wide side begin, and their end. They
// are laid from both ends in turn, so that two threads get as many wide ones.
func wideRuns(isa kernel.ISA, blocks int) (begins []int) {
	first, end := 0, blocks
	for turn := 0; first < end; turn++ {
		n := runOfBlocks(isa, end-first)
		if turn%2 == 0 {
			begins, first = append(begins, first), first+n
		} else {
			end -= n
			begins = append(begins, end)
		}
	}
	slices.Sort(begins)
	return append(begins, blocks)
}

// tileOfRun returns the tiles of a run of n blocks: their lanes of the narrow side,
// of a block that they divide or nearly, and their vectors.
func tileOfRun(isa kernel.ISA, n int) (_ kernel.ISA, lanes, vecs int) {
	switch {
	case n == 1:
		return kernel.AVX2, Block, 1
	case isa == kernel.AVX512:
		return isa, Block, n / 2
	case n == 4:
		return isa, 3, n
	}
	return isa, 4, n
}

const (
	dwTurnCost = 2       // to turn a weight, in the cycles of [runCost]
	dwPartCost = 5       // to write, read and add a weight of a part, as floats moved
	dwPartRun  = 1 << 12 // floats of parts added at a time: their sum stays in L1
)

// runCycles are the cycles that the tiles of a run take for a pixel of a block of the
// narrow side, by the blocks of the run: as measured where a processor loads one
// vector of AVX-512 a cycle, or two of AVX2 that lie in other halves of a line. Others
// gain less by wide tiles.
var runCycles = map[kernel.ISA][7]float64{
	kernel.AVX2:   {1: 5.4, 2: 11, 3: 14.4, 4: 19.2},
	kernel.AVX512: {1: 5.4, 2: 12.2, 4: 17.2, 6: 24},
}

// runCost returns the cycles of all runs of some blocks.
func runCost(isa kernel.ISA, blocks int) (cost float64) {
	for left := blocks; left > 0; {
		n := runOfBlocks(isa, left)
		cost += runCycles[isa][n]
		left -= n
	}
	return cost
}
