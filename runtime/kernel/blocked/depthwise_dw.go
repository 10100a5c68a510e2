package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// depthTapsArgs is the argument block of the kernels of
// codegen/kernel/depthwise_taps.go. Distances are in bytes.
type depthTapsArgs struct {
	x, y, w              *float32
	images, rows, pixels int
	xp, xl, xt, xr, xi   int
	yr, yi               int
	resume               int
}

// dwDepthwise is the weight gradient of a filter for each channel: the sums of a
// block of channels are [R·S][8].
type dwDepthwise struct{ f *ConvDWConfig }

const depthPixels = 1024 // of a unit: x and dy of a block stay in L1 for several calls

func (d *dwDepthwise) units(n int) pixelUnits { return unitsOf(n, d.f.DY, depthPixels) }

// parts returns the number of partial results of n images.
func (d *dwDepthwise) parts(n int) int {
	units := d.units(n)
	return min(units.count, ceilDiv(dwChunks, d.f.DY.Blocks()))
}

func (d *dwDepthwise) sums() int { return d.f.Shape.R * d.f.Shape.S * Block }

func (d *dwDepthwise) need(n int) (perWorker, shared int) {
	return 0, d.parts(n) * d.f.DY.Blocks() * d.sums()
}

func (d *dwDepthwise) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwDepthTask](c)
	_, shared := d.need(n)
	*t = dwDepthTask{d: d, units: d.units(n), parts: d.parts(n), x: x, dy: dy, sums: c.Shared(shared)}
	c.Run(t.parts*d.f.DY.Blocks(), 4*n*(d.f.X.Size()+d.f.DY.Size()), t)
	taps := d.f.Shape.R * d.f.Shape.S
	for ch := range d.f.Shape.C {
		for tap := range taps {
			total := float32(0)
			for part := range t.parts {
				total += t.of(part, ch/Block)[tap*Block+ch%Block]
			}
			dw[ch*taps+tap] = total
		}
	}
}

type dwDepthTask struct {
	d     *dwDepthwise
	units pixelUnits
	parts int
	x, dy []float32
	sums  []float32 // [part][block][R·S][8]
}

// of returns the sums of a part and a block.
func (t *dwDepthTask) of(part, block int) []float32 {
	n := t.d.sums()
	return t.sums[(part*t.d.f.DY.Blocks()+block)*n:][:n]
}

// Chunk sums one part of one block.
func (t *dwDepthTask) Chunk(_, chunk int) {
	f := t.d.f
	s, part, block := &f.Shape, chunk/f.DY.Blocks(), chunk%f.DY.Blocks()
	sums := t.of(part, block)
	first := t.units.count * part / t.parts
	for i := first; i < t.units.count*(part+1)/t.parts; i++ {
		u := t.units.unit(i)
		a := depthTapsArgs{
			images: u.images, rows: u.rows, pixels: f.DY.W,
			xp: 4 * s.StrideW * Block, xl: 4 * s.DilH * f.X.Row(), xt: 4 * s.DilW * Block,
			xr: 4 * s.StrideH * f.X.Row(), yr: 4 * f.DY.Row(),
			y: &t.dy[f.DY.At(u.image, block, u.row, 0)],
		}
		a.xi, a.yi = 4*f.X.Step()-u.rows*a.xr, 4*f.DY.Step()-u.rows*a.yr
		if i > first {
			a.resume = 1
		}
		t.taps(&a, u, block, sums)
	}
}

// taps runs a unit for all taps, as many at a time as there are kernels for.
func (t *dwDepthTask) taps(a *depthTapsArgs, u pixelUnit, block int, sums []float32) {
	f := t.d.f
	s := &f.Shape
	isa := f.ISA
	if s.StrideW > 1 {
		isa = kernel.AVX2 // vectors of one pixel
	}
	rows, cols := 1, 1
	if s.R == 3 && s.S == 3 {
		rows, cols = 3, 3
	} else if s.S == 5 {
		cols = 5
	}
	for r := 0; r < s.R; r += rows {
		for k := 0; k < s.S; k += cols {
			a.x = &t.x[f.X.At(u.image, block, u.row*s.StrideH-s.PadTop+r*s.DilH, k*s.DilW-s.PadLeft)]
			a.w = &sums[(r*s.S+k)*Block]
			a.run(isa, rows, cols)
		}
	}
}
