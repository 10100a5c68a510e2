package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// MeanConfig says what a [Mean] computes.
type MeanConfig struct {
	In  Map
	Sum bool // of each plane, in place of its mean
	ISA kernel.ISA
}

// Mean is the mean of each plane of a map, or its sum: global average pooling, whose
// result is plain, [N, C], and what images add to the gradient of a bias.
//
// Cost: N·C·H·W additions.
type Mean struct {
	MeanConfig
	group, groups int // blocks of a chunk, chunks of an image
	rows, width   int // of a plane as it is summed
	divisor       float64
}

// meanRow is the pixels of planes without a halo that are summed as one row.
const meanRow = 256

// NewMean prepares the means of the planes of f.In.
func NewMean(f MeanConfig) *Mean {
	in := f.In
	in.check()
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	p := &Mean{MeanConfig: f, rows: in.H, width: in.W, divisor: 1}
	if !f.Sum {
		p.divisor = float64(in.H * in.W)
	}
	if in.Halo == 0 && in.H*in.W <= meanRow {
		p.rows, p.width = 1, in.H*in.W
	}
	p.group = max(1, min(in.Blocks(), groupFloats/in.Plane()))
	p.groups = ceilDiv(in.Blocks(), p.group)
	return p
}

// Run writes the means, or sums, of n images to y, n·C floats.
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
		planeMeans(y, t.x[m.At(image, block, 0, 0):], p.width, p.rows, m.Row(), planes, m.Plane(), p.divisor)
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
