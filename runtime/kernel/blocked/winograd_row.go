package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// convWinogradRow is F(4, 4) along the rows of a plain picture of stride 2: the even and
// the odd columns of a window of 7 or 8 are two windows of at most 4 on the even and the
// odd columns of the picture, whose products share one transform back:
//
//	M[xi][p, k][o] = Σ_{i,c,r} V[xi][i][c][k][p·stride + r] · U[xi][i][c][r][o]      y = Aᵀ M
//
//	V   [7][C][2][tiles][lines]    U   [7][⌈O/16⌉][C][2][R][16]    M   [7][rows][tiles][⌈O/16⌉·16]
//
// (28 multiply-adds of 7 columns and 4 results become 14.) For each point that is a direct
// convolution whose pixels are tiles and whose channels are lines, so that the kernels of
// Direct do it. A band of rows is transformed, multiplied and transformed back while it
// lies in the second cache. The transforms stand in codegen/kernel/winograd_row.go.
type convWinogradRow struct {
	f       *ConvConfig
	order   rowOrder
	units   []directUnit
	walks   []tiles.Walk
	pixels  []tiles.Pixel // tiles of one band
	end     ending
	rows    int // of the result in a band
	bands   int
	tiles   int // of a row
	lines   int // of the picture that a band reads, in groups of 8
	outs    int // O rounded up to whole vectors
	generic bool
}

const (
	rowPoints  = 7
	rowResults = 4
	rowPixels  = 2 * rowResults // of the picture from a tile to the next
	rowTaps    = 4              // of the even columns of a window, and of the odd ones
	rowCache   = 384 << 10      // bytes of V and M that stay in the second cache
	rowFewest  = 16             // outputs that pay for the transforms
)

// winogradRowFits reports whether F(4, 4) computes a convolution of a plain picture.
func winogradRowFits(s *kernel.ConvShape) bool {
	return s.S > 2*rowTaps-2 && s.S <= 2*rowTaps && s.StrideW == 2 && s.DilW == 1 && s.DilH == 1 && s.Groups == 1
}

func newConvWinogradRow(f *ConvConfig) *convWinogradRow {
	s := &f.Shape
	if !f.PlainIn || !winogradRowFits(s) {
		panic("blocked: Winograd's algorithm along rows is for windows of 7 or 8 columns and stride 2 on plain pictures")
	}
	w := &convWinogradRow{f: f, order: rowOrder{s}, end: endingOf(&f.Epilogue), generic: f.ISA == kernel.Generic || !f.ISA.Available()}
	w.tiles, w.outs = ceilDiv(f.Out.W, rowResults), roundUp(s.O, tileOuts)
	if w.generic {
		return w
	}
	w.units = outUnits(s.O, f.ISA, tiles.Wide, true)
	for w.rows = 1; w.rows < f.Out.H; w.rows++ {
		more := w.linesOf(w.rows + 1)
		if 4*rowPoints*w.tiles*(2*s.C*more+(w.rows+1)*w.outs) > rowCache {
			break
		}
	}
	w.rows = evenRows(f.Out.H, w.rows)
	w.bands, w.lines = ceilDiv(f.Out.H, w.rows), w.linesOf(w.rows)
	w.tables()
	return w
}

// linesOf returns the lines of the picture that some rows of the result read, rounded up
// to the groups that the transform takes.
func (w *convWinogradRow) linesOf(rows int) int {
	return roundUp((rows-1)*w.f.Shape.StrideH+w.f.Shape.R, Block)
}

// tables makes the tables of pixels, which are tiles, and of taps: the lines of a window
// are neighbours, which kernels are unrolled for where there are 3 or 7.
func (w *convWinogradRow) tables() {
	s := &w.f.Shape
	var single, rows []int
	for at := 0; at < 4*w.sizeV(); at += 4 * w.tiles * w.lines {
		rows = append(rows, at)
		for r := range s.R {
			single = append(single, at+4*r)
		}
	}
	all := tiles.Walk{Steps: Block, Taps: single, Single: len(single)}
	w.walks = []tiles.Walk{all}
	if s.R == 3 || s.R == 7 {
		w.walks = []tiles.Walk{{Steps: s.R, Taps: rows}, all}
	}
	for p := range w.rows {
		for k := range w.tiles {
			w.pixels = append(w.pixels, tiles.Pixel{
				X: int32(4 * (k*w.lines + p*s.StrideH)),
				Y: int32(4 * (p*w.tiles + k) * w.outs),
			})
		}
	}
}

// sizeV and sizeM are the floats of a point, pitch those of a staged line.
func (w *convWinogradRow) sizeV() int { return 2 * w.f.Shape.C * w.tiles * w.lines }
func (w *convWinogradRow) sizeM() int { return w.rows * w.tiles * w.outs }
func (w *convWinogradRow) pitch() int { return (w.tiles + 1) * rowPixels }

func (w *convWinogradRow) packedLen() int { return rowPoints * w.order.point() }

