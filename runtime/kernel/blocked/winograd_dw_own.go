package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Threads that share V and D fetch half of both out of each other's caches, which takes
// longer than their products: two were up to twice as slow as one. So several threads share
// out the groups of inputs, and each makes what it multiplies: V of the inputs of a chunk, and
// D of all outputs once a block. A weight's sum is the same chain over the tiles.

// dwOwnChunks is the chunks that two threads and more share.
const dwOwnChunks = 4

// ownIns returns the groups of inputs of a chunk.
func (d *dwWinograd) ownIns() int { return ceilDiv(d.w.ins, dwOwnChunks) }

// ownAreas are the areas of one thread: V has the groups of one chunk.
func (d *dwWinograd) ownAreas(n int) dwAreas {
	a := d.areas(n)
	a.xsV = winoStride(d.ownIns(), a.tiles)
	a.v = d.w.points() * a.xsV
	return a
}

// ownNeed returns the scratch floats of a thread: results, a panel of S, V and D.
func (d *dwWinograd) ownNeed(n int) int {
	a := d.ownAreas(n)
	return dwResults + d.panelFloats() + a.v + a.d
}

// panelFloats are those of S of a panel.
func (d *dwWinograd) panelFloats() int { return d.w.weights * d.w.weights * d.whole().stride }

// ownSums is S of a chunk of several blocks of tiles. Each chunk has its sums in one piece: of
// sums that take turns in memory with those of another thread, the processor fetches the
// beginnings of what that one writes.
func (d *dwWinograd) ownSums(from, to int) dwWinogradPanel {
	p := d.all()
	p.in, p.ins, p.base = from, to-from, from
	p.panel = d.ownIns() * tileOuts * tileOuts
	p.stride = winoStride(d.ownIns()*d.w.outs, tileOuts)
	return p
}

// ownSumsLen returns the floats of the sums of a chunk, ownShared those of all.
func (d *dwWinograd) ownSumsLen() int {
	return d.w.weights * d.w.weights * winoStride(d.ownIns()*d.w.outs, tileOuts)
}

func (d *dwWinograd) ownShared() int { return ceilDiv(d.w.ins, d.ownIns()) * d.ownSumsLen() }

// runOwn is run for several threads.
func (d *dwWinograd) runOwn(c *kernel.Ctx, n, blocks, work int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwOwnTask](c)
	threads, entered := c.Pool.Threads(), t.entered
	if len(entered) < threads {
		entered = make([]int, threads)
	}
	clear(entered)
	*t = dwOwnTask{dwWinogradTask{dwWinograd: d, areas: d.ownAreas(n), n: n, dw: dw, x: x, dy: dy, ctx: c}, entered, blocks}
	for block := range blocks {
		t.enter(block)
		c.Run(ceilDiv(d.w.ins, d.ownIns()), work, t)
	}
}

type dwOwnTask struct {
	dwWinogradTask
	entered []int // by worker: 1 + the block of tiles that its D is of
	blocks  int
}

// Chunk adds a block of tiles to the sums of some groups of inputs, and after the last one
// writes their weights.
func (t *dwOwnTask) Chunk(worker, chunk int) {
	from := chunk * t.ownIns()
	to := min(from+t.ownIns(), t.w.ins)
	scratch := t.ctx.Scratch(worker, t.ownNeed(t.n))
	results, scratch := scratch[:dwResults], scratch[dwResults:]
	s, scratch := scratch[:t.panelFloats()], scratch[t.panelFloats():]
	v, d := scratch[:t.areas.v], scratch[t.areas.v:]
	if t.entered[worker] != t.block+1 {
		for g := range t.w.outs {
			t.transformD(d, g)
		}
		t.entered[worker] = t.block + 1
	}
	for g := from; g < to; g++ {
		t.transformV(v, g, g-from)
	}
	if t.blocks == 1 {
		for in := from; in < to; in += dwPanelIns {
			for out := 0; out < t.w.outs; out += dwPanelOuts {
				p := t.whole()
				p.in, p.ins, p.base = in, min(dwPanelIns, to-in), from
				p.out, p.outs = out, min(dwPanelOuts, t.w.outs-out)
				for xi := range t.w.points() {
					t.multiply(p, xi, v, d, s[t.w.point(xi)*p.stride:])
				}
				t.back(p, results, s)
			}
		}
		return
	}
	p := t.ownSums(from, to)
	sums := t.ctx.Shared(t.ownShared())[chunk*t.ownSumsLen():]
	for xi := range t.w.points() {
		t.multiply(p, xi, v, d, sums[t.w.point(xi)*p.stride:])
	}
	if t.block == t.blocks-1 {
		t.back(p, results, sums)
	}
}
