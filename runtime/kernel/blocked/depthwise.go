package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// isDepthwise reports whether every channel has a filter of its own.
func isDepthwise(f *ConvConfig) bool {
	s := &f.Shape
	return s.Groups == s.C && s.O == s.C && !f.PlainIn
}

// depthwise convolves with one filter for each channel, weights [C/8][R·S][8].
type depthwise struct {
	f                  *ConvConfig
	end                ending
	shape              depthwiseKernel
	isa                kernel.ISA // of the kernel: AVX-512 where a vector is a pair of pixels
	double             bool       // the input has double blocks
	width, wide, tiles int        // of a row: tiles, the first wide of them one wider than the rest
	group, groups      int        // blocks of a chunk, chunks of an image
	band, bands        int        // rows of a chunk, chunks of a block

	walk []int // the taps of a window, in the order of packed weights
}

// depthwiseKernel names a kernel.
type depthwiseKernel uint8

const (
	depthwiseAny depthwiseKernel = iota
	depthwise3
	depthwise3s2
	depthwise3d2
	depthwise5
	depthwise5s2
	depthwise7
	depthwise7s2
)

// bandWork is the multiply-adds of a chunk: some microseconds, so that threads
// find enough of them and the collector need not wait.
const bandWork = 1 << 17

func newDepthwise(f *ConvConfig) *depthwise {
	if !isDepthwise(f) {
		panic("blocked: a depthwise convolution has other groups than channels")
	}
	d := &depthwise{f: f, end: endingOf(&f.Epilogue), shape: depthwiseKernelOf(&f.Shape), double: f.In.Double}
	d.cutRow(kernel.DoublePumped())
	s := &f.Shape
	row := f.Out.W * Block * s.R * s.S
	d.band = min(f.Out.H, roundUp(max(1, bandWork/row), 2))
	d.bands = ceilDiv(f.Out.H, d.band)
	d.group = min(f.Out.Blocks(), max(1, bandWork/(row*d.band)))
	d.groups = ceilDiv(f.Out.Blocks(), d.group)
	for tap := range s.R * s.S {
		d.walk = append(d.walk, tap)
	}
	return d
}

// cutRow chooses the kernel's set, also by whether AVX-512 runs in halves, and cuts a row of
// results into tiles.
func (d *depthwise) cutRow(halves bool) {
	d.isa = kernel.AVX2
	if d.f.ISA == kernel.AVX512 && (d.double || d.pairs(halves)) {
		d.isa = kernel.AVX512
	}
	vectors := d.f.Out.W
	if d.isa == kernel.AVX512 && !d.double {
		vectors = ceilDiv(vectors, 2)
	}
	d.width, d.wide, d.tiles = evenTiles(vectors, d.widest())
}

// depthwiseKernelOf returns the kernel of a shape.
func depthwiseKernelOf(s *kernel.ConvShape) depthwiseKernel {
	if s.R != s.S || s.StrideH != s.StrideW || s.DilH != s.DilW {
		return depthwiseAny
	}
	switch [3]int{s.R, s.StrideW, s.DilW} {
	case [3]int{3, 1, 1}:
		return depthwise3
	case [3]int{3, 2, 1}:
		return depthwise3s2
	case [3]int{3, 1, 2}:
		return depthwise3d2
	case [3]int{5, 1, 1}:
		return depthwise5
	case [3]int{5, 2, 1}:
		return depthwise5s2
	case [3]int{7, 1, 1}:
		return depthwise7
	case [3]int{7, 2, 1}:
		return depthwise7s2
	}
	return depthwiseAny
}

// pairs reports whether AVX-512 is faster, whose vectors are pairs of pixels: those of stride 2
// are shuffled together, which costs what they gain where a vector runs in two halves.
func (d *depthwise) pairs(halves bool) bool {
	switch d.shape {
	case depthwise3, depthwise3d2, depthwise5, depthwise7:
		return true
	case depthwise5s2, depthwise7s2:
		return !halves
	}
	return false
}

// widest returns the vectors of the widest tile, as DepthwiseWidth and doubleWidth of
// codegen/kernel.
func (d *depthwise) widest() int {
	switch {
	case d.double:
		return 14
	case d.isa == kernel.AVX512:
		return 7
	case d.shape == depthwiseAny:
		return 8
	}
	return min(12, 15-d.f.Shape.S)
}

func (d *depthwise) packedLen() int { return d.f.In.Blocks() * d.f.Shape.R * d.f.Shape.S * Block }

func (d *depthwise) pack(dst, w []float32) {
	packFilters(dst, w, d.f.In.C, d.f.Shape.R*d.f.Shape.S, d.walk)
}

// need makes room for the biases of a chunk with padding channels.
func (d *depthwise) need(int) (perWorker, shared int) {
	if d.f.Epilogue.Bias && d.f.Out.C%Block != 0 {
		return d.group * Block, 0
	}
	return 0, 0
}

func (d *depthwise) run(c *kernel.Ctx, call convCall) {
	if d.bands == 1 && d.f.manyImages(call.n) {
		d.runImages(c, call)
		return
	}
	t := kernel.TaskOf[depthwiseTask](c)
	*t = depthwiseTask{depthwise: d, convCall: call, ctx: c}
	c.Run(call.n*d.groups*d.bands, call.n*d.f.work(), t)
}

