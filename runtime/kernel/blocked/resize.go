package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// ResizeConfig says how a map is enlarged: by whole factors, bilinear with
// half-pixel centres or by the nearest pixel.
type ResizeConfig struct {
	In, Out        Map // Out.H = In.H·ScaleH, Out.W = In.W·ScaleW
	ScaleH, ScaleW int
	Bilinear       bool
	ISA            kernel.ISA
}

// Resize enlarges maps. Its result is that of [kernel.Resize].
//
// Cost: N·C·H·W of the large side, times 8 operations.
type Resize struct {
	ResizeConfig
	taps []columnTap // bilinear: of every column of the large side
}

// columnTap is where one column of the large side comes from: the bytes to its two
// pixels and their weights. Assembly reads it.
type columnTap struct {
	lo, hi    int32
	low, high float32
}

// NewResize prepares the enlargement.
func NewResize(f ResizeConfig) *Resize {
	f.In.check()
	f.Out.check()
	if f.In.C != f.Out.C || f.Out.H != f.In.H*f.ScaleH || f.Out.W != f.In.W*f.ScaleW {
		panic("blocked: the maps of an enlargement have other sizes than its factors")
	}
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	p := &Resize{ResizeConfig: f}
	if f.Bilinear {
		p.taps = make([]columnTap, f.Out.W)
		for q := range p.taps {
			lo, hi, w := tap(q, f.In.W, f.ScaleW, true)
			p.taps[q] = columnTap{int32(4 * Block * lo), int32(4 * Block * hi), 1 - w, w}
		}
	}
	return p
}

// Run enlarges n images and writes all of y, halo and padding channels included.
func (p *Resize) Run(c *kernel.Ctx, n int, y, x []float32) {
	p.Out.checkLen(y, n)
	p.In.checkLen(x, n)
	t := kernel.TaskOf[resizeTask](c)
	*t = resizeTask{p: p, y: y, x: x}
	c.Run(n*p.Out.Blocks(), 8*n*p.Out.Size(), t)
}

type resizeTask struct {
	p    *Resize
	y, x []float32
}

// Chunk enlarges one block of one image.
func (t *resizeTask) Chunk(_, chunk int) {
	f := &t.p.ResizeConfig
	image, block := chunk/f.Out.Blocks(), chunk%f.Out.Blocks()
	f.Out.ZeroHalo(t.y, image, block, block+1)
	for p := range f.Out.H {
		y := t.y[f.Out.At(image, block, p, 0):][:f.Out.W*Block]
		switch {
		case f.ISA == kernel.Generic:
			resizeRow(f, y, t.x, image, block, p)
		case f.Bilinear:
			h0, h1, w := tap(p, f.In.H, f.ScaleH, true)
			mixRows(y, t.x[f.In.At(image, block, h0, 0):], t.x[f.In.At(image, block, h1, 0):], t.p.taps, [2]float32{1 - w, w})
		case p%f.ScaleH == 0:
			repeatPixels(y, t.x[f.In.At(image, block, p/f.ScaleH, 0):], f.In.W, f.ScaleW)
		default:
			copy(y, t.y[f.Out.At(image, block, p-1, 0):])
		}
	}
}
