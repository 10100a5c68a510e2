package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// directArgs is the argument block of the direct kernels, whose law stands in
// codegen/kernel/direct.go. Distances are in bytes.
type directArgs struct {
	x, w, y, bias, res *float32
	pixels             *directPixel
	tiles              int
	taps               *int
	tapsCount, single  int
	wstream            int
	plane, resPlane    int
	flags              uint64
	lo, _              float32
	hi, _              float32
	alpha, _           float32
}

// Flags of directArgs, beside those of an ending.
const (
	directAccumulate = 16 << iota // sums start from y, else from bias
	directHalf                    // the last vector has one block of channels only
)

// directTiles is the most pixels of a tile by instruction set and vectors.
var directTiles = [...][5]int{kernel.AVX2: {0, 10, 6, 4, 3}, kernel.AVX512: {0, 10, 8, 8, 6}}

type directTask struct {
	*convDirect
	convCall
	ctx *kernel.Ctx
}

// Chunk computes some rows of some units of one image. Bands of one part follow
// each other, also from image to image, so that its weights stay in cache.
func (t *directTask) Chunk(worker, chunk int) {
	c := &t.cut
	band := chunk % c.bands
	image := chunk / c.bands % t.n
	part := chunk / c.bands / t.n
	p0, p1 := band*c.rows, min((band+1)*c.rows, t.f.Out.H)
	units := t.units[part*c.units : min((part+1)*c.units, len(t.units))]
	bias := t.ctx.Scratch(worker, 4*tileOuts)
	for i := range units {
		padBias(bias, t.bias, units[i].out)
		for b := 0; b == 0 || b < units[i].blocks; b += c.pass {
			t.unit(&units[i], bias, image, p0, p1, b)
		}
	}
	if t.view.part {
		return
	}
	first := units[0].out / Block
	end := t.f.Out.Blocks()
	if last := (part + 1) * c.units; last < len(t.units) {
		end = t.units[last].out / Block
	}
	t.end.finish(&t.f.Epilogue, t.f.ISA, t.view.out, t.y, image, first, end, p0, p1)
}

// unit adds the taps of the input blocks from b on to rows [p0, p1) of one unit.
func (t *directTask) unit(u *directUnit, bias []float32, image, p0, p1, b int) {
	s, out := &t.f.Shape, t.view.out
	blocks := min(t.cut.pass, u.blocks-b)
	a := directArgs{
		x:       &t.x[t.f.In.At(image, 0, p0*s.StrideH+t.view.top, t.view.left)],
		w:       &t.packed[u.at+b*t.order.block()],
		y:       &t.y[t.view.at(out, image, u.out/Block, p0)],
		bias:    &bias[0],
		wstream: 4 * t.order.size(u.directRange),
		plane:   4 * out.Plane(),
	}
	t.flagsOf(&a, u, image, p0, b)
	walk, window := u.walk, s.R*s.S
	if b+blocks < u.blocks {
		walk.taps, walk.single = walk.taps[b*window:(b+blocks)*window], 0
	} else {
		walk.taps = walk.taps[b*window:]
	}
	a.runTiles(t.f.ISA, u.vecs, t.pixels[:(p1-p0)*t.f.Out.W], walk)
}

// padBias fills dst with the biases from output o on, and zeros where there are none.
func padBias(dst, bias []float32, o int) {
	n := 0
	if bias != nil {
		n = copy(dst, bias[o:])
	}
	clear(dst[n:])
}

// flagsOf sets what differs between the first, the last and the other passes.
func (t *directTask) flagsOf(a *directArgs, u *directUnit, image, p0, b int) {
	if u.half {
		a.flags |= directHalf
	}
	if b > 0 {
		a.flags |= directAccumulate
	} else if t.f.Epilogue.Residual {
		r := t.view.residual
		a.flags |= endResidual
		a.res, a.resPlane = &t.residual[t.view.at(r, image, u.out/Block, p0)], 4*r.Plane()
	}
	if b+t.cut.pass >= u.blocks {
		a.flags |= t.end.flags &^ endResidual
		a.lo, a.hi, a.alpha = t.end.lo, t.end.hi, t.end.alpha
	}
}

// directWalk is a way past the taps of a window: steps of 4 bytes from each of some
// distances; the last single of them are of one step.
type directWalk struct {
	steps  int
	taps   []int
	single int
}

// length returns the steps of w.
func (w *directWalk) length() int { return (len(w.taps)-w.single)*w.steps + w.single }

// runTiles cuts pixels into tiles of two neighbouring sizes and runs them, some
// tiles a call. Of two walks over the same taps it takes the first if there is a
// kernel for it.
func (a *directArgs) runTiles(isa kernel.ISA, vecs int, pixels []directPixel, walks ...directWalk) {
	most := directTiles[isa][vecs]
	count := ceilDiv(len(pixels), most)
	tall, height := len(pixels)%count, len(pixels)/count
	at := 0
	for _, run := range [2]struct{ tiles, height int }{{tall, height + 1}, {count - tall, height}} {
		walk := walks[0]
		if len(walks) > 1 && run.height < most-1 {
			walk = walks[1]
		}
		a.taps, a.tapsCount, a.single = &walk.taps[0], len(walk.taps)-walk.single, walk.single
		calls := max(1, directCalls/(walk.length()*run.height*vecs*isa.Lanes()))
		for left := run.tiles; left > 0; left -= a.tiles {
			a.tiles = min(left, calls)
			a.pixels = &pixels[at]
			a.run(isa, walk.steps, vecs, run.height)
			at += a.tiles * run.height
		}
	}
}
