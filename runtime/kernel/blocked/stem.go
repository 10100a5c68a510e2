package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// convStem is Stem: the direct kernels over a plain picture. Each chunk lays the
// rows that it needs out in scratch memory with their padding, so that the kernels
// meet no border; neighbours in a row of the picture are the steps of a tap.
type convStem struct {
	f      *ConvConfig
	order  stemOrder
	units  []directUnit
	walks  []tiles.Walk
	pixels *pixelTable // of one band
	end    ending
	rows   int // of the result in a band
	bands  int
	lines  int // rows of the picture that a band reads
	pitch  int // floats of a staged row
}

// stemStage bounds the staged rows of a band, in floats, so that they stay near.
const stemStage = 16 << 10

func newConvStem(f *ConvConfig, order stemOrder) *convStem {
	s := &f.Shape
	d := &convStem{f: f, order: order, units: outUnits(f.Shape.O, f.ISA, tiles.Wide, true), end: endingOf(&f.Epilogue)}
	d.pitch = (f.Out.W-1)*s.StrideW + (s.S-1)*s.DilW + 1
	d.rows = min(f.Out.H, max(1, stemStage/(s.C*d.pitch*s.StrideH)))
	for d.rows > 1 && ceilDiv(f.Out.H, d.rows) < cutChunks && d.rows*f.Out.W >= 2*cutPixels {
		d.rows--
	}
	d.rows = evenRows(f.Out.H, d.rows)
	d.bands = ceilDiv(f.Out.H, d.rows)
	d.lines = (d.rows-1)*s.StrideH + (s.R-1)*s.DilH + 1
	d.tables()
	return d
}

// tables makes the tables of taps. Whole filter rows are walked by kernels unrolled for 3 and
// 7 columns; a walk of single steps serves the rest.
func (d *convStem) tables() {
	s := &d.f.Shape
	var single, rows []int
	for i := range s.C {
		for r := range s.R {
			row := 4 * (i*d.lines + r*s.DilH) * d.pitch
			rows = append(rows, row)
			for k := range s.S {
				single = append(single, row+4*k*s.DilW)
			}
		}
	}
	all := tiles.Walk{Steps: Block, Taps: single, Single: len(single)}
	d.walks = []tiles.Walk{all}
	if (s.S == 3 || s.S == 7) && s.DilW == 1 {
		d.walks = []tiles.Walk{{Steps: s.S, Taps: rows}, all}
	}
	d.pixels = &pixelTable{images: 1, rows: d.rows}
}

// table returns the pixels of a band.
func (d *convStem) table() []tiles.Pixel {
	d.pixels.once.Do(d.fillTable)
	return d.pixels.all
}

func (d *convStem) fillTable() {
	s, t := &d.f.Shape, d.pixels
	t.all = pixelSheet.cut(t.rows * d.f.Out.W)
	for p := range t.rows {
		for q := range d.f.Out.W {
			t.all = append(t.all, tiles.Pixel{
				X:   int32(4 * (p*s.StrideH*d.pitch + q*s.StrideW)),
				Y:   int32(4 * (p*d.f.Out.Row() + q*d.f.Out.pixel())),
				Res: int32(4 * (p*d.f.Residual.Row() + q*Block)),
			})
		}
	}
}

func (d *convStem) packedLen() int { return d.order.len() }

func (d *convStem) pack(dst, w []float32) { d.order.pack(dst, w) }

func (d *convStem) stage() int { return d.f.Shape.C * d.lines * d.pitch }

// need is the bias of a unit, padded to whole vectors, and the staged rows.
func (d *convStem) need(int) (perWorker, shared int) { return tiles.MaxOuts + d.stage(), 0 }

func (d *convStem) run(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[stemTask](c)
	*t = stemTask{convStem: d, convCall: call, ctx: c}
	c.Run(call.n*d.bands, call.n*d.f.work(), t)
}

type stemTask struct {
	*convStem
	convCall
	ctx *kernel.Ctx
}

// Chunk computes a band of rows of one image.
func (t *stemTask) Chunk(worker, chunk int) {
	image, band := chunk/t.bands, chunk%t.bands
	p0, p1 := band*t.rows, min((band+1)*t.rows, t.f.Out.H)
	t.some(t.ctx.Scratch(worker, tiles.MaxOuts+t.stage()), image, p0, p1)
}

// some computes rows [p0, p1) of an image.
func (t *stemTask) some(scratch []float32, image, p0, p1 int) {
	bias, staged := scratch[:tiles.MaxOuts], scratch[tiles.MaxOuts:]
	t.fill(staged, image, p0, p1)
	for _, u := range t.units {
		padBias(bias, t.bias, u.out)
		a := tiles.Args{
			X: &staged[0], W: &t.packed[u.out/tiles.Outs*t.order.stream()], Bias: &bias[0],
			Y:       &t.y[t.f.Out.At(image, u.out/Block, p0-t.above.y, 0)],
			Wstream: 4 * t.order.stream(), Plane: 4 * t.f.Out.Plane(),
			Flags: t.end.flags, Lo: t.end.lo, Hi: t.end.hi, Alpha: t.end.alpha,
		}
		if t.f.Out.Double {
			a.Flags, a.Plane = a.Flags|tiles.Double, a.Plane/2
		}
		if r := t.f.Residual; t.f.Epilogue.Residual {
			a.Res, a.ResPlane = &t.residual[r.At(image, u.out/Block, p0, 0)], 4*r.Plane()
		}
		a.Run(u.isa, u.vecs, t.table()[:(p1-p0)*t.f.Out.W], t.walks...)
	}
	t.end.finishBelow(&t.f.Epilogue, t.f.ISA, t.f.Out, t.y, t.above.y, image, 0, t.f.Out.Blocks(), p0, p1)
}

// fill lays out the rows of the picture that rows [p0, p1) of the result read.
func (t *stemTask) fill(staged []float32, image, p0, p1 int) {
	s := &t.f.Shape
	left := min(s.PadLeft, t.pitch)
	width := max(0, min(s.W, t.pitch-left))
	lines := (p1-p0-1)*s.StrideH + (s.R-1)*s.DilH + 1
	for i := range s.C {
		for l := range lines {
			row := staged[(i*t.lines+l)*t.pitch:][:t.pitch]
			y := p0*s.StrideH - s.PadTop + l
			if y < 0 || y >= s.H {
				clear(row)
				continue
			}
			clear(row[:left])
			copy(row[left:left+width], t.x[((image*s.C+i)*s.H+y)*s.W:])
			clear(row[left+width:])
		}
	}
}
