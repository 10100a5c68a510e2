package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// ElementwiseOp is what an elementwise layer does before its activation.
type ElementwiseOp uint8

// The operations.
const (
	OpApply ElementwiseOp = iota // y = act(a)
	OpAdd                        // y = act(a + b)
	OpScale                      // y = act(a · b), b one factor for each image and channel
)

// ElementwiseConfig says what an elementwise layer is. Halos may differ.
type ElementwiseConfig struct {
	Op        ElementwiseOp
	Act       kernel.Act
	Args      [2]float32 // of the activation
	A, B, Out Map        // B of OpAdd, and of OpScale, where it is one pixel without a halo
	ISA       kernel.ISA
}

// Elementwise computes an activation, a sum or a channel scale of maps.
//
// Cost: the memory it reads and writes, or the activation.
type Elementwise struct {
	ElementwiseConfig
	end           ending
	e             kernel.Epilogue
	group, groups int // blocks of a chunk, chunks of an image
}

// groupFloats is about what a chunk writes: small planes are done several at once.
const groupFloats = 1 << 14

// NewElementwise prepares an elementwise layer.
func NewElementwise(f ElementwiseConfig) *Elementwise {
	f.A.check()
	f.Out.check()
	operands := []Map{f.A}
	switch f.Op {
	case OpAdd:
		f.B.check()
		operands = append(operands, f.B)
	case OpScale:
		f.B.check()
		if !f.B.pixelOf(f.A) {
			panic("blocked: the factors of a scale are no pixel of its channels")
		}
	}
	for _, m := range operands {
		if m.C != f.Out.C || m.H != f.Out.H || m.W != f.Out.W {
			panic("blocked: the maps of an elementwise layer have different sizes")
		}
	}
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	p := &Elementwise{ElementwiseConfig: f, e: kernel.Epilogue{Act: f.Act, Args: f.Args}}
	p.end = endingOf(&p.e)
	p.end.after = f.Op == OpScale && f.Act != kernel.ActNone
	p.group = max(1, min(f.Out.Blocks(), groupFloats/f.Out.Plane()))
	p.groups = ceilDiv(f.Out.Blocks(), p.group)
	return p
}

// Run computes n images and writes all of y, halo and padding channels included. y
// may be a or b where their maps are the same. b is nil with OpApply.
func (p *Elementwise) Run(c *kernel.Ctx, n int, y, a, b []float32) {
	p.Out.checkLen(y, n)
	p.A.checkLen(a, n)
	if p.Op != OpApply {
		p.B.checkLen(b, n)
	}
	t := kernel.TaskOf[elementwiseTask](c)
	*t = elementwiseTask{p: p, y: y, a: a, b: b}
	work := 8
	if endingOf(&p.e).after {
		work = 32 // a transcendental function
	}
	c.Run(n*p.groups, work*n*p.Out.Size(), t)
}

type elementwiseTask struct {
	p       *Elementwise
	y, a, b []float32
}

// Chunk computes some blocks of one image.
func (t *elementwiseTask) Chunk(_, chunk int) {
	p := t.p
	image, b0 := chunk/p.groups, chunk%p.groups*p.group
	b1 := min(b0+p.group, p.Out.Blocks())
	r := rowsOf{
		y: t.y[p.Out.At(image, b0, 0, 0):], x: t.a[p.A.At(image, b0, 0, 0):],
		planes: b1 - b0, rows: p.Out.H, width: p.Out.W,
		ystep: p.Out.Row(), xstep: p.A.Row(), yplane: p.Out.Plane(), xplane: p.A.Plane(),
	}
	switch p.Op {
	case OpScale:
		if p.A.Halo+p.Out.Halo == 0 { // rows are one: the ends of short ones take as long again
			r.rows, r.width = 1, r.rows*r.width
		}
		r.z = t.b[p.B.At(image, b0, 0, 0):]
		r.scale(p.ISA)
	case OpAdd:
		r.z, r.zstep, r.zplane = t.b[p.B.At(image, b0, 0, 0):], p.B.Row(), p.B.Plane()
		r.apply(p.ISA, &p.e)
	default:
		r.apply(p.ISA, &p.e)
	}
	p.end.finish(&p.e, p.ISA, p.Out, t.y, image, b0, b1, 0, p.Out.H)
}
