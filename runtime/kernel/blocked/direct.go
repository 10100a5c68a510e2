package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// convDirect is Direct: register tiles of some pixels by some vectors of output
// channels, whose kernels find pixels and taps through tables (the law stands in
// codegen/kernel/direct.go).
type convDirect struct {
	f      *ConvConfig
	order  directOrder
	view   directView
	units  []directUnit
	pixels *pixelTable // of one band, or of some whole images
	end    ending
	cut    directCut
	solo   *convDirect // cut for a thread alone, nil where that is the same
}

// directUnit is a strip of output channels that one tile covers.
type directUnit struct {
	directRange     // of its first strip
	out         int // first output channel
	isa         tiles.ISA
	vecs        int
	half        bool // the last vector of AVX-512 has one block of channels only
	walk        tiles.Walk
}

// directCut says how the work is divided. It follows from the shape alone.
type directCut struct {
	rows, bands  int  // of a chunk, of an image
	images       int  // of a chunk: some where one has few pixels
	units, parts int  // of a chunk, of all
	pass         int  // channel blocks of the input of one pass
	byBand       bool // the parts of a band follow each other, else the bands of a part
}

// directView says where the pixels of a result lie in a map of which it may be a
// part, every stepH-th row and stepW-th column, and the taps of a window in the
// input.
type directView struct {
	out, residual Map
	gate          Gate
	row, col      int // of the first pixel
	stepH, stepW  int
	top, left     int   // of the first pixel's window in the input
	rows, cols    []int // of the taps in the window
	part          bool  // others write the pixels between, and end the map
}

// viewOf is the view of a convolution that writes a whole map.
func viewOf(f *ConvConfig) directView {
	v := directView{out: f.Out, residual: f.Residual, stepH: 1, stepW: 1, top: -f.Shape.PadTop, left: -f.Shape.PadLeft}
	for r := range f.Shape.R {
		v.rows = append(v.rows, r*f.Shape.DilH)
	}
	for k := range f.Shape.S {
		v.cols = append(v.cols, k*f.Shape.DilW)
	}
	return v
}

// at returns where row p of a block of an image begins in map m.
func (v *directView) at(m *Map, image, block, p int) int {
	return m.At(image, block, p*v.stepH+v.row, v.col)
}

// pixel returns the distance of a pixel from the first, in bytes.
func (v *directView) pixel(m *Map, p, q int) int32 {
	return int32(4 * (p*v.stepH*m.Row() + q*v.stepW*m.pixel()))
}

func newConvDirect(f *ConvConfig, order directOrder) *convDirect {
	return newViewDirect(f, order, viewOf(f))
}

func newViewDirect(f *ConvConfig, order directOrder, view directView) *convDirect {
	d := newUncutDirect(f, order, view)
	d.shareAs(d.evenUnits(), directCutOf)
	return d
}

// shareAs divides the work for threads, who share some units by a cut, and for one alone.
func (d *convDirect) shareAs(units []directUnit, cutOf func(*convDirect) directCut) {
	shared := *d
	shared.units = units
	shared.cut = cutOf(&shared)
	d.cutAs(soloCutOf(d, shared.cut)) // whose table both read
	d.pixels.rows = max(d.pixels.rows, shared.cut.rows)
	if d.solo = nil; d.cut != shared.cut || len(d.units) != len(units) {
		solo := *d
		d.units, d.cut, d.solo = units, shared.cut, &solo
	}
}

// banded returns d for maps of f, whose planes may lie apart as those of bands do, in
// chunks of all units and some rows.
func (d *convDirect) banded(f *ConvConfig, rows int) *convDirect {
	b := newUncutDirect(f, d.order, viewOf(f))
	b.cutAs(directCut{rows: rows, units: len(b.units), pass: b.pass()})
	return b
}

// newUncutDirect returns a convolution whose work is not divided yet.
func newUncutDirect(f *ConvConfig, order directOrder, view directView) *convDirect {
	d := &convDirect{f: f, order: order, view: view, end: endingOf(&f.Epilogue).gatedBy(&view.gate)}
	d.cutOuts(kernel.DoublePumped())
	return d
}

// cutOuts cuts the output channels into units; apart is that of outUnits.
func (d *convDirect) cutOuts(apart bool) {
	d.units = directUnits(d.order, d.f.ISA, d.unitVectors(), apart)
	for i := range d.units {
		u := &d.units[i]
		if i > 0 && u.same(d.units[i-1].directRange) {
			u.walk = d.units[i-1].walk
		} else {
			u.walk = d.walkOf(u.directRange)
		}
	}
}

