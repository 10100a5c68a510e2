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

// depthFilterArgs is that of codegen/kernel/depthwise_filter.go.
type depthFilterArgs struct {
	x, y, w                      *float32
	blocks, images, rows, pixels int
	xl, xr, xi, xb               int
	yr, yi, yb, resume           int
}

// dwDepthwise is the weight gradient of a filter for each channel: the sums of a
// block of channels are [R·S][8].
//
// Pixels are cut into parts before channels are cut into groups, and a unit of pixels
// passes all blocks of a group before the next one: so memory is walked in order.
type dwDepthwise struct{ f *ConvDWConfig }

const (
	depthPixels = 1024    // of a unit at most: about 20 µs of a kernel for some blocks
	depthFew    = 256     // of a unit of small images at least: they pay for sums from memory
	depthWork   = 1 << 17 // multiply-adds of a chunk at least, about 3 µs
	depthShare  = 8       // pixels of a part for each tap at least: adding parts is little work
)

func newDWDepthwise(f *ConvDWConfig) *dwDepthwise { return &dwDepthwise{f} }

func (d *dwDepthwise) units(n int) pixelUnits {
	return unitsOf(n, d.f.DY, max(depthFew, min(d.f.DY.H*d.f.DY.W, depthPixels)))
}

// chunks returns how many chunks n images are worth.
func (d *dwDepthwise) chunks(n int) int {
	return min(dwChunks, ceilDiv(n*d.f.Shape.MACs(), depthWork))
}

// parts returns the number of partial results of n images.
func (d *dwDepthwise) parts(n int) int {
	most := n * d.f.DY.H * d.f.DY.W / (depthShare * d.f.Shape.R * d.f.Shape.S)
	return max(1, min(d.units(n).count, d.chunks(n), most))
}

// group returns the blocks of a chunk.
func (d *dwDepthwise) group(n int) int {
	blocks := d.f.DY.Blocks()
	group := ceilDiv(blocks, ceilDiv(d.chunks(n), d.parts(n)))
	if d.f.ISA == kernel.AVX512 {
		group = min(blocks, roundUp(group, 2)) // a register takes two blocks
	}
	return group
}

func (d *dwDepthwise) sums() int { return d.f.Shape.R * d.f.Shape.S * Block }

func (d *dwDepthwise) need(n int) (perWorker, shared int) {
	return 0, d.parts(n) * d.f.DY.Blocks() * d.sums()
}

func (d *dwDepthwise) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwDepthTask](c)
	_, shared := d.need(n)
	*t = dwDepthTask{d: d, units: d.units(n), parts: d.parts(n), group: d.group(n), dw: dw, x: x, dy: dy, sums: c.Shared(shared)}
	// Multiply-adds reach half of the peak at most.
	c.Run(t.parts*t.groups(), n*max(2*d.f.Shape.MACs(), 4*(d.f.X.Size()+d.f.DY.Size())), t)
	if t.parts == 1 {
		return
	}
	blocks := d.f.DY.Blocks()
	total := t.of(0, 0, blocks)
	for part := 1; part < t.parts; part++ {
		addTo(d.f.ISA, total, t.of(part, 0, blocks))
	}
	t.place(0, blocks)
}

type dwDepthTask struct {
	d         *dwDepthwise
	units     pixelUnits
	parts     int
	group     int // blocks of a chunk
	dw, x, dy []float32
	sums      []float32 // [part][block][R·S][8]
}

// groups returns the chunks of a part.
func (t *dwDepthTask) groups() int { return ceilDiv(t.d.f.DY.Blocks(), t.group) }

// of returns the sums of a part from one block to another.
func (t *dwDepthTask) of(part, b0, b1 int) []float32 {
	n, at := t.d.sums(), part*t.d.f.DY.Blocks()
	return t.sums[(at+b0)*n : (at+b1)*n]
}