// place returns what a chunk is: the bands of a group of blocks follow each other, or
// the groups of a band.
func (d *depthwise) place(chunk int) (band, group, image int) {
	image = chunk / d.bands / d.groups
	if d.f.Split == ByRows {
		return chunk / d.groups % d.bands, chunk % d.groups, image
	}
	return chunk % d.bands, chunk / d.bands % d.groups, image
}

type depthwiseTask struct {
	*depthwise
	convCall
	ctx *kernel.Ctx
}

// depthwiseArgs is the argument block of the depthwise kernels, whose law stands in
// codegen/kernel/blocked_depthwise.go. Distances are in bytes.
type depthwiseArgs struct {
	x, y, w, bias, res       *float32
	blocks                   int
	rows, width, wide, tiles int
	xblock, yblock, wblock   int
	biasblock, rblock        int
	xtap, xrow, yrow, rrow   int
	flags                    uint64
	mask                     uint64
	lo, _                    float32
	hi, _                    float32
	alpha, _                 float32
	taprows, tapcols         int
	xcol, xpixel, ypixel     int
	yhalf                    int // from one half of the results of a double block to the other
}

// Chunk computes a band of rows of some blocks of one image.
func (t *depthwiseTask) Chunk(worker, chunk int) {
	f := t.f
	w := t.Writes(chunk)
	image, b0, b1, p0, p1 := w.Images[0], w.Blocks[0], w.Blocks[1], w.Rows[0], w.Rows[1]
	if f.ISA == kernel.Generic {
		for b := b0; b < b1; b++ {
			t.generic(image, b, p0, p1)
		}
		return
	}
	t.some(worker, image, b0, b1, p0, p1)
}

// some computes rows [p0, p1) of some blocks of an image.
func (t *depthwiseTask) some(worker, image, b0, b1, p0, p1 int) {
	f := t.f
	a := t.args(image, b0, p0)
	a.blocks, a.rows = b1-b0, p1-p0
	if f.Epilogue.Bias {
		a.bias, a.biasblock = t.biases(worker, b0, b1), 4*Block
	}
	if t.double {
		a.double()
		a.runDouble(t.shape)
	} else {
		a.run(t.shape, t.isa)
	}
	t.end.finishBelow(&f.Epilogue, f.ISA, f.Out, t.y, t.above.y, image, b0, b1, p0, p1)
}

// args returns the argument block of rows of some blocks of an image, from row p of a
// block on; how many, and the biases, are left out.
func (t *depthwiseTask) args(image, block, p int) depthwiseArgs {
	f, s := t.f, &t.f.Shape
	taps := s.R * s.S
	a := depthwiseArgs{
		x:     &t.x[f.In.At(image, block, p*s.StrideH-s.PadTop-t.above.x, -s.PadLeft)],
		y:     &t.y[f.Out.At(image, block, p-t.above.y, 0)],
		w:     &t.packed[block*taps*Block],
		bias:  &noBias[0],
		width: t.width, wide: t.wide, tiles: t.tiles,
		xblock: 4 * f.In.Plane(), yblock: 4 * f.Out.Plane(), wblock: 4 * taps * Block,
		xtap: 4 * s.DilH * f.In.Row(), xrow: 4 * s.StrideH * f.In.Row(), yrow: 4 * f.Out.Row(),
		flags: t.end.flags, mask: 0xffff >> (8 * (f.Out.W & 1)),
		lo: t.end.lo, hi: t.end.hi, alpha: t.end.alpha,
		taprows: s.R, tapcols: s.S, xcol: 4 * Block * s.DilW, xpixel: 4 * Block * s.StrideW, ypixel: 4 * Block,
	}
	if f.Epilogue.Residual {
		a.res = &t.residual[f.Residual.At(image, block, p, 0)]
		a.rblock, a.rrow = 4*f.Residual.Plane(), 4*f.Residual.Row()
	}
	return a
}

// noBias stands for a bias of zeros.
var noBias [2 * Block]float32

// biases returns those of blocks [b0, b1), with zeros for padding channels.
func (t *depthwiseTask) biases(worker, b0, b1 int) *float32 {
	if t.f.Out.C%Block == 0 {
		return &t.bias[b0*Block]
	}
	b := t.ctx.Scratch(worker, t.group*Block)[:(b1-b0)*Block]
	clear(b[copy(b, t.bias[b0*Block:]):])
	return &b[0]
}

// generic is Chunk in plain loops: the definition.
func (t *depthwiseTask) generic(image, block, p0, p1 int) {
	f, s := t.f, &t.f.Shape
	bias := biasOf(t.bias, block)
	w := t.packed[block*s.R*s.S*Block:]
	for p := p0; p < p1; p++ {
		for q := range f.Out.W {
			pixel := t.y[f.Out.At(image, block, p, q):][:Block]
			for lane := range pixel {
				sum := 0.0
				for tap := range s.R * s.S {
					at := f.In.At(image, block, p*s.StrideH-s.PadTop+tap/s.S*s.DilH, q*s.StrideW-s.PadLeft+tap%s.S*s.DilW)
					sum += float64(t.x[at+lane]) * float64(w[tap*Block+lane])
				}
				v := float32(sum) + bias[lane]
				if f.Epilogue.Residual {
					v += t.residual[f.Residual.At(image, block, p, q)+lane]
				}
				if pixel[lane] = f.Epilogue.Apply(v); block*Block+lane >= f.Out.C {
					pixel[lane] = 0
				}
			}
		}
	}
	f.Out.zeroBands(t.y, image, block, block+1, p0, p1)
}