// by returns the plan that some threads run.
func (d *convDirect) by(threads int) *convDirect {
	if threads == 1 && d.solo != nil {
		return d.solo
	}
	return d
}

// cutAs divides the work by the rows, units and blocks of c, which is that of the largest
// chunks.
func (d *convDirect) cutAs(c directCut) {
	c.bands, c.parts, c.images = ceilDiv(d.f.Out.H, c.rows), ceilDiv(len(d.units), c.units), max(1, c.images)
	d.cut, d.pixels = c, &pixelTable{images: c.images, rows: c.rows}
}

// table returns the pixels of a chunk.
func (d *convDirect) table() []tiles.Pixel {
	d.pixels.once.Do(d.fillTable)
	return d.pixels.all
}

func (d *convDirect) fillTable() {
	f, s, t := d.f, &d.f.Shape, d.pixels
	t.all = pixelSheet.cut(t.images * t.rows * f.Out.W)
	// Distances are worked out once a row: these loops are most of the time of a plan.
	xPixel, yPixel, resPixel := int32(4*s.StrideW*f.In.pixel()), d.view.pixel(&d.view.out, 0, 1), d.view.pixel(&d.view.residual, 0, 1)
	gate, gatePixel := &d.view.gate.Map, d.view.pixel(&d.view.gate.Map, 0, 1)
	for i := range t.images {
		xImage, yImage, resImage := 4*i*f.In.Step(), 4*i*d.view.out.Step(), 4*i*d.view.residual.Step()
		for p := range t.rows {
			at := tiles.Pixel{
				X:    int32(xImage + 4*p*s.StrideH*f.In.Row()),
				Y:    int32(yImage) + d.view.pixel(&d.view.out, p, 0),
				Res:  int32(resImage) + d.view.pixel(&d.view.residual, p, 0),
				Gate: int32(4*i*gate.Step()) + d.view.pixel(gate, p, 0),
			}
			for range f.Out.W {
				t.all = append(t.all, at)
				at.X, at.Y, at.Res, at.Gate = at.X+xPixel, at.Y+yPixel, at.Res+resPixel, at.Gate+gatePixel
			}
		}
	}
}

// walkOf lists the taps over a range of channels: blocks first, then singles, as
// distances from block 0.
func (d *convDirect) walkOf(r directRange) tiles.Walk {
	window := d.f.Shape.R * d.f.Shape.S
	w := tiles.Walk{Steps: Block, Single: len(r.singles) * window, Taps: make([]int, 0, (r.blocks+len(r.singles))*window)}
	for b := range r.blocks {
		w.Taps = d.window(w.Taps, r.first+b, 0)
	}
	for _, ch := range r.singles {
		w.Taps = d.window(w.Taps, ch/Block, ch%Block)
	}
	return w
}

// window appends the distances of the taps over one channel.
func (d *convDirect) window(taps []int, block, lane int) []int {
	in := d.f.In
	for _, row := range d.view.rows {
		for _, col := range d.view.cols {
			taps = append(taps, 4*(in.block(block)+row*in.Row()+col*in.pixel()+lane))
		}
	}
	return taps
}

// directUnits cuts the output channels into units of at most most vectors, each reading one
// range of input blocks; apart is that of outUnits.
func directUnits(order directOrder, isa kernel.ISA, most int, apart bool) []directUnit {
	var units []directUnit
	for g := 0; g < len(order.strips); {
		end, outs := g, 0
		for ; end < len(order.strips) && order.strips[end].same(order.strips[g].directRange); end++ {
			outs += order.strips[end].outs
		}
		some := outUnits(outs, isa, most, apart)
		for i := range some {
			u := &some[i]
			strip := order.strips[g+u.out/tiles.Outs]
			u.directRange, u.out = strip.directRange, strip.out
		}
		if g == 0 {
			units = some // all of them where there are no groups
		} else {
			units = append(units, some...)
		}
		g = end
	}
	return units
}

// unitSheet is what units are cut from.
var unitSheet = sheet[directUnit]{size: 16 << 10}

