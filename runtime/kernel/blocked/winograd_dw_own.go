package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Threads that share V and D fetch half of both out of each other's caches, which takes
// longer than their products: two were up to twice as slow as one. So several threads share
// out the groups of one side, outputs or inputs, and each makes what it multiplies: of that
// side the groups of a chunk, and of the other all of them once a block. A weight's sum is the
// same chain over the tiles.

const (
	dwOwnChunks = 4  // that two threads and more share
	dwOwnSeams  = 64 // tiles whose D takes as long as 16 outputs of whose weights each thread writes some
)

// dwOwnCut is how the work of several threads is divided: the groups of a chunk, all of them on
// one side.
type dwOwnCut struct{ ins, outs, chunks int }

// ownCut returns the cut of n images. Threads that share outputs write weights that lie in one
// piece, and each transforms all inputs; those that share inputs write a piece of every output,
// at whose ends the processor fetches what the other writes, and transform all outputs.
func (d *dwWinograd) ownCut(n int) dwOwnCut {
	tiles := d.w.tilesOf(n)
	if d.w.outs >= 2*dwPanelOuts && 5*d.w.ins*tiles <= 4*d.w.outs*(tiles+dwOwnSeams) { // V takes 5/4 of D
		return d.ownOuts()
	}
	return d.ownIns()
}

// ownIns is the cut by inputs.
func (d *dwWinograd) ownIns() dwOwnCut {
	c := dwOwnCut{ins: ceilDiv(d.w.ins, dwOwnChunks), outs: d.w.outs}
	c.chunks = ceilDiv(d.w.ins, c.ins)
	return c
}

// ownOuts is the cut by outputs, in pairs of groups, which are as wide as a register tile.
func (d *dwWinograd) ownOuts() dwOwnCut {
	pairs, chunks := ceilDiv(d.w.outs, dwPanelOuts), dwOwnChunks
	if pairs%chunks != 0 && pairs%2 == 0 || pairs < chunks {
		chunks = 2
	}
	c := dwOwnCut{ins: d.w.ins, outs: dwPanelOuts * ceilDiv(pairs, chunks)}
	c.chunks = ceilDiv(d.w.outs, c.outs)
	return c
}

// ownPanel is the part of S of a chunk.
func (d *dwWinograd) ownPanel(c dwOwnCut, chunk int) dwWinogradPanel {
	p := d.all()
	if c.ins < d.w.ins {
		p.in = chunk * c.ins
		p.ins = min(c.ins, d.w.ins-p.in)
	} else {
		p.out = chunk * c.outs
		p.outs = min(c.outs, d.w.outs-p.out)
	}
	p.inBase, p.outBase = p.in, p.out
	return p
}

// ownAreas are the areas of one thread.
func (d *dwWinograd) ownAreas(b dwBlocks, c dwOwnCut) dwAreas {
	a := dwAreas{xsV: winoStride(c.ins, b.tiles), xsD: winoStride(c.outs, b.tiles)}
	a.v, a.d = d.w.points()*a.xsV, d.w.points()*a.xsD
	return a
}

// ownNeed returns the scratch floats of a thread, results, a panel of S, V and D, and those
// that all share, for up to n images.
func (d *dwWinograd) ownNeed(n int) (perWorker, shared int) {
	for ; n > 0; n-- {
		b, c := d.blocksOf(n), d.ownCut(n)
		a := d.ownAreas(b, c)
		perWorker = max(perWorker, dwResults+d.panelFloats()+a.v+a.d)
		shared = max(shared, b.parts*c.chunks*d.ownSumsLen(c))
	}
	return perWorker, shared
}

// panelFloats are those of S of a panel.
func (d *dwWinograd) panelFloats() int { return d.w.weights * d.w.weights * d.whole().stride }

// ownSumsLen returns the floats of S of a chunk of several blocks of tiles. Each chunk has its
// sums in one piece: of sums that take turns in memory with those of another thread, the
// processor fetches the beginnings of what that one writes.
func (d *dwWinograd) ownSumsLen(c dwOwnCut) int {
	return d.w.weights * d.w.weights * winoStride(c.ins*c.outs, tileOuts)
}

