package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// ElementwiseOp is what an elementwise layer does before its activation.
type ElementwiseOp uint8

// The operations.
const (
	OpApply ElementwiseOp = iota // y = act(a)
	OpAdd                        // y = act(a + b)
	OpScale                      // y = act(a · b), b one factor for each image and channel, plain [N, C]
)

// ElementwiseConfig says what an elementwise layer is. Halos may differ.
type ElementwiseConfig struct {
	Op        ElementwiseOp
	Act       kernel.Act
	Args      [2]float32 // of the activation
	A, B, Out Map        // B of OpAdd
	ISA       kernel.ISA
}

// Elementwise computes an activation, a sum or a channel scale of maps.
//
// Cost: the memory it reads and writes, or the activation.
type Elementwise struct {
	ElementwiseConfig
	end ending
	e   kernel.Epilogue
}

// NewElementwise prepares an elementwise layer.
func NewElementwise(f ElementwiseConfig) *Elementwise {
	f.A.check()
	f.Out.check()
	if f.Op == OpAdd {
		f.B.check()
	} else {
		f.B = f.A
	}
	for _, m := range []Map{f.A, f.B} {
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
	return p
}

// Run computes n images and writes all of y, halo and padding channels included. y
// may be a or b where their maps are the same. b is nil with OpApply.
func (p *Elementwise) Run(c *kernel.Ctx, n int, y, a, b []float32) {
	p.Out.checkLen(y, n)
	p.A.checkLen(a, n)
	switch p.Op {
	case OpAdd:
		p.B.checkLen(b, n)
	case OpScale:
		if len(b) < n*p.A.C {
			panic("blocked: a slice is shorter than its factors")
		}
	}
	t := kernel.TaskOf[elementwiseTask](c)
	*t = elementwiseTask{p: p, y: y, a: a, b: b}
	work := 8
	if endingOf(&p.e).after {
		work = 32 // a transcendental function
	}
	c.Run(n*p.Out.Blocks(), work*n*p.Out.Size(), t)
}

type elementwiseTask struct {
	p       *Elementwise
	y, a, b []float32
}

// Chunk computes one block of one image.
func (t *elementwiseTask) Chunk(_, chunk int) {
	p := t.p
	image, block := chunk/p.Out.Blocks(), chunk%p.Out.Blocks()
	r := rowsOf{y: t.y[p.Out.At(image, block, 0, 0):], x: t.a[p.A.At(image, block, 0, 0):],
		width: p.Out.W, rows: p.Out.H, ystep: p.Out.Row(), xstep: p.A.Row()}
	switch p.Op {
	case OpScale:
		var s [Block]float32
		copy(s[:min(Block, p.A.C-block*Block)], t.b[image*p.A.C+block*Block:])
		r.scale(p.ISA, &s)
	case OpAdd:
		r.z, r.zstep = t.b[p.B.At(image, block, 0, 0):], p.B.Row()
		r.apply(p.ISA, &p.e)
	default:
		r.apply(p.ISA, &p.e)
	}
	p.end.finish(&p.e, p.ISA, p.Out, t.y, image, block, block+1, 0, p.Out.H)
}