// outUnits cuts some outputs into units of at most most vectors: as few as that allows, of
// even sizes. What fills no more than 8 lanes of AVX-512 is half of a wide vector beside others,
// whose other half has those outputs of a second pixel; or, if apart, it is left to AVX2 kernels,
// which take half as long where a wide vector runs in two halves.
func outUnits(outs int, isa kernel.ISA, most int, apart bool) []directUnit {
	narrow := 0
	if rest := outs % tiles.Outs; isa == kernel.AVX512 && rest <= Block && (apart || outs < tiles.Outs) {
		narrow = rest
	}
	wide, short := ceilDiv(outs-narrow, tiles.ISA(isa).Lanes()), ceilDiv(narrow, tiles.AVX2.Lanes())
	units := unitSheet.cut(tiles.Units(wide, most) + tiles.Units(short, most))
	add := func(from, vecs int, isa tiles.ISA) {
		for i := range tiles.Units(vecs, most) {
			first, size := tiles.Unit(isa, vecs, most, i)
			out := from + first*isa.Lanes()
			units = append(units, directUnit{out: out, isa: isa, vecs: size, half: endsHalf(isa, out+size*isa.Lanes(), outs)})
		}
	}
	add(0, wide, tiles.ISA(isa))
	add(outs-narrow, short, tiles.AVX2)
	return units
}

// endsHalf reports whether the last vector of a unit that ends at end, of some outputs in all, has
// one block of them.
func endsHalf(isa tiles.ISA, end, outs int) bool { return isa == tiles.AVX512 && end-outs >= Block }

// evenUnits returns the units of threads that share channels: an even number of them, as
// wide in sum for both of two. Each reads the input again, so that a thread alone takes fewer.
func (d *convDirect) evenUnits() []directUnit {
	count := len(d.units)
	if d.f.Split != ByChannels || d.f.Shape.Groups > 1 || d.units[count-1].isa != d.units[0].isa {
		return d.units
	}
	first, isa := d.units[0], d.units[0].isa
	strip := tiles.Outs / isa.Lanes() // the vectors that share a stream of weights
	vecs := ceilDiv(d.f.Shape.O, isa.Lanes())
	strips := ceilDiv(vecs, strip)
	if count%2 == 0 && strips%count == 0 {
		return d.units
	}
	if count += count % 2; count > strips {
		return d.units
	}
	units := make([]directUnit, count)
	for i := range units {
		from, to := strips*i/count, strips*(i+1)/count
		u := &units[i]
		*u = first
		u.directRange, u.out = d.order.strips[from].directRange, from*tiles.Outs
		u.vecs = min(to*strip, vecs) - from*strip
		u.half = endsHalf(isa, u.out+u.vecs*isa.Lanes(), d.f.Shape.O)
	}
	return units
}

func (d *convDirect) packedLen() int { return d.order.len() }

func (d *convDirect) pack(dst, w []float32) { d.order.pack(dst, w) }

// need is the bias of a unit, padded to whole vectors.
func (d *convDirect) need(int) (perWorker, shared int) { return tiles.MaxOuts, 0 }

func (d *convDirect) run(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[directTask](c)
	threads := c.Pool.Threads()
	d = d.by(threads)
	*t = directTask{convDirect: d, convCall: call, ctx: c, threads: threads}
	c.Run(d.chunks(call.n), call.n*d.f.work(), t)
}

// place returns which band of n images a chunk is, images after each other, and which
// part of the units. First come the bands of the first thread, or its parts.
func (d *convDirect) place(chunk, n, threads int) (band, part int) {
	parts, bands := d.cut.parts, d.cut.bands*ceilDiv(n, d.cut.images)
	if d.f.Split.of(n, threads) == ByRows {
		chunk, band, bands = share(chunk, bands, parts, threads)
	} else {
		chunk, part, parts = share(chunk, parts, bands, threads)
	}
	if d.cut.byBand {
		return band + chunk/parts, part + chunk%parts
	}
	return band + chunk%bands, part + chunk/bands
}

// share cuts count things, each of so many chunks, into runs for threads, and returns
// the run that a chunk is in: its place there, where it begins and how long it is.
func share(chunk, count, each, threads int) (at, first, long int) {
	for i := range threads {
		lo, hi := count*i/threads, count*(i+1)/threads
		if chunk < hi*each {
			return chunk - lo*each, lo, hi - lo
		}
	}
	panic("blocked: a chunk is out of range")
}

// chunks returns the chunks of n images.
func (d *convDirect) chunks(n int) int { return d.cut.parts * ceilDiv(n, d.cut.images) * d.cut.bands }