// place writes the sums of blocks in the order of the weights.
func (t *dwDepthTask) place(b0, b1 int) {
	s := &t.d.f.Shape
	taps := s.R * s.S
	if whole := min(b1, s.C/Block); taps == 9 && b0 < whole {
		turnFilters(t.dw[b0*Block*taps:whole*Block*taps], t.of(0, b0, whole))
		b0 = whole
	}
	for b := b0; b < b1; b++ {
		sums := t.of(0, b, b+1)
		for ch := range min(Block, s.C-b*Block) {
			dw := t.dw[(b*Block+ch)*taps:][:taps]
			for tap := range dw {
				dw[tap] = sums[tap*Block+ch]
			}
		}
	}
}

// Chunk sums one part of some blocks.
func (t *dwDepthTask) Chunk(_, chunk int) {
	part, b0 := chunk/t.groups(), chunk%t.groups()*t.group
	b1 := min(b0+t.group, t.d.f.DY.Blocks())
	first := t.units.count * part / t.parts
	for i := first; i < t.units.count*(part+1)/t.parts; i++ {
		u := t.units.unit(i)
		if t.d.filters() {
			t.filters(u, b0, b1, t.of(part, b0, b1), i > first)
			continue
		}
		for b := b0; b < b1; b++ {
			t.taps(u, b, t.of(part, b, b+1), i > first)
		}
	}
	if t.parts == 1 {
		t.place(b0, b1)
	}
}

// filters reports whether there are kernels of whole filters.
func (d *dwDepthwise) filters() bool {
	s := &d.f.Shape
	return s.R == 3 && s.S == 3 && s.DilH == 1 && s.DilW == 1 &&
		(s.StrideW == 2 || s.StrideW == 1 && d.f.DY.W > 1)
}

// filters runs a unit for whole filters of some blocks.
func (t *dwDepthTask) filters(u pixelUnit, b0, b1 int, sums []float32, resume bool) {
	f := t.d.f
	s := &f.Shape
	a := depthFilterArgs{
		images: u.images, rows: u.rows, pixels: f.DY.W,
		xl: 4 * f.X.Row(), xr: 4 * s.StrideH * f.X.Row(), xb: 4 * f.X.Plane(),
		yr: 4 * f.DY.Row(), yb: 4 * f.DY.Plane(),
	}
	a.xi, a.yi = 4*f.X.Step()-u.rows*a.xr, 4*f.DY.Step()-u.rows*a.yr
	if resume {
		a.resume = 1
	}
	for isa := f.ISA; b0 < b1; isa = kernel.AVX2 {
		pair := isa.Lanes() / Block
		if a.blocks = (b1 - b0) / pair; a.blocks == 0 {
			continue
		}
		a.x = &t.x[f.X.At(u.image, b0, u.row*s.StrideH-s.PadTop, -s.PadLeft)]
		a.y = &t.dy[f.DY.At(u.image, b0, u.row, 0)]
		a.w = &sums[0]
		a.run(isa, s.StrideW)
		b0, sums = b0+a.blocks*pair, sums[a.blocks*pair*t.d.sums():]
	}
}

// taps runs a unit of one block for all taps, as many at a time as there are kernels
// for.
func (t *dwDepthTask) taps(u pixelUnit, block int, sums []float32, resume bool) {
	f := t.d.f
	s := &f.Shape
	a := depthTapsArgs{
		images: u.images, rows: u.rows, pixels: f.DY.W,
		xp: 4 * s.StrideW * Block, xl: 4 * s.DilH * f.X.Row(), xt: 4 * s.DilW * Block,
		xr: 4 * s.StrideH * f.X.Row(), yr: 4 * f.DY.Row(),
		y: &t.dy[f.DY.At(u.image, block, u.row, 0)],
	}
	a.xi, a.yi = 4*f.X.Step()-u.rows*a.xr, 4*f.DY.Step()-u.rows*a.yr
	if resume {
		a.resume = 1
	}
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
