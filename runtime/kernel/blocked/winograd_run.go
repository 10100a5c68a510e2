package blocked

import (
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// winoCut says how the work of n images is divided: blocks of tiles, and of each some
// parts of the output channels. It follows from the shape, n and the threads that share it;
// the bits of a result do not depend on it, since a tile is computed alike in every block.
type winoCut struct {
	tiles, blocks int // of a block, of all
	outs, parts   int // groups of 16 outputs that M holds, of all
}

const (
	winoTiles   = 128       // most tiles of a block: the table lies on the stack
	winoCache   = 512 << 10 // bytes of V and of M that stay in the second cache
	winoRoom    = 5 << 18   // bytes of both that a thread alone fills
	winoFew     = 28        // fewest tiles worth reading U once more for
	winoHalf    = 20        // or for threads of their own
	winoWhole   = 64        // tiles that are one block: U is read once
	winoThreads = 4         // fewer blocks than this are shared out by channels
	winoParts   = 8         // groups of outputs that make enough parts for that
)

// cutOf returns the cut of n images for some threads. Several get blocks of their own
// where there are tiles for it, and as much each; a single one reads U once less where
// there are seven blocks, not eight.
func (w *convWinograd) cutOf(n, threads int) winoCut {
	total := w.tilesOf(n)
	c := winoCut{}
	tile := 4 * w.points() * w.ins * tileOuts
	if c.blocks = 1; total > winoWhole {
		c.blocks = ceilDiv(total, min(winoTiles, max(winoFew, winoCache/tile)))
	}
	few := c.blocks < winoThreads
	switch {
	case few && w.outs < winoParts && total >= winoThreads*winoFew: // U is small
		c.blocks, few = winoThreads, false
	case few && threads > 1 && total >= threads*winoHalf:
		c.blocks, few = roundUp(c.blocks, threads), false
	}
	if !few && threads > 1 {
		c.blocks += c.blocks % 2
	}
	c.tiles = ceilDiv(total, c.blocks)
	c.blocks = ceilDiv(total, c.tiles)
	group := 4 * w.points() * tileOuts * c.tiles // bytes of V or M
	c.outs = max(2, winoCache/2/group&^1)
	if threads == 1 { // every part reads V again
		c.outs = max(c.outs, (winoRoom-w.ins*group)/group&^1)
		c.outs = roundUp(ceilDiv(w.outs, ceilDiv(w.outs, c.outs)), 2)
	} else if few {
		c.outs = min(c.outs, max(2, w.outs/4&^1))
		for outs := c.outs; outs >= 2; outs -= 2 {
			if w.outs%(2*outs) == 0 {
				c.outs = outs
				break
			}
		}
	}
	c.outs = min(c.outs, w.outs)
	c.parts = ceilDiv(w.outs, c.outs)
	return c
}

// stride returns the floats between the points of an area of groups x tiles x 16: a
// power of two would put all points into few sets of the first cache.
func winoStride(groups, tiles int) int { return (groups*tiles | 1) * tileOuts }

func (w *convWinograd) sizeV(c winoCut) int { return w.points() * winoStride(w.ins, c.tiles) }

func (w *convWinograd) sizeM(c winoCut) int { return w.points() * winoStride(c.outs, c.tiles) }

// mostShares is the most threads that need looks at: more get no smaller blocks than so
// many, and smaller ones need less.
const mostShares = 16

func (w *convWinograd) need(n int) (perWorker, shared int) {
	if w.generic {
		return 0, 0
	}
	for images := 1; images <= n; images++ {
		for threads := 1; threads <= mostShares && (threads <= 2 || threads*winoHalf <= w.tilesOf(images)); threads++ {
			perWorker = max(perWorker, w.scratch(w.cutOf(images, threads)))
		}
	}
	return perWorker, 0
}

// scratch returns the floats that a worker has for biases, M and V.
func (w *convWinograd) scratch(c winoCut) int { return w.biases() + w.sizeM(c) + w.sizeV(c) }

func (w *convWinograd) biases() int { return roundUp(w.outs*tileOuts, 16) }

// work is the multiply-adds of n images.
func (w *convWinograd) work(n int) int {
	return n * w.line(w.f.Out.H) * w.line(w.f.Out.W) * w.f.Shape.C * w.f.Shape.O
}

type winoTask struct {
	*convWinograd
	convCall
	ctx     *kernel.Ctx
	cut     winoCut
	u       winoU
	entered []int // by worker: 1 + the block of tiles that its V is of
}

// winoU is where U of the groups [from, to) of outputs lies.
type winoU struct {
	data     []float32
	stride   int // floats from one point to the next
	from, to int
}

func (w *convWinograd) run(c *kernel.Ctx, call convCall) {
	if w.generic {
		w.runGeneric(c, call)
		return
	}
	t := kernel.TaskOf[winoTask](c)
	threads := c.Pool.Threads()
	entered := t.entered
	if len(entered) < threads {
		entered = make([]int, threads)
	}
	clear(entered)
	*t = winoTask{convWinograd: w, convCall: call, ctx: c, cut: w.cutOf(call.n, min(threads, mostShares)), entered: entered}
	t.u = winoU{data: call.packed, stride: w.plane(), to: w.outs}
	c.Run(t.cut.blocks*t.cut.parts, w.work(call.n), t)
}

// Chunk does one part of the output channels of a block of tiles. Each worker transforms
// the input of a block for itself when it comes to it: that is little beside the products,
// and V out of the cache of another core takes as long as they do.
func (t *winoTask) Chunk(worker, chunk int) {
	block, part := chunk/t.cut.parts, chunk%t.cut.parts
	scratch := t.ctx.Scratch(worker, t.scratch(t.cut))
	bias, m, v := scratch[:t.biases()], scratch[t.biases():][:t.sizeM(t.cut)], scratch[t.biases()+t.sizeM(t.cut):]
	clear(bias[copy(bias, t.bias):])
	var all, spare [winoTiles]winoTile
	first := block * t.cut.tiles
	table := all[:min(t.cut.tiles, t.tilesOf(t.n)-first)]
	t.tiles(table, first)
	kinds := t.arrange(table, spare[:])
	if t.entered[worker] != block+1 {
		for g := range t.ins {
			t.transformIn(v, table, g)
		}
		t.entered[worker] = block + 1
	}
	ahead := winoAhead{piece: t.fetched()}
	ahead.plan(t, first, len(table), part)
	t.part(bias, m, v, table, kinds, first, part, &ahead)
}

// part computes the outputs of one part of a block of tiles, and has what lies ahead fetched.
func (t *winoTask) part(bias, m, v []float32, table []winoTile, kinds winoKinds, first, part int, ahead *winoAhead) {
	from := part * t.cut.outs
	to := min(from+t.cut.outs, t.outs)
	t.multiply(m, v, kinds, from, to, ahead)
	for g := from; g < to; g++ {
		t.transformOut(m[(g-from)*len(table)*tileOuts:], bias[g*tileOuts:], table, g)
	}
	t.finish(table, first, 2*from, min(2*to, t.f.Out.Blocks()))
}

// transformIn fills group g of V.
func (t *winoTask) transformIn(v []float32, table []winoTile, g int) {
	in := t.f.In
	a := winoInArgs{table: &table[0], tiles: len(table), row: 4 * in.Row(), xs: 4 * winoStride(t.ins, t.cut.tiles)}
	v = v[g*len(table)*tileOuts:]
	blocks := min(2, in.Blocks()-2*g)
	if t.f.ISA == kernel.AVX512 {
		if blocks == 2 {
			a.plane = 4 * in.Plane()
		}
		a.x, a.v = &t.x[2*g*in.Plane()], &v[0]
		a.run(t.f.ISA, t.form)
		return
	}
	for b := range blocks {
		a.x, a.v = &t.x[(2*g+b)*in.Plane()], &v[b*Block]
		a.run(t.f.ISA, t.form)
	}
}

// winoRows is the most tiles of a register tile.
var winoRows = [...]int{kernel.AVX2: 6, kernel.AVX512: 14}

// multiply computes M of the groups [from, to) of outputs.
func (t *winoTask) multiply(m, v []float32, kinds winoKinds, from, to int, ahead *winoAhead) {
	isa, tiles := t.f.ISA, kinds[3]
	xsV, xsM := winoStride(t.ins, t.cut.tiles), winoStride(t.cut.outs, t.cut.tiles)
	a := winoGemmArgs{
		groups: t.ins, tail: (t.channels - (t.ins-1)*tileOuts) / 4,
		as: 4 * tiles * tileOuts, bstep: 4 * t.panel(), mstep: 4 * tiles * tileOuts,
		further: t.further(kernel.DataPath()),
	}
	for xi := range t.points() {
		t.zeroShort(m, xi, to-from, xsM, kinds)
		first, end := t.needing(xi, kinds)
		if first == end {
			continue
		}
		count := ceilDiv(end-first, winoRows[isa])
		rows, more := (end-first)/count, (end-first)%count
		runs := [2]struct{ tiles, rows int }{{more, rows + 1}, {count - more, rows}}
		for g := from; g < to; {
			groups := 1
			if isa == kernel.AVX512 {
				groups = min(2, to-g)
			}
			a.b = t.weightsOf(xi, g)
			next, left := uintptr(unsafe.Pointer(t.after(xi, g+groups, from, to))), ahead.spread(count, groups)
			a.next = next
			a.fetch, a.apart = t.pace(groups, left, kernel.DataPath())
			at := first
			for _, run := range runs {
				if run.tiles == 0 {
					continue
				}
				a.a, a.m = &v[xi*xsV+at*tileOuts], &m[xi*xsM+((g-from)*tiles+at)*tileOuts]
				a.tiles, a.pieces = run.tiles, left
				if left <= 0 {
					a.next = next
					if place, one := ahead.take(1); one > 0 {
						a.next = uintptr(unsafe.Pointer(*place))
					}
				}
				a.ahead, a.aheads = ahead.take(run.tiles - max(1, min(left, run.tiles)))
				a.run(isa, run.rows, groups*tileOuts/isa.Lanes())
				at += run.tiles * run.rows
				left -= run.tiles
				a.next += uintptr(run.tiles * a.fetch * t.channels)
			}
			g += groups
		}
	}
}

// after returns the panel of U that is read before group g of point xi: the one to be
// fetched meanwhile.
func (t *winoTask) after(xi, g, from, to int) *float32 {
	if g >= to {
		xi, g = xi+1, from
	}
	if xi == t.points() { // the next part begins
		xi, g = 0, to
	}
	if g >= t.u.to {
		xi, g = 0, t.u.from
	}
	return t.weightsOf(xi, g)
}

// weightsOf returns the panel of U of group g and point xi.
func (t *winoTask) weightsOf(xi, g int) *float32 {
	return &t.u.data[t.point(xi)*t.u.stride+(g-t.u.from)*t.panel()]
}

// transformOut writes the outputs of group g.
func (t *winoTask) transformOut(m, bias []float32, table []winoTile, g int) {
	out, res := t.f.Out, t.f.Residual
	a := winoOutArgs{
		table: &table[0], tiles: len(table), xs: 4 * winoStride(t.cut.outs, t.cut.tiles),
		row: 4 * out.Row(), plane: 4 * out.Plane(), blocks: min(2, out.Blocks()-2*g),
		flags: t.end.flags, lo: t.end.lo, hi: t.end.hi, alpha: t.end.alpha,
	}
	if t.f.Epilogue.Residual {
		a.resRow = 4 * res.Row()
		if a.blocks == 2 {
			a.resPlane = 4 * res.Plane()
		}
	}
	for b := 0; b < a.blocks; b++ {
		a.m, a.bias, a.y = &m[b*Block], &bias[b*Block], &t.y[(2*g+b)*out.Plane()]
		if t.f.Epilogue.Residual {
			a.res = &t.residual[(2*g+b)*res.Plane()]
		}
		a.run(t.f.ISA, t.form)
		if t.f.ISA == kernel.AVX512 {
			return
		}
	}
}

// finish does over blocks [b0, b1) of a table's outputs what the transforms left:
// other activations, padding channels, and the halo of images that begin here.
func (t *winoTask) finish(table []winoTile, first, b0, b1 int) {
	out, perImage := t.f.Out, t.tilesH*t.tilesW
	for image := ceilDiv(first, perImage); image*perImage < first+len(table); image++ {
		out.ZeroHalo(t.y, image, b0, b1)
	}
	if !t.end.after && !t.end.dirty {
		return
	}
	for b := b0; b < b1; b++ {
		lanes := min(Block, out.C-b*Block)
		for k := range table {
			for p := range table[k].outRows {
				row := t.y[table[k].y/4+b*out.Plane()+p*out.Row():][:table[k].outCols*Block]
				if t.end.after {
					applyRows(t.f.ISA, &t.f.Epilogue, row, 1, table[k].outCols, 0)
				}
				if t.end.dirty && lanes < Block {
					for q := 0; q < len(row); q += Block {
						clear(row[q+lanes : q+Block])
					}
				}
			}
		}
	}
}
