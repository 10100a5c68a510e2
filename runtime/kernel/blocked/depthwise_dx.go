package blocked

import (
	"slices"

	"github.com/netc-lang/netc/runtime/kernel"
)

// depthwiseDX is the backward-data convolution of a filter for each channel. As in
// [convDXDirect], results of equal remainders by the strides are a forward
// convolution of stride 1 of dy with the taps that meet them, turned round; with
// stride 1 that is the whole filter.
type depthwiseDX struct {
	f             *ConvDXConfig
	classes       []depthClass
	end           ending
	group, groups int  // blocks of a chunk, chunks of an image
	halving       bool // one kernel does all classes
}

// depthBackArgs is the argument block of the kernel of codegen/kernel/depthwise_back.go.
// Distances are in bytes.
type depthBackArgs struct {
	x, y, w0, w1, w2, w3  *float32
	blocks, rows, columns int
	xr, xb, yr, yb, wb    int
}

// depthClass is the results at rows h ≡ row and columns w ≡ col.
type depthClass struct {
	depthwise          // its kernel and how rows are cut; Out of its configuration has the size of the class
	row, col     int   // of the first result
	rows, cols   []int // taps of the forward filter
	top, left    int   // of the first window in dy
	rstep, cstep int   // from tap to tap in dy
	at           int   // of its packed weights
}

// newDepthwiseDX returns nil for other convolutions than depthwise ones.
func newDepthwiseDX(f *ConvDXConfig) *depthwiseDX {
	s := &f.Shape
	if s.Groups != s.C || s.O != s.C {
		return nil
	}
	d := &depthwiseDX{f: f, end: endingOf(&f.Epilogue)}
	at := 0
	for row := range min(s.StrideH, s.H) {
		for col := range min(s.StrideW, s.W) {
			c := newDepthClass(f, row, col)
			c.at, c.end = at, d.end
			at += f.Out.Blocks() * c.taps() * Block
			d.classes = append(d.classes, c)
		}
	}
	d.group = min(f.Out.Blocks(), max(1, bandWork/(s.H*s.W*Block*s.R*s.S)))
	d.groups = ceilDiv(f.Out.Blocks(), d.group)
	d.halving = f.ISA != kernel.Generic && d.end.flags == 0 && !f.Epilogue.Bias &&
		*s == kernel.ConvShape{
			C: s.C, O: s.C, Groups: s.C, H: 2 * f.In.H, W: 2 * f.In.W, R: 3, S: 3, StrideH: 2, StrideW: 2, DilH: 1, DilW: 1,
			PadTop: 1, PadLeft: 1, PadBottom: s.PadBottom, PadRight: s.PadRight,
		}
	return d
}

func newDepthClass(f *ConvDXConfig, row, col int) depthClass {
	s := &f.Shape
	c := depthClass{row: row, col: col}
	var rows, cols []int
	c.rows, c.top, rows = meeting(s.R, s.DilH, s.StrideH, row+s.PadTop)
	c.cols, c.left, cols = meeting(s.S, s.DilW, s.StrideW, col+s.PadLeft)
	c.rstep, c.cstep = stepOf(rows), stepOf(cols)
	for _, r := range c.rows {
		for _, k := range c.cols {
			c.walk = append(c.walk, r*s.S+k)
		}
	}
	if c.empty() {
		c.top, c.left = 0, 0
	}
	g := &ConvConfig{ISA: f.ISA, Out: Map{C: s.C, H: ceilDiv(s.H-row, s.StrideH), W: ceilDiv(s.W-col, s.StrideW)}}
	g.Shape = kernel.ConvShape{R: max(1, len(c.rows)), S: max(1, len(c.cols)), StrideH: 1, StrideW: 1, DilH: c.rstep, DilW: c.cstep}
	if c.empty() {
		g.Shape.R, g.Shape.S = 1, 1
	}
	c.f = g
	if s.StrideH == 1 && s.StrideW == 1 {
		c.shape = depthwiseKernelOf(&g.Shape)
	}
	c.cutRow(kernel.DoublePumped())
	return c
}

// stepOf returns the distance of neighbouring taps, which is the same for all.
func stepOf(windows []int) int {
	if len(windows) < 2 {
		return 1
	}
	return windows[1] - windows[0]
}

// empty reports whether no tap meets the results: one of weight zero writes them.
func (c *depthClass) empty() bool { return len(c.rows) == 0 || len(c.cols) == 0 }

// taps returns the packed taps of a channel.
func (c *depthClass) taps() int { return c.f.Shape.R * c.f.Shape.S }

func (d *depthwiseDX) packedLen() int {
	last := &d.classes[len(d.classes)-1]
	return last.at + d.f.Out.Blocks()*last.taps()*Block
}

