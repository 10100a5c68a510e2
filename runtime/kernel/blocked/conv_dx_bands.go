package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// Classes of a gradient of few images share one run: a chunk is some rows and channels of the
// result, in all classes. By themselves those that no tap meets have nothing to multiply, only
// to write, and a class writes half lines, which the next finds in the cache of who wrote them.

// share divides all classes as the one with the most taps would be.
func (d *convDXDirect) share() {
	busiest := d.classes[0]
	for _, c := range d.classes {
		if c.view.part = true; len(c.rows)*len(c.cols) > len(busiest.rows)*len(busiest.cols) {
			busiest = c
		}
	}
	if d.f.ISA == kernel.Generic {
		return
	}
	cut := busiest.cut
	if d.f.Shape.Groups > 1 { // a class without taps has none, and other units
		for _, c := range d.classes {
			cut.units = max(cut.units, len(c.units))
		}
	}
	for _, c := range d.classes {
		c.shareLike(cut)
	}
}

// shareLike divides a class as another is.
func (c *dxClass) shareLike(other directCut) {
	units := c.units
	if c.solo != nil {
		c.units = c.solo.units
	}
	c.shareAs(units, func(d *convDirect) directCut {
		cut := other
		cut.images, cut.pass, cut.rows = 1, d.pass(), min(cut.rows, d.f.Out.H)
		cut.bands, cut.parts = ceilDiv(d.f.Out.H, cut.rows), ceilDiv(len(units), cut.units)
		return cut
	})
}

func (d *convDXDirect) runBands(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[dxBandTask](c)
	*t = dxBandTask{d: d, convCall: call, ctx: c, threads: c.Pool.Threads()}
	work := 0
	for _, class := range d.classes {
		work += class.f.work()
	}
	c.Run(d.classes[0].chunks(call.n), call.n*work, t)
}

// dxBandTask computes some rows of some channels at a time, class by class.
type dxBandTask struct {
	d *convDXDirect
	convCall
	ctx     *kernel.Ctx
	threads int // that share the chunks
}

// Chunk computes what a chunk of the first class, whose maps are the largest, covers.
func (t *dxBandTask) Chunk(worker, chunk int) {
	d, f := t.d, t.d.f
	first := d.classes[0]
	bias := t.ctx.Scratch(worker, tiles.MaxOuts)
	inner := directTask{convDirect: first.convDirect, convCall: t.convCall, ctx: t.ctx, threads: t.threads}
	_, part := first.place(chunk, t.n, t.threads)
	w := inner.Writes(chunk)
	for _, class := range d.classes {
		inner.convDirect, inner.packed = class.convDirect, t.packed[class.at:]
		unit := part * class.cut.units
		units := min(class.cut.units, len(class.units)-unit)
		if p1 := min(w.Rows[1], class.f.Out.H); w.Rows[0] < p1 {
			inner.some(unit, units, bias, w.Images[0], 1, w.Rows[0], p1)
		}
	}
	rows := [2]int{w.Rows[0] * f.Shape.StrideH, min(w.Rows[1]*f.Shape.StrideH, f.Out.H)}
	d.end.finish(&f.Epilogue, f.ISA, f.Out, t.y, w.Images[0], w.Blocks[0], w.Blocks[1], rows[0], rows[1])
}
