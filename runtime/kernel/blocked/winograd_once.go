package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// winoOnce runs weights that no other call will read, those of a training step. It takes
// them as they come and makes U of a few outputs at a time, which stays in the second cache
// until all tiles of a block have met it: written to memory and read again, U, four times
// the weights, takes as long as the products of 32 tiles.
type winoOnce struct{ *convWinograd }

const (
	onceOuts  = 2       // groups of outputs whose U is made at a time: one register tile wide
	onceTiles = 256     // most tiles of a block, whose V comes from the third cache for each U
	onceFrom  = 8 << 20 // bytes of U that are too many for the caches
)

// once returns w, or the form of it that makes U while it runs, for a call of some images.
// It depends on the weights alone, so that plans for other sizes read the same ones.
func (w *convWinograd) once(images int) convMethod {
	if images > 1 && 4*w.packedLen() >= onceFrom {
		return &winoOnce{w}
	}
	return w
}

// asStored reports whether a method reads weights as they come.
func asStored(m convMethod) bool {
	_, ok := m.(*winoOnce)
	return ok
}

func (w *winoOnce) packedLen() int { return w.f.Shape.Weights() }

func (w *winoOnce) pack(dst, weights []float32) { copy(dst, weights[:w.packedLen()]) }

func (w *winoOnce) packParts() int { return 1 }

func (w *winoOnce) packPart(dst, weights []float32, _ int) { w.pack(dst, weights) }

func (w *winoOnce) cutOf(n int) winoCut {
	total := w.tilesOf(n)
	c := winoCut{blocks: ceilDiv(total, onceTiles), outs: min(onceOuts, w.outs)}
	c.tiles, c.parts = ceilDiv(total, c.blocks), ceilDiv(w.outs, c.outs)
	return c
}

// stride is the floats from one point of U to the next.
func (w *winoOnce) stride(c winoCut) int { return winoStride(c.outs, w.channels) }

func (w *winoOnce) need(n int) (perWorker, shared int) {
	if w.generic {
		return 0, w.convWinograd.packedLen()
	}
	for ; n > 0; n-- {
		c := w.cutOf(n)
		perWorker, shared = max(perWorker, w.scratch(c)), max(shared, w.sizeV(c))
	}
	return perWorker, shared
}

// scratch returns the floats that a worker has for biases, M and U.
func (w *winoOnce) scratch(c winoCut) int {
	return w.biases() + w.sizeM(c) + w.weights*w.weights*w.stride(c)
}

func (w *winoOnce) run(c *kernel.Ctx, call convCall) {
	if w.generic {
		packed := c.Shared(w.convWinograd.packedLen())
		w.convWinograd.pack(packed, call.packed)
		call.packed = packed
		w.runGeneric(c, call)
		return
	}
	t := kernel.TaskOf[winoOnceTask](c)
	*t = winoOnceTask{winoOnce: w, convCall: call, ctx: c, cut: w.cutOf(call.n)}
	work := w.work(call.n) / t.cut.blocks
	for t.block = range t.cut.blocks {
		t.table = t.tiles[:min(t.cut.tiles, w.tilesOf(call.n)-t.block*t.cut.tiles)]
		w.convWinograd.tiles(t.table, t.block*t.cut.tiles)
		t.kinds = w.arrange(t.table, t.spare[:])
		t.products = false
		c.Run(w.ins, work, t)
		t.products = true
		c.Run(t.cut.parts, work, t)
	}
}

type winoOnceTask struct {
	*winoOnce
	convCall
	ctx      *kernel.Ctx
	cut      winoCut
	block    int
	products bool // the second phase
	table    []winoTile
	kinds    winoKinds

	tiles, spare [onceTiles]winoTile // behind table
}

// Chunk transforms one group of channels of the tiles of a block, or computes some groups of
// their outputs.
func (t *winoOnceTask) Chunk(worker, chunk int) {
	inner := winoTask{convWinograd: t.convWinograd, convCall: t.convCall, ctx: t.ctx, cut: t.cut}
	v := t.ctx.Shared(t.sizeV(t.cut))
	if !t.products {
		inner.transformIn(v, t.table, chunk)
		return
	}
	scratch := t.ctx.Scratch(worker, t.scratch(t.cut))
	bias, m, u := scratch[:t.biases()], scratch[t.biases():][:t.sizeM(t.cut)], scratch[t.biases()+t.sizeM(t.cut):]
	clear(bias[copy(bias, t.bias):])
	from := chunk * t.cut.outs
	to := min(from+t.cut.outs, t.outs)
	inner.u = winoU{data: u, stride: t.stride(t.cut), from: from, to: to}
	for g := from; g < to; g++ {
		for i := 0; i < t.channels; i += winoInputs {
			t.packInputs(u[(g-from)*t.panel()+i*tileOuts:], inner.u.stride, t.packed, g, i, min(winoInputs, t.channels-i))
		}
	}
	inner.part(bias, m, v, t.table, t.kinds, t.block*t.cut.tiles, chunk, &winoAhead{})
}