func (d *depthwiseDX) pack(dst, w []float32) {
	s := &d.f.Shape
	for i := range d.classes {
		c := &d.classes[i]
		to := dst[c.at:][:d.f.Out.Blocks()*c.taps()*Block]
		if c.empty() {
			clear(to)
		} else {
			packFilters(to, w, s.C, s.R*s.S, c.walk)
		}
	}
}

// weightAt is where the weight of a tap lies.
func (d *depthwiseDX) weightAt(h, w, _, ch, r, k int) int {
	s := &d.f.Shape
	c := &d.classes[h%s.StrideH*min(s.StrideW, s.W)+w%s.StrideW]
	tap := slices.Index(c.rows, r)*len(c.cols) + slices.Index(c.cols, k)
	return c.at + (ch/Block*c.taps()+tap)*Block + ch%Block
}

// need makes room for the biases of a chunk.
func (d *depthwiseDX) need(int) (perWorker, shared int) { return d.group * Block, 0 }

func (d *depthwiseDX) run(c *kernel.Ctx, call convCall) {
	if d.f.manyImages(call.n) {
		d.runImages(c, call)
		return
	}
	t := kernel.TaskOf[depthwiseDXTask](c)
	*t = depthwiseDXTask{d: d, convCall: call, ctx: c}
	s := &d.f.Shape
	work := max(s.MACs(), 4*(d.f.In.Size()+d.f.Out.Size()))
	c.Run(call.n*d.groups, call.n*work, t)
}

type depthwiseDXTask struct {
	d *depthwiseDX
	convCall
	ctx *kernel.Ctx
}

// Chunk computes some blocks of one image.
func (t *depthwiseDXTask) Chunk(worker, chunk int) {
	d, out := t.d, t.d.f.Out
	image, b0 := chunk/d.groups, chunk%d.groups*d.group
	b1 := min(b0+d.group, out.Blocks())
	if d.halving {
		a := t.backArgs(image, b0)
		a.blocks = b1 - b0
		a.run(d.f.ISA)
		d.end.finish(&d.f.Epilogue, d.f.ISA, out, t.y, image, b0, b1, 0, out.H)
		return
	}
	bias, step := &noBias[0], 0
	if t.bias != nil {
		b := t.ctx.Scratch(worker, d.group*Block)
		padBias(b, t.bias, b0*Block)
		bias, step = &b[0], 4*Block
	}
	for i := range d.classes {
		c := &d.classes[i]
		a := t.args(c, image, b0)
		a.blocks, a.bias, a.biasblock = b1-b0, bias, step
		a.run(c.shape, c.isa)
	}
	d.end.finish(&d.f.Epilogue, d.f.ISA, out, t.y, image, b0, b1, 0, out.H)
}

// backArgs returns the argument block of all classes in one go, from a block on; how
// many is left out.
func (t *depthwiseDXTask) backArgs(image, block int) depthBackArgs {
	in, out := t.d.f.In, t.d.f.Out
	weights := func(class int) *float32 {
		c := &t.d.classes[class]
		return &t.packed[c.at+block*c.taps()*Block]
	}
	return depthBackArgs{
		x: &t.x[in.At(image, block, 0, 0)], y: &t.y[out.At(image, block, 0, 0)],
		w0: weights(0), w1: weights(1), w2: weights(2), w3: weights(3),
		rows: in.H, columns: in.W,
		xr: 4 * in.Row(), xb: 4 * in.Plane(), yr: 4 * out.Row(), yb: 4 * out.Plane(), wb: 4 * Block,
	}
}

// args returns the argument block of a class, blocks and bias left out.
func (t *depthwiseDXTask) args(c *depthClass, image, block int) depthwiseArgs {
	f, s, size := t.d.f, &t.d.f.Shape, c.f.Out
	in, out := f.In, f.Out
	a := depthwiseArgs{
		x:    &t.x[in.At(image, block, c.top, c.left)],
		y:    &t.y[out.At(image, block, c.row, c.col)],
		w:    &t.packed[c.at+block*c.taps()*Block],
		rows: size.H, width: c.width, wide: c.wide, tiles: c.tiles,
		xblock: 4 * in.Plane(), yblock: 4 * out.Plane(), wblock: 4 * c.taps() * Block,
		xtap: 4 * c.rstep * in.Row(), xrow: 4 * in.Row(), yrow: 4 * s.StrideH * out.Row(),
		flags: c.end.flags, mask: 0xffff >> (8 * (size.W & 1)),
		lo: c.end.lo, hi: c.end.hi, alpha: c.end.alpha,
		taprows: c.f.Shape.R, tapcols: c.f.Shape.S, xcol: 4 * Block * c.cstep, xpixel: 4 * Block, ypixel: 4 * Block * s.StrideW,
	}
	if f.Epilogue.Residual {
		r := f.Residual
		a.res = &t.residual[r.At(image, block, c.row, c.col)]
		a.rblock, a.rrow = 4*r.Plane(), 4*s.StrideH*r.Row()
	}
	return a
}
