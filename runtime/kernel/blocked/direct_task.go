package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

type directTask struct {
	*convDirect
	convCall
	ctx     *kernel.Ctx
	threads int // that share the chunks
}

// Chunk computes some rows of some units of one image, or some units of a few whole
// images. Bands of one part follow each other, also from image to image, so that its
// weights stay in cache; or the parts of one band, so that its input does.
func (t *directTask) Chunk(worker, chunk int) {
	c := &t.cut
	_, part := t.place(chunk, t.n, t.threads)
	w := t.Writes(chunk)
	image, images := w.Images[0], w.Images[1]-w.Images[0]
	p0, p1 := w.Rows[0], w.Rows[1]
	units := t.units[part*c.units : min((part+1)*c.units, len(t.units))]
	bias := t.ctx.Scratch(worker, tiles.MaxOuts)
	t.some(part*c.units, len(units), bias, image, images, p0, p1)
	if t.view.part {
		return
	}
	for i := range images {
		t.end.finish(&t.f.Epilogue, t.f.ISA, t.view.out, t.y, image+i, w.Blocks[0], w.Blocks[1], p0, p1)
	}
}

// some computes rows [p0, p1) of some units.
func (t *directTask) some(first, units int, bias []float32, image, images, p0, p1 int) {
	for i := first; i < first+units; i++ {
		padBias(bias, t.bias, t.units[i].out)
		for b := 0; b == 0 || b < t.units[i].blocks; b += t.cut.pass {
			t.unit(i, bias, image, images, p0, p1, b)
		}
	}
}

// unit adds the taps of the input blocks from b on to rows [p0, p1) of one unit.
func (t *directTask) unit(i int, bias []float32, image, images, p0, p1, b int) {
	u, s, out := &t.units[i], &t.f.Shape, &t.view.out
	blocks := min(t.cut.pass, u.blocks-b)
	a := tiles.Args{
		X:       &t.x[t.f.In.At(image, 0, p0*s.StrideH+t.view.top-t.above.x, t.view.left)],
		W:       &t.packed[u.at+b*t.order.block()],
		Y:       &t.y[t.view.at(out, image, u.out/Block, p0-t.above.y)],
		Bias:    &bias[0],
		Wstream: 4 * t.order.size(u.directRange),
		Plane:   4 * out.Plane(),
	}
	if out.Double {
		a.Flags, a.Plane = tiles.Double, a.Plane/2
	}
	t.flagsOf(&a, u, image, p0, b)
	if i%t.cut.units == 0 && t.farInput() { // the others find it in the second cache
		a.Flags |= tiles.FarX
	}
	walk, window := u.walk, s.R*s.S
	if b+blocks < u.blocks {
		walk.Taps, walk.Single = walk.Taps[b*window:(b+blocks)*window], 0
	} else {
		walk.Taps = walk.Taps[b*window:]
	}
	if next := b + blocks; next < u.blocks {
		a.Expect(&t.packed[u.at+next*t.order.block()], walk, t.ahead())
	} else if i+1 < len(t.units) {
		a.Expect(&t.packed[t.units[i+1].at], walk, t.ahead())
	}
	a.Run(u.isa, u.vecs, t.table()[:images*(p1-p0)*t.f.Out.W], walk)
}

// ahead returns the tiles that bring the weights of the next call nearer. Memory wants the time
// of more where a core makes their products in half of the time, and tiles of AVX2 are half as large:
// with twice as many EfficientNet-B0 takes 0.99 of the time on Intel's processors, MobileNetV2 0.995.
func (t *directTask) ahead() int { return aheadOf(t.f.ISA, kernel.DataPath()) }

func aheadOf(isa kernel.ISA, path kernel.Path) int {
	switch {
	case isa == kernel.AVX512 && path != kernel.PathHalf:
		return tiles.Later
	case isa == kernel.AVX2 && path == kernel.PathUntold:
		return tiles.Latest
	}
	return tiles.Soon
}

// padBias fills dst with the biases from output o on, and zeros where there are none.
func padBias(dst, bias []float32, o int) {
	n := 0
	if bias != nil {
		n = copy(dst, bias[o:])
	}
	clear(dst[n:])
}

// farFrom are the bytes of an operand that no cache has kept since it was made.
const farFrom = 8 << 20

// farInput reports whether the input comes from memory, in the order of its pixels. Where
// many channels are summed nothing foresees what the next tile reads: some lines of many planes.
func (t *directTask) farInput() bool {
	s := &t.f.Shape
	return s.R*s.S == 1 && s.StrideW == 1 && 4*t.n*t.f.In.Step() > farFrom
}

// flagsOf sets what differs between the first, the last and the other passes.
func (t *directTask) flagsOf(a *tiles.Args, u *directUnit, image, p0, b int) {
	if u.half {
		a.Flags |= tiles.Half
	}
	if b > 0 {
		a.Flags |= tiles.Accumulate
	} else if t.f.Epilogue.Residual {
		r := &t.view.residual
		a.Flags |= endResidual
		if 4*t.n*r.Step() > farFrom {
			a.Flags |= tiles.Far
		}
		a.Res, a.ResPlane = &t.residual[t.view.at(r, image, u.out/Block, p0)], 4*r.Plane()
	}
	if b+t.cut.pass >= u.blocks {
		a.Flags |= t.end.flags &^ tiles.Residual
		a.Lo, a.Hi, a.Alpha = t.end.lo, t.end.hi, t.end.alpha
		if t.end.flags&endGated != 0 {
			g := &t.view.gate.Map
			a.Gate, a.GatePlane = &t.gate[t.view.at(g, image, u.out/Block, p0)], 4*g.Plane()
		}
	}
}
