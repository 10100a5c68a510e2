package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// dwWinograd is the weight gradient of F(m x m, 3 x 3), the transpose of its law in
// the weights: with D = A dy Aᵀ for each tile,
//
//	S[xi][i][o] = Σ_tile V[xi][tile][i] · D[xi][tile][o]      dw = Gᵀ S G
//
// Of stride 2 some points share weights, and so their sums S. Tiles at the border leave out
// points as those of a convolution do: their D is zeros there.
//
// Blocks of tiles follow each other and add to one S, each in steps: transforms by groups
// of channels, products by points. Every sum is one chain over the tiles, or two chains over a
// half of them each (dwHalfBlocks), so its bits do not depend on the threads, of which several go
// another way (winograd_dw_own.go).
type dwWinograd struct {
	w *convWinograd
	f *ConvDWConfig
}

// winoDWTiles bounds the tiles of a block: enough of them pay for reading and
// writing S, which is as large as U.
const winoDWTiles = winoTiles

// dwWithWinograd returns Winograd's algorithm for a weight gradient that asks for it
// or, where the choice is left, for batches that gain by it, and direct otherwise.
func dwWithWinograd(f *ConvDWConfig, direct dwMethod) dwMethod {
	if f.PlainX || f.ISA == kernel.Generic || !winogradFits(&f.Shape) && !winogradHalves(&f.Shape) {
		return direct
	}
	c := ConvConfig{Shape: f.Shape, In: f.X, Out: f.DY, Algo: f.Algo, ISA: f.ISA}
	_, transforms := f.Algo.transforms()
	switch {
	case transforms:
		return &dwWinograd{w: newConvWinograd(&c), f: f}
	case f.Algo == Auto:
		way, products := fewestProducts(&f.Shape)
		// Tiles must not reach too far beyond the image.
		if s := &f.Shape; products*4/3 < 9*s.P()*s.Q() && min(s.C, s.O) >= winogradFew {
			c.Algo = way.algo
			return &dwByBatch{few: direct, many: &dwWinograd{w: newConvWinograd(&c), f: f}}
		}
	}
	return direct
}

// dwByBatch chooses by the number of tiles: few of them do not pay for reading and
// writing S.
type dwByBatch struct {
	few  dwMethod
	many *dwWinograd
}

// dwMany is the fewest tiles of a batch that Winograd's algorithm is faster for.
const dwMany = 24

func (d *dwByBatch) need(n int) (perWorker, shared int) {
	perWorker, shared = d.few.need(n)
	own, all := d.many.need(n)
	return max(perWorker, own), max(shared, all)
}

func (d *dwByBatch) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	d.of(n).run(c, n, dw, x, dy)
}

// of returns the method of a batch of n images.
func (d *dwByBatch) of(n int) dwMethod {
	if d.many.w.tilesOf(n) < dwMany {
		return d.few
	}
	return d.many
}

// dwBlocks is how the tiles of a batch are divided: one or two parts, whose blocks add to an S
// of their own. It follows from the shape and the batch alone, as the bits do.
type dwBlocks struct {
	parts, part   int // parts, and the tiles of one
	blocks, tiles int // blocks of a part, and the tiles of one
}

// Sums are made in two parts from so many blocks on and up to so many floats of S. Several
// threads then need not transform anything twice; for one, to add the parts up takes a hundredth
// of its time.
const (
	dwHalfBlocks = 4
	dwHalfFloats = 640 << 10
)

// blocksOf divides the tiles of n images.
func (d *dwWinograd) blocksOf(n int) dwBlocks {
	total := d.w.tilesOf(n)
	b := dwBlocks{parts: 1, part: total, blocks: ceilDiv(total, winoDWTiles), tiles: min(total, winoDWTiles)}
	if b.blocks >= dwHalfBlocks && d.w.packedLen() <= dwHalfFloats {
		b.parts, b.part = 2, ceilDiv(total, 2)
		b.blocks = ceilDiv(b.part, winoDWTiles)
		b.tiles = ceilDiv(b.part, b.blocks)
	}
	return b
}

// only says whether all tiles are one block, so that nothing is added to S later.
func (b *dwBlocks) only() bool { return b.parts*b.blocks == 1 }

// dwAreas are the floats of V and D, and of their points.
type dwAreas struct{ v, d, xsV, xsD int }

// areas returns the areas of a block.
func (d *dwWinograd) areas(b dwBlocks) dwAreas {
	a := dwAreas{xsV: winoStride(d.w.ins, b.tiles), xsD: winoStride(d.w.outs, b.tiles)}
	a.v, a.d = d.w.points()*a.xsV, d.w.points()*a.xsD
	return a
}

func (d *dwWinograd) need(n int) (perWorker, shared int) {
	perWorker, shared = d.ownNeed(n)
	for ; n > 0; n-- {
		b := d.blocksOf(n)
		shared = max(shared, d.sharedLen(b))
	}
	return perWorker, shared
}

// sharedLen are the floats of V, D and the S of each part. An only block has panels instead.
func (d *dwWinograd) sharedLen(b dwBlocks) int {
	a := d.areas(b)
	if b.only() {
		return a.v + a.d
	}
	return a.v + a.d + b.parts*d.w.packedLen()
}

