package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Mean is the mean of each plane of a map: global average pooling, whose result is
// plain, [N, C].
//
// Cost: N·C·H·W additions.
type Mean struct {
	In  Map
	ISA kernel.ISA
}

// NewMean prepares the means of the planes of in.
func NewMean(in Map, isa kernel.ISA) *Mean {
	in.check()
	if !isa.Available() {
		isa = kernel.Generic
	}
	return &Mean{In: in, ISA: isa}
}

// Run writes the means of n images to y, n·C floats.
func (p *Mean) Run(c *kernel.Ctx, n int, y, x []float32) {
	p.In.checkLen(x, n)
	if len(y) < n*p.In.C {
		panic("blocked: a slice is shorter than its means")
	}
	t := kernel.TaskOf[meanTask](c)
	*t = meanTask{p: p, y: y, x: x}
	c.Run(n*p.In.Blocks(), 4*n*p.In.Size(), t)
}

type meanTask struct {
	p    *Mean
	y, x []float32
}

// Chunk sums one block of one image.
func (t *meanTask) Chunk(_, chunk int) {
	m := t.p.In
	image, block := chunk/m.Blocks(), chunk%m.Blocks()
	channels := min(Block, m.C-block*Block)
	y := t.y[image*m.C+block*Block:][:channels]
	if t.p.ISA == kernel.Generic {
		t.p.loops(y, t.x, image, block)
		return
	}
	var mean [Block]float32
	planeMean(&mean, t.x[m.At(image, block, 0, 0):], m.W, m.H, m.Row(), float64(m.H*m.W))
	copy(y, mean[:])
}