// need is biases of a unit and as many zeros, the staged lines of a channel, V and M.
func (w *convWinogradRow) need(int) (perWorker, shared int) {
	if w.generic {
		return 0, 0
	}
	return 2*tiles.MaxOuts + w.lines*w.pitch() + rowPoints*(w.sizeV()+w.sizeM()), 0
}

func (w *convWinogradRow) run(c *kernel.Ctx, call convCall) {
	if w.generic {
		w.runGeneric(c, call)
		return
	}
	t := kernel.TaskOf[winoRowTask](c)
	*t = winoRowTask{convWinogradRow: w, convCall: call, ctx: c}
	c.Run(call.n*w.bands, call.n*w.f.work()/2, t)
}

type winoRowTask struct {
	*convWinogradRow
	convCall
	ctx *kernel.Ctx
}

// Chunk computes a band of rows of one image.
func (t *winoRowTask) Chunk(worker, chunk int) {
	image, band := chunk/t.bands, chunk%t.bands
	perWorker, _ := t.need(1)
	t.some(t.ctx.Scratch(worker, perWorker), image, band*t.rows, min((band+1)*t.rows, t.f.Out.H))
}

// some computes rows [p0, p1) of an image, no more than a band has.
func (t *winoRowTask) some(scratch []float32, image, p0, p1 int) {
	cut := func(n int) (part []float32) {
		part, scratch = scratch[:n], scratch[n:]
		return part
	}
	biases, staged := cut(2*tiles.MaxOuts), cut(t.lines*t.pitch())
	v, m := cut(rowPoints*t.sizeV()), cut(rowPoints*t.sizeM())
	for i := range t.f.Shape.C {
		t.enter(v[2*i*t.tiles*t.lines:], staged, image, i, p0, p1)
	}
	t.multiply(m, v, biases, p1-p0)
	for p := p0; p < p1; p++ {
		t.leave(m[(p-p0)*t.tiles*t.outs:], image, p)
	}
	t.end.finishBelow(&t.f.Epilogue, t.f.ISA, t.f.Out, t.y, t.above.y, image, 0, t.f.Out.Blocks(), p0, p1)
}

// enter transforms the lines of a channel that rows [p0, p1) of the result read.
func (t *winoRowTask) enter(v, staged []float32, image, channel, p0, p1 int) {
	s := &t.f.Shape
	pitch := t.pitch()
	left := min(s.PadLeft, pitch)
	width := max(0, min(s.W, pitch-left))
	lines := (p1-p0-1)*s.StrideH + s.R
	for l := range t.lines {
		row := staged[l*pitch:][:pitch]
		y := p0*s.StrideH - s.PadTop + l
		if l >= lines || y < 0 || y >= s.H {
			clear(row)
			continue
		}
		clear(row[:left])
		copy(row[left:left+width], t.x[((image*s.C+channel)*s.H+y)*s.W:])
		clear(row[left+width:])
	}
	a := winoRowInArgs{
		x: &staged[0], v: &v[0], groups: t.lines / Block, tiles: t.tiles, row: 4 * pitch,
		tile: 4 * t.lines, ps: 4 * t.tiles * t.lines, xs: 4 * t.sizeV(),
	}
	a.run()
}

// multiply computes M for the tiles of some rows. Sums of the last point, which every
// result has once, start from the bias.
func (t *winoRowTask) multiply(m, v, biases []float32, rows int) {
	zeros, bias := biases[:tiles.MaxOuts], biases[tiles.MaxOuts:]
	clear(zeros)
	for _, u := range t.units {
		padBias(bias, t.bias, u.out)
		a := tiles.Args{Wstream: 4 * t.order.stream(), Plane: 4 * Block}
		for xi := range rowPoints {
			a.X, a.Y, a.Bias = &v[xi*t.sizeV()], &m[xi*t.sizeM()+u.out], &zeros[0]
			a.W = &t.packed[xi*t.order.point()+u.out/tileOuts*t.order.stream()]
			if xi == rowPoints-1 {
				a.Bias = &bias[0]
			}
			a.Run(u.isa, u.vecs, t.pixels[:rows*t.tiles], t.walks...)
		}
	}
}

// leave transforms the tiles of row p of the result back.
func (t *winoRowTask) leave(m []float32, image, p int) {
	out, res := t.f.Out, t.f.Residual
	a := winoRowOutArgs{
		xs: 4 * t.sizeM(), step: 4 * t.outs, tiles: out.W / rowResults, last: out.W % rowResults, plane: 4 * out.Plane(),
		flags: t.end.flags, lo: t.end.lo, hi: t.end.hi, alpha: t.end.alpha,
	}
	step := t.f.ISA.Lanes() / Block
	for b := 0; b < out.Blocks(); b += step {
		a.blocks = min(2, out.Blocks()-b)
		a.m, a.y = &m[b*Block], &t.y[out.At(image, b, p-t.above.y, 0)]
		if t.f.Epilogue.Residual {
			a.res, a.resPlane = &t.residual[res.At(image, b, p, 0)], 4*res.Plane()*(a.blocks-1)
		}
		a.run(t.f.ISA)
	}
}
