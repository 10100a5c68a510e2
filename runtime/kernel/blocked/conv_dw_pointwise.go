package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// dwPointwise is the weight gradient of windows of one pixel. The tiles of
// codegen/kernel/convdw.go take dy for their X and x for their Y, so that a row of a
// tile is a run of input channels: the order of dw, to which the tiles of the last
// pixels write themselves. Sums of earlier pixels stay in a worker's scratch.
//
// Where a layer has few weights, [dwTiles] shares its pixels among threads instead.
type dwPointwise struct {
	f          *ConvDWConfig
	outs, ins  int // blocks of a panel of weights
	panelsIn   int
	panelCount int
}

const (
	pointwiseWeights = 1 << 14      // at least: a panel of 1024 for each of dwChunks
	pointwiseDY      = 12 << 10 / 4 // floats of dy of a call, which stay in L1 beside x
	pointwisePanel   = dwPanelSums / (Block * Block)
)

// newDWPointwise returns nil for other convolutions than those it is for.
func newDWPointwise(f *ConvDWConfig) *dwPointwise {
	s := &f.Shape
	if f.PlainX || s.R*s.S != 1 || s.Groups != 1 || s.C%Block != 0 || s.O%Block != 0 || s.C*s.O < pointwiseWeights {
		return nil
	}
	if s.PadTop != 0 || s.PadLeft != 0 || s.PadBottom != 0 || s.PadRight != 0 {
		return nil
	}
	d := &dwPointwise{f: f}
	in, out := f.X.Blocks(), f.DY.Blocks()
	// Panels nearly as high as wide, of whole tiles.
	panel := min(pointwisePanel, ceilDiv(in*out, dwChunks))
	d.outs = 1
	for d.outs < out && (d.outs+1)*(d.outs+1) <= panel {
		d.outs++
	}
	tile := 4
	if f.ISA == kernel.AVX512 {
		tile = 6
	}
	d.ins = min(in, max(tile, panel/d.outs/tile*tile))
	d.panelsIn = ceilDiv(in, d.ins)
	d.panelCount = d.panelsIn * ceilDiv(out, d.outs)
	return d
}

func (d *dwPointwise) units(n int) pixelUnits { return unitsOf(n, d.f.DY, dwPixels/d.f.Shape.StrideW) }

func (d *dwPointwise) need(n int) (perWorker, shared int) {
	if units := d.units(n); units.count > 1 {
		perWorker = d.outs * d.ins * Block * Block
	}
	return perWorker, 0
}

func (d *dwPointwise) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwPointwiseTask](c)
	*t = dwPointwiseTask{d: d, ctx: c, units: d.units(n), dw: dw, x: x, dy: dy}
	c.Run(d.panelCount, n*d.f.Shape.MACs(), t)
}

type dwPointwiseTask struct {
	d         *dwPointwise
	ctx       *kernel.Ctx
	units     pixelUnits
	dw, x, dy []float32
}

// Chunk computes one panel.
func (t *dwPointwiseTask) Chunk(worker, chunk int) {
	d, f := t.d, t.d.f
	out := chunk / d.panelsIn * d.outs
	in := chunk % d.panelsIn * d.ins
	p := dwPointwisePanel{
		dwPointwiseTask: t, out: out, outEnd: min(out+d.outs, f.DY.Blocks()),
		in: in, inEnd: min(in+d.ins, f.X.Blocks()), last: t.units.count == 1,
	}
	if !p.last {
		p.sums = t.ctx.Scratch(worker, d.outs*d.ins*Block*Block)
	}
	for i := range t.units.count {
		p.first, p.last = i == 0, i == t.units.count-1
		p.unit(t.units.unit(i))
	}
}

// dwPointwisePanel is a panel of weights and the pixels it is at.
type dwPointwisePanel struct {
	*dwPointwiseTask
	out, outEnd int // blocks of output channels
	in, inEnd   int // blocks of input channels
	first, last bool
	sums        []float32 // of the units before the last, in the order of the calls
	at          int
}

// unit adds some pixels.
func (p *dwPointwisePanel) unit(u pixelUnit) {
	f := p.d.f
	x, dy, s := f.X, f.DY, &f.Shape
	a := convDWArgs{
		images: u.images, rows: u.rows, pixels: dy.W,
		xp: Block * 4, xr: dy.Row() * 4, yp: s.StrideW * Block * 4, yr: s.StrideH * x.Row() * 4, tx: dy.Plane() * 4,
	}
	if s.StrideH*s.StrideW == 1 && haloless(x, dy) { // the rows of an image are one
		a.rows, a.pixels = 1, a.rows*a.pixels
	}
	a.xi, a.yi = dy.Step()*4-a.rows*a.xr, x.Step()*4-a.rows*a.yr
	// Of the largest unit, so that the sums of all lie in the same order.
	tiles := max(1, pointwiseDY/(p.units.images*p.units.rows*dy.W*Block))
	p.at = 0
	for in := p.in; in < p.inEnd; {
		n := runOfBlocks(f.ISA, p.inEnd-in)
		a.y = &p.x[x.At(u.image, in, u.row*s.StrideH, 0)]
		plane := x.Plane() * 4
		a.y1, a.y2, a.y3, a.y4, a.y5 = plane, 2*plane, 3*plane, 4*plane, 5*plane
		for out := p.out; out < p.outEnd; out += tiles {
			a.tiles = min(tiles, p.outEnd-out)
			p.tiles(&a, out, in, n, dy.At(u.image, out, u.row, 0))
		}
		in += n
	}
}

// runOfBlocks returns how many of the blocks of input channels that are left the
// widest tile takes which leaves no narrow ones.
func runOfBlocks(isa kernel.ISA, left int) int {
	switch {
	case isa == kernel.AVX512 && left > 5 && left|1 != 9:
		return 6
	case isa == kernel.AVX512 && left > 3:
		return 4
	case isa == kernel.AVX512 && left > 1:
		return 2
	case left == 4 || left == 8 || left > 4 && left%3 == 1:
		return 4
	}
	return min(left, 3)
}

// tiles adds the products of n blocks of input channels and a.tiles ones of output
// channels, whose dy begins at the given place.
func (p *dwPointwisePanel) tiles(a *convDWArgs, out, in, n, at int) {
	isa, vecs := p.d.f.ISA, n
	lanes := Block
	switch {
	case n == 1:
		isa = kernel.AVX2
	case isa == kernel.AVX512:
		vecs = n / 2
	case n == 4:
		lanes = 3
	default:
		lanes = 4
	}
	c := p.d.f.Shape.C
	for lane := 0; lane < Block; lane += lanes {
		lanes := min(lanes, Block-lane)
		a.x = &p.dy[at+lane]
		a.from = nil
		if !p.first {
			a.from = &p.sums[p.at]
		}
		if p.last {
			a.w = &p.dw[(out*Block+lane)*c+in*Block]
			a.wi, a.tw = c*4, c*Block*4
		} else {
			a.w = &p.sums[p.at]
			a.wi = n * Block * 4
			a.tw = lanes * a.wi
		}
		p.at += a.tiles * lanes * n * Block
		a.run(isa, 1, lanes, vecs)
	}
}
