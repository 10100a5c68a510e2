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
func (d *dwWinograd) ownAreas(n int, c dwOwnCut) dwAreas {
	a := d.areas(n)
	a.xsV, a.xsD = winoStride(c.ins, a.tiles), winoStride(c.outs, a.tiles)
	a.v, a.d = d.w.points()*a.xsV, d.w.points()*a.xsD
	return a
}

// ownNeed returns the scratch floats of a thread, results, a panel of S, V and D, and those
// that all share, for up to n images.
func (d *dwWinograd) ownNeed(n int) (perWorker, shared int) {
	for ; n > 0; n-- {
		c := d.ownCut(n)
		a := d.ownAreas(n, c)
		perWorker = max(perWorker, dwResults+d.panelFloats()+a.v+a.d)
		shared = max(shared, c.chunks*d.ownSumsLen(c))
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

// runOwn is run for several threads.
func (d *dwWinograd) runOwn(c *kernel.Ctx, n, blocks, work int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwOwnTask](c)
	threads, entered := c.Pool.Threads(), t.entered
	if len(entered) < threads {
		entered = make([]int, threads)
	}
	clear(entered)
	cut := d.ownCut(n)
	*t = dwOwnTask{dwWinogradTask{dwWinograd: d, areas: d.ownAreas(n, cut), n: n, dw: dw, x: x, dy: dy, ctx: c}, entered, blocks, cut}
	for block := range blocks {
		t.enter(block)
		c.Run(cut.chunks, work, t)
	}
}

type dwOwnTask struct {
	dwWinogradTask
	entered []int // by worker: 1 + the block of tiles that its transforms of the whole side are of
	blocks  int
	cut     dwOwnCut
}

// Chunk adds a block of tiles to the sums of some groups, and after the last one writes their
// weights.
func (t *dwOwnTask) Chunk(worker, chunk int) {
	all := t.ownPanel(t.cut, chunk)
	scratch := t.ctx.Scratch(worker, dwResults+t.panelFloats()+t.areas.v+t.areas.d)
	results, scratch := scratch[:dwResults], scratch[dwResults:]
	s, scratch := scratch[:t.panelFloats()], scratch[t.panelFloats():]
	v, d := scratch[:t.areas.v], scratch[t.areas.v:]
	entered := t.entered[worker] == t.block+1
	t.entered[worker] = t.block + 1
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
	if t.blocks == 1 {
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
		return
	}
	all.panel, all.stride = t.cut.ins*tileOuts*tileOuts, winoStride(t.cut.ins*t.cut.outs, tileOuts)
	sums := t.ctx.Shared(t.cut.chunks * t.ownSumsLen(t.cut))[chunk*t.ownSumsLen(t.cut):]
	for xi := range t.w.points() {
		t.multiply(all, xi, v, d, sums[t.w.point(xi)*all.stride:])
	}
	if t.block == t.blocks-1 {
		t.back(all, results, sums)
	}
}