type dwWinogradTask struct {
	*dwWinograd
	ctx                *kernel.Ctx
	cut                dwBlocks
	areas              dwAreas
	part, block, phase int
	dw, x, dy          []float32
	table              []winoTile
	kinds              winoKinds

	tiles, spare [winoTiles]winoTile // behind table
}

// enter makes the table of a block of tiles of a part.
func (t *dwWinogradTask) enter(part, block, total int) {
	t.part, t.block = part, block
	first, end := part*t.cut.part+block*t.cut.tiles, min((part+1)*t.cut.part, total)
	t.table = t.tiles[:min(t.cut.tiles, end-first)]
	t.w.tiles(t.table, first)
	t.kinds = t.w.arrange(t.table, t.spare[:])
}

// Phases of a task.
const (
	dwTransform = iota
	dwMultiply
	dwBack
	dwBoth // of the only block
)

func (d *dwWinograd) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	cut, total := d.blocksOf(n), d.w.tilesOf(n)
	work := n * d.f.Shape.MACs() * d.w.points() / (9 * d.w.m * d.w.m) / cut.blocks
	if c.Pool.Threads() > 1 {
		d.runOwn(c, n, work, dw, x, dy)
		return
	}
	t := kernel.TaskOf[dwWinogradTask](c)
	*t = dwWinogradTask{dwWinograd: d, ctx: c, cut: cut, areas: d.areas(cut), dw: dw, x: x, dy: dy}
	for part := range cut.parts {
		for block := range cut.blocks {
			t.enter(part, block, total)
			t.phase = dwTransform
			c.Run(d.w.ins+d.w.outs, work, t)
			if cut.only() {
				t.phase = dwBoth
				c.Run(d.panels(), work, t)
				return
			}
			t.phase = dwMultiply
			c.Run(d.w.weights*d.w.weights, work, t)
		}
	}
	t.phase = dwBack
	c.Run(d.w.outs, 8*d.f.Shape.Weights(), t)
}

// Chunk does one group of channels or one point of a block, the weights of 16 outputs, or
// a panel of the products and weights of the only block.
func (t *dwWinogradTask) Chunk(worker, chunk int) {
	a := &t.areas
	shared := t.ctx.Shared(t.sharedLen(t.cut))
	v, d, sums := shared[:a.v], shared[a.v:][:a.d], shared[a.v+a.d:]
	switch t.phase {
	case dwTransform:
		t.transform(v, d, chunk)
	case dwMultiply:
		s := sums[t.part*t.w.packedLen():]
		for xi := range t.w.points() {
			if t.w.point(xi) == chunk {
				t.multiply(t.all(), xi, v, d, s[chunk*t.w.plane():])
			}
		}
	case dwBack:
		p := t.all()
		p.out, p.outs = chunk, 1
		s := sums[chunk*p.panel:]
		if t.cut.parts > 1 {
			t.join(p, s, s[t.w.packedLen():])
		}
		t.back(p, t.ctx.Scratch(worker, dwResults), s)
	case dwBoth:
		p := t.panel(chunk)
		scratch := t.ctx.Scratch(worker, dwResults+t.panelFloats())
		results, s := scratch[:dwResults], scratch[dwResults:]
		for xi := range t.w.points() {
			t.multiply(p, xi, v, d, s[t.w.point(xi)*p.stride:])
		}
		t.back(p, results, s)
	}
}

// transform fills one group of channels of V or, after those, of D.
func (t *dwWinogradTask) transform(v, d []float32, group int) {
	if group < t.w.ins {
		t.transformV(v, group, group)
	} else {
		t.transformD(d, group-t.w.ins, group-t.w.ins)
	}
}

// transformV fills place at of V with a group of channels of the input.
func (t *dwWinogradTask) transformV(v []float32, group, at int) {
	tiles := len(t.table)
	a := winoInArgs{table: &t.table[0], tiles: tiles, row: 4 * t.f.X.Row(), xs: 4 * t.areas.xsV}
	a.groups(t.f.X, t.x, v[at*tiles*tileOuts:], group, t.f.ISA, t.w.form, false)
}

// transformD fills place at of D with a group of channels of the gradient.
func (t *dwWinogradTask) transformD(d []float32, group, at int) {
	tiles := len(t.table)
	a := winoInArgs{table: &t.table[0], tiles: tiles, row: 4 * t.f.DY.Row(), xs: 4 * t.areas.xsD}
	a.groups(t.f.DY, t.dy, d[at*tiles*tileOuts:], group, t.f.ISA, t.w.form, true)
}

// groups transforms the blocks of one group of channels of a map, tiles of a form. (A transform that were handed over as a function would put a on the heap.)
func (a *winoInArgs) groups(m Map, data, v []float32, group int, isa kernel.ISA, form winoForm, gradient bool) {
	blocks, width := min(2, m.Blocks()-2*group), isa.Lanes()/Block
	if blocks == 2 && width == 2 {
		a.plane = 4 * m.Plane()
	}
	for b := 0; b < blocks; b += width {
		a.x, a.v = &data[(2*group+b)*m.Plane()], &v[b*Block]
		if gradient {
			a.gradient(isa, form)
		} else {
			a.run(isa, form)
		}
	}
}
