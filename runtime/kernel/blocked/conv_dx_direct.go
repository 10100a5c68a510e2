package blocked

import (
	"slices"

	"github.com/netc-lang/netc/runtime/kernel"
)

// convDXDirect is a backward-data convolution by the tiles of [Direct]. Results
// whose positions have the same remainders by the strides read the same taps: each
// such class is a forward convolution of stride 1 of its own, with the taps that
// meet it in reverse, and writes every stride-th pixel of dx. No zeros are inserted
// and none multiplied. With stride 1 there is one class.
type convDXDirect struct {
	f       *ConvDXConfig
	classes []*dxClass
	packed  int
	end     ending
}

// dxClass is the results at rows h ≡ row and columns w ≡ col.
type dxClass struct {
	*convDirect
	rows, cols []int // taps of the forward filter
	at         int   // of its packed weights
	walk       tileWalk
}

func newConvDXDirect(f *ConvDXConfig) *convDXDirect {
	d := &convDXDirect{f: f, end: endingOf(&f.Epilogue)}
	s := &f.Shape
	for row := range min(s.StrideH, s.H) {
		for col := range min(s.StrideW, s.W) {
			c := newDXClass(f, row, col)
			c.at = d.packed
			d.packed += c.order.len()
			d.classes = append(d.classes, c)
		}
	}
	if len(d.classes) > 1 {
		d.share()
	}
	return d
}

func newDXClass(f *ConvDXConfig, row, col int) *dxClass {
	s := &f.Shape
	c := &dxClass{}
	view := directView{out: f.Out, residual: f.Residual, gate: f.Gate, row: row, col: col, stepH: s.StrideH, stepW: s.StrideW}
	c.rows, view.top, view.rows = meeting(s.R, s.DilH, s.StrideH, row+s.PadTop)
	c.cols, view.left, view.cols = meeting(s.S, s.DilW, s.StrideW, col+s.PadLeft)
	c.walk = tileWalk{window: s.R * s.S, outStep: s.R * s.S, inStep: s.C / s.Groups * s.R * s.S}
	for _, r := range c.rows {
		for _, k := range c.cols {
			c.walk.taps = append(c.walk.taps, r*s.S+k)
		}
	}
	g := &ConvConfig{In: f.In, Out: Map{C: s.C, H: ceilDiv(s.H-row, s.StrideH), W: ceilDiv(s.W-col, s.StrideW)}, Split: AnySplit.or(f.In, f.Out),
		Epilogue: f.Epilogue, Residual: f.Residual, ISA: f.ISA,
		Shape: kernel.ConvShape{C: s.O, O: s.C, R: len(c.rows), S: len(c.cols), StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: s.Groups}}
	if c.empty() {
		// No tap meets it: one of weight zero, over one channel, writes its zeros.
		view.top, view.left, view.rows, view.cols = 0, 0, []int{0}, []int{0}
		g.Shape.R, g.Shape.S, g.Shape.C, g.Shape.Groups = 1, 1, 1, 1
	}
	g.Shape.H, g.Shape.W = g.Out.H+g.Shape.R-1, g.Out.W+g.Shape.S-1
	order := newDirectOrder(&g.Shape)
	if f.ISA == kernel.Generic {
		c.convDirect = &convDirect{f: g, order: order, view: view}
	} else {
		c.convDirect = newViewDirect(g, order, view)
	}
	return c
}

func (c *dxClass) empty() bool { return len(c.rows) == 0 || len(c.cols) == 0 }

// meeting returns the taps that meet positions at, at+stride, ... of a padded
// input: the first window of the first position, and how far the taps' windows lie
// from it.
func meeting(taps, dilation, stride, at int) (meet []int, first int, windows []int) {
	for r := taps - 1; r >= 0; r-- {
		if from := at - r*dilation; from%stride == 0 {
			if len(meet) == 0 {
				first = from / stride
			}
			meet, windows = append(meet, r), append(windows, from/stride-first)
		}
	}
	return meet, first, windows
}

func (d *convDXDirect) packedLen() int { return d.packed }

// weightAt returns where the weight lies that takes output o, row r and column k of
// the forward convolution to channel ch of position h, w.
func (d *convDXDirect) weightAt(h, w, o, ch, r, k int) int {
	s := &d.f.Shape
	c := d.classes[h%s.StrideH*min(s.StrideW, s.W)+w%s.StrideW]
	return c.at + c.order.at(ch, o%(s.O/s.Groups), slices.Index(c.rows, r), slices.Index(c.cols, k))
}

// need is the bias of a unit, padded to whole vectors.
func (d *convDXDirect) need(int) (perWorker, shared int) { return 4 * tileOuts, 0 }

// dxTogether is the bytes of dy and dx of some images that all classes write while
// they stay in the second cache: a class writes half lines only.
const dxTogether = 768 << 10

// dxShare is the fewest groups of images that threads share evenly.
const dxShare = 4

func (d *convDXDirect) run(c *kernel.Ctx, call convCall) {
	if len(d.classes) > 1 {
		group := max(1, min(call.n/dxShare, dxTogether/(4*(d.f.In.Size()+d.f.Out.Size()))))
		if groups := ceilDiv(call.n, group); groups >= dxShare {
			t := kernel.TaskOf[dxGroupTask](c)
			*t = dxGroupTask{d: d, convCall: call, ctx: c, group: group}
			c.Run(groups, call.n*d.f.Shape.MACs(), t)
			return
		}
	}
	if len(d.classes) > 1 {
		d.runBands(c, call)
		return
	}
	d.classes[0].run(c, call)
}

// dxGroupTask computes some images at a time, class by class.
type dxGroupTask struct {
	d *convDXDirect
	convCall
	ctx   *kernel.Ctx
	group int
}

// Chunk computes one group of images.
func (t *dxGroupTask) Chunk(worker, chunk int) {
	d, f := t.d, t.d.f
	first := chunk * t.group
	call := convCall{n: min(t.group, t.n-first), y: t.y[first*f.Out.Step():], x: t.x[first*f.In.Step():], bias: t.bias}
	if t.residual != nil {
		call.residual = t.residual[first*f.Residual.Step():]
	}
	if t.gate != nil {
		call.gate = t.gate[first*f.Gate.Map.Step():]
	}
	for _, class := range d.classes {
		call.packed = t.packed[class.at:]
		inner := directTask{convDirect: class.by(1), convCall: call, ctx: t.ctx, threads: 1}
		for k := range inner.chunks(call.n) {
			inner.Chunk(worker, k)
		}
	}
	out := f.Out
	for i := range call.n {
		d.end.finish(&f.Epilogue, f.ISA, out, call.y, i, 0, out.Blocks(), 0, out.H)
	}
}
