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
// of channels, products by points. Every sum is one chain over the tiles, so its bits do not
// depend on the threads, of which several go another way (winograd_dw_own.go).
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

// dwAreas are the floats of V, D and S, and of their points.
type dwAreas struct{ tiles, v, d, xsV, xsD int }

func (d *dwWinograd) areas(n int) dwAreas {
	a := dwAreas{tiles: min(d.w.tilesOf(n), winoDWTiles)}
	a.xsV, a.xsD = winoStride(d.w.ins, a.tiles), winoStride(d.w.outs, a.tiles)
	a.v, a.d = d.w.points()*a.xsV, d.w.points()*a.xsD
	return a
}

func (d *dwWinograd) need(n int) (perWorker, shared int) {
	a := d.areas(n)
	perWorker, sums := d.ownNeed(n)
	shared = a.v + a.d
	if d.blocks(n) > 1 {
		shared = max(shared+d.w.packedLen(), sums)
	}
	return perWorker, shared
}

// blocks returns the blocks of the tiles of n images.
func (d *dwWinograd) blocks(n int) int { return ceilDiv(d.w.tilesOf(n), winoDWTiles) }

type dwWinogradTask struct {
	*dwWinograd
	ctx          *kernel.Ctx
	areas        dwAreas
	n            int
	block, phase int
	dw, x, dy    []float32
	table        []winoTile
	kinds        winoKinds

	tiles, spare [winoTiles]winoTile // behind table
}

// enter makes the table of a block of tiles.
func (t *dwWinogradTask) enter(block int) {
	t.block = block
	first := block * t.areas.tiles
	t.table = t.tiles[:min(t.areas.tiles, t.w.tilesOf(t.n)-first)]
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
	blocks := d.blocks(n)
	work := n * d.f.Shape.MACs() * d.w.points() / (9 * d.w.m * d.w.m) / blocks
	if c.Pool.Threads() > 1 {
		d.runOwn(c, n, blocks, work, dw, x, dy)
		return
	}
	t := kernel.TaskOf[dwWinogradTask](c)
	*t = dwWinogradTask{dwWinograd: d, ctx: c, areas: d.areas(n), n: n, dw: dw, x: x, dy: dy}
	for block := range blocks {
		t.enter(block)
		t.phase = dwTransform
		c.Run(d.w.ins+d.w.outs, work, t)
		if blocks == 1 {
			t.phase = dwBoth
			c.Run(d.panels(), work, t)
			return
		}
		t.phase = dwMultiply
		c.Run(d.w.weights*d.w.weights, work, t)
	}
	t.phase = dwBack
	c.Run(d.w.outs, 8*d.f.Shape.Weights(), t)
}

// Chunk does one group of channels or one point of a block, the weights of 16 outputs, or
// a panel of the products and weights of the only block.
func (t *dwWinogradTask) Chunk(worker, chunk int) {
	a := &t.areas
	area := a.v + a.d
	if t.phase != dwBoth && t.blocks(t.n) > 1 {
		area += t.w.packedLen()
	}
	shared := t.ctx.Shared(area)
	v, d, s := shared[:a.v], shared[a.v:][:a.d], shared[a.v+a.d:]
	switch t.phase {
	case dwTransform:
		t.transform(v, d, chunk)
	case dwMultiply:
		for xi := range t.w.points() {
			if t.w.point(xi) == chunk {
				t.multiply(t.all(), xi, v, d, s[chunk*t.w.plane():])
			}
		}
	case dwBack:
		p := t.all()
		p.out, p.outs = chunk, 1
		t.back(p, t.ctx.Scratch(worker, dwResults), s[chunk*p.panel:])
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
