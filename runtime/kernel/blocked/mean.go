package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Mean is the mean of each plane of a map: global average pooling, whose result is
// plain, [N, C].
//
// Cost: N·C·H·W additions.
type Mean struct {
	In            Map
	ISA           kernel.ISA
	group, groups int // blocks of a chunk, chunks of an image
	rows, width   int // of a plane as it is summed
}

// meanRow is the pixels of planes without a halo that are summed as one row.
const meanRow = 256

// NewMean prepares the means of the planes of in.
func NewMean(in Map, isa kernel.ISA) *Mean {
	in.check()
	if !isa.Available() {
		isa = kernel.Generic
	}
	p := &Mean{In: in, ISA: isa, rows: in.H, width: in.W}
	if in.Halo == 0 && in.H*in.W <= meanRow {
		p.rows, p.width = 1, in.H*in.W
	}
	p.group = max(1, min(in.Blocks(), groupFloats/in.Plane()))
	p.groups = ceilDiv(in.Blocks(), p.group)
	return p
}

// Run writes the means of n images to y, n·C floats.
func (p *Mean) Run(c *kernel.Ctx, n int, y, x []float32) {
	p.In.checkLen(x, n)
	if len(y) < n*p.In.C {
		panic("blocked: a slice is shorter than its means")
	}
	t := kernel.TaskOf[meanTask](c)
	*t = meanTask{p: p, y: y, x: x}
	c.Run(n*p.groups, p.In.passWork(n, 4), t)
}

type meanTask struct {
	p    *Mean
	y, x []float32
}

// Chunk sums some blocks of one image.
func (t *meanTask) Chunk(_, chunk int) {
	p, m := t.p, t.p.In
	image, b0 := chunk/p.groups, chunk%p.groups*p.group
	y := t.y[image*m.C:][:m.C]
	y = y[b0*Block : min(m.C, (b0+p.group)*Block)]
	if p.ISA == kernel.Generic {
		p.loops(y, t.x, image, b0)
		return
	}
	sum := func(y []float32, block, planes int) {
		planeMeans(y, t.x[m.At(image, block, 0, 0):], p.width, p.rows, m.Row(), planes, m.Plane(), float64(m.H*m.W))
	}
	whole := len(y) / Block
	if whole > 0 {
		sum(y, b0, whole)
	}
	if rest := y[whole*Block:]; len(rest) > 0 {
		var mean [Block]float32
		sum(mean[:], b0+whole, 1)
		copy(rest, mean[:])
	}
}
