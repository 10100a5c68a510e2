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
type Resize struct{ ResizeConfig }

// NewResize prepares the enlargement.
func NewResize(f ResizeConfig) *Resize {
	f.In.check()
	f.Out.check()
	if f.In.C != f.Out.C || f.Out.H != f.In.H*f.ScaleH || f.Out.W != f.In.W*f.ScaleW {
		panic("blocked: the maps of an enlargement have other sizes than its factors")
	}
	return &Resize{f}
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
		resizeRow(f, t.y[f.Out.At(image, block, p, 0):][:f.Out.W*Block], t.x, image, block, p)
	}
}