// runOwn is run for several threads: a block of each part at a time.
func (d *dwWinograd) runOwn(c *kernel.Ctx, n, work int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwOwnTask](c)
	threads, entered := c.Pool.Threads(), t.entered
	if len(entered) < threads {
		entered = make([]int, threads)
	}
	clear(entered)
	blocks, cut, total := d.blocksOf(n), d.ownCut(n), d.w.tilesOf(n)
	*t = dwOwnTask{entered: entered, cut: cut}
	for p := range blocks.parts {
		t.parts[p] = dwWinogradTask{dwWinograd: d, ctx: c, cut: blocks, areas: d.ownAreas(blocks, cut), dw: dw, x: x, dy: dy}
	}
	for block := range blocks.blocks {
		for p := range blocks.parts {
			t.parts[p].enter(p, block, total)
		}
		c.Run(blocks.parts*cut.chunks, work, t)
	}
	if !blocks.only() {
		t.back = true
		c.Run(cut.chunks, 8*d.f.Shape.Weights(), t)
	}
}

type dwOwnTask struct {
	parts   [2]dwWinogradTask
	cut     dwOwnCut
	entered []int // by worker: 1 + the block of all parts that its transforms of the whole side are of
	back    bool  // all blocks are done
}

// Chunk adds a block of tiles to the sums of some groups of a part, or writes the weights of
// some groups.
func (t *dwOwnTask) Chunk(worker, chunk int) {
	if t.back {
		t.parts[0].ownBack(worker, chunk, t.cut)
		return
	}
	part := chunk / t.cut.chunks
	p := &t.parts[part]
	block := part*p.cut.blocks + p.block + 1
	p.own(worker, chunk%t.cut.chunks, t.cut, t.entered[worker] == block)
	t.entered[worker] = block
}

// own adds a block of tiles to the sums of a chunk, or writes its weights where it is the only
// one. entered says whether the worker's last chunk was of this block.
func (t *dwWinogradTask) own(worker, chunk int, cut dwOwnCut, entered bool) {
	all := t.ownPanel(cut, chunk)
	scratch := t.ctx.Scratch(worker, dwResults+t.panelFloats()+t.areas.v+t.areas.d)
	results, scratch := scratch[:dwResults], scratch[dwResults:]
	s, scratch := scratch[:t.panelFloats()], scratch[t.panelFloats():]
	v, d := scratch[:t.areas.v], scratch[t.areas.v:]
	if !entered || all.ins < t.w.ins {
		for g := range all.ins {
			t.transformV(v, all.in+g, g)
		}
	}
	if !entered || all.outs < t.w.outs {
		for g := range all.outs {
			t.transformD(d, all.out+g, g)
		}
	}
	if !t.cut.only() {
		sums := t.ownSums(&all, t.part, chunk, cut)
		for xi := range t.w.points() {
			t.multiply(all, xi, v, d, sums[t.w.point(xi)*all.stride:])
		}
		return
	}
	for in := all.in; in < all.in+all.ins; in += dwPanelIns {
		for out := all.out; out < all.out+all.outs; out += dwPanelOuts {
			p := t.whole()
			p.in, p.ins, p.inBase = in, min(dwPanelIns, all.in+all.ins-in), all.in
			p.out, p.outs, p.outBase = out, min(dwPanelOuts, all.out+all.outs-out), all.out
			for xi := range t.w.points() {
				t.multiply(p, xi, v, d, s[t.w.point(xi)*p.stride:])
			}
			t.back(p, results, s)
		}
	}
}

// ownSums is the S of a chunk of a part, which it makes a panel of.
func (t *dwWinogradTask) ownSums(all *dwWinogradPanel, part, chunk int, cut dwOwnCut) []float32 {
	all.panel, all.stride = cut.ins*tileOuts*tileOuts, winoStride(cut.ins*cut.outs, tileOuts)
	floats := t.ownSumsLen(cut)
	return t.ctx.Shared(t.cut.parts * cut.chunks * floats)[(part*cut.chunks+chunk)*floats:][:floats]
}

// ownBack writes the weights of a chunk, of the sums of all parts.
func (t *dwWinogradTask) ownBack(worker, chunk int, cut dwOwnCut) {
	all := t.ownPanel(cut, chunk)
	sums := t.ownSums(&all, 0, chunk, cut)
	if t.cut.parts > 1 {
		t.join(all, sums, t.ownSums(&all, 1, chunk, cut))
	}
	t.back(all, t.ctx.Scratch(worker, dwResults), sums)
}
