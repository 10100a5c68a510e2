package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// convDirect is Direct: register tiles of some pixels by some vectors of output
// channels, whose kernels find pixels and taps through tables (the law stands in
// codegen/kernel/direct.go).
type convDirect struct {
	f      *ConvConfig
	order  directOrder
	units  []directUnit
	taps   []int         // distances of the taps of one pass, in bytes
	pixels []directPixel // of one band
	end    ending
	cut    directCut
}

// directUnit is a strip of output channels that one tile covers.
type directUnit struct {
	out   int // first output channel
	vecs  int
	half  bool // the last vector has one block only
	first int  // first channel block of the input
}

// directPixel is a row of the pixel table: distances in bytes.
type directPixel struct{ x, y, res, _ int32 }

// directCut says how the work is divided. It follows from the shape alone.
type directCut struct {
	rows, bands  int // of a chunk, of an image
	units, parts int // of a chunk, of all
	pass         int // channel blocks of the input of one pass
}

func newConvDirect(f *ConvConfig, order directOrder) *convDirect {
	d := &convDirect{f: f, order: order, end: endingOf(&f.Epilogue)}
	d.units = directUnits(d.order, f.ISA)
	d.cutAs(directCutOf(d))
	return d
}

// cutAs divides the work by the rows, units and blocks of c and makes the tables
// of a chunk.
func (d *convDirect) cutAs(c directCut) {
	f, s := d.f, &d.f.Shape
	c.bands, c.parts = ceilDiv(f.Out.H, c.rows), ceilDiv(len(d.units), c.units)
	d.cut, d.taps, d.pixels = c, nil, nil
	for b := range d.cut.pass {
		for r := range s.R {
			for k := range s.S {
				d.taps = append(d.taps, 4*(b*f.In.Plane()+r*s.DilH*f.In.Row()+k*s.DilW*Block))
			}
		}
	}
	for p := range d.cut.rows {
		for q := range f.Out.W {
			d.pixels = append(d.pixels, directPixel{
				x:   int32(4 * (p*s.StrideH*f.In.Row() + q*s.StrideW*Block)),
				y:   int32(4 * (p*f.Out.Row() + q*Block)),
				res: int32(4 * (p*f.Residual.Row() + q*Block)),
			})
		}
	}
}

// directUnits cuts the output channels into units: as few as the registers allow,
// of even sizes, each reading one range of input blocks.
func directUnits(order directOrder, isa kernel.ISA) []directUnit {
	var units []directUnit
	groups := ceilDiv(order.s.O, tileOuts)
	for g := 0; g < groups; {
		end := g + 1
		for end < groups && order.first(end*tileOuts) == order.first(g*tileOuts) {
			end++
		}
		outs := min(end*tileOuts, order.s.O) - g*tileOuts
		at := g * tileOuts
		for _, vecs := range unitSizes(ceilDiv(outs, isa.Lanes()), isa) {
			left := outs - (at - g*tileOuts)
			units = append(units, directUnit{
				out: at, vecs: vecs, first: order.first(at / tileOuts * tileOuts),
				half: isa == kernel.AVX512 && left <= vecs*tileOuts-Block,
			})
			at += vecs * isa.Lanes()
		}
		g = end
	}
	return units
}

// unitSizes cuts a number of vectors. Two AVX2 vectors share a stream of weights,
// so that only the last unit may have an odd number of them.
func unitSizes(vecs int, isa kernel.ISA) []int {
	var sizes []int
	if isa == kernel.AVX512 {
		units := ceilDiv(vecs, 4)
		for i := range units {
			sizes = append(sizes, (vecs+units-1-i)/units)
		}
		return sizes
	}
	for vecs > 0 {
		size := min(4, vecs)
		if vecs == 5 {
			size = 2
		}
		sizes = append(sizes, size)
		vecs -= size
	}
	return sizes
}

func (d *convDirect) packedLen() int { return d.order.len() }

func (d *convDirect) pack(dst, w []float32) { d.order.pack(dst, w) }

// need is the bias of a unit, padded to whole vectors.
func (d *convDirect) need(int) (perWorker, shared int) { return 4 * tileOuts, 0 }

func (d *convDirect) run(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[directTask](c)
	*t = directTask{convDirect: d, convCall: call, ctx: c}
	c.Run(d.cut.parts*call.n*d.cut.bands, call.n*d.f.Shape.MACs(), t)
}
