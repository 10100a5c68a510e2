package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// PoolConfig says what a pooling layer is.
type PoolConfig struct {
	Shape kernel.PoolShape
	Max   bool // the maximum of each window; else the mean
	In    Map  // C, H, W of Shape; the halo is never read
	Out   Map  // C, P, Q of Shape
	ISA   kernel.ISA
}

// Pool takes the maximum or the mean of each window of a map. Padding never wins a
// maximum; the mean is over the cells inside the image, or those inside the padded
// image with Shape.CountPad.
//
// Cost: N·C·P·Q·R·S operations.
type Pool struct {
	PoolConfig
	run poolMethod
}

// poolMethod computes one block of channels of one image.
type poolMethod func(f *PoolConfig, y, x []float32, image, block int)

// NewPool prepares a pooling layer.
func NewPool(f PoolConfig) *Pool {
	f.In.check()
	f.Out.check()
	s := &f.Shape
	if f.In.C != s.C || f.In.H != s.H || f.In.W != s.W || f.Out.C != s.C || f.Out.H != s.P() || f.Out.W != s.Q() {
		panic("blocked: the maps of a pooling layer have other sizes than its shape")
	}
	return &Pool{PoolConfig: f, run: poolLoops}
}

// Run pools n images and writes all of y, halo and padding channels included.
func (p *Pool) Run(c *kernel.Ctx, n int, y, x []float32) {
	p.Out.checkLen(y, n)
	p.In.checkLen(x, n)
	t := kernel.TaskOf[poolTask](c)
	*t = poolTask{p: p, y: y, x: x}
	c.Run(n*p.Out.Blocks(), n*(4*p.In.Size()+p.Out.Size()*p.Shape.R*p.Shape.S), t)
}

type poolTask struct {
	p    *Pool
	y, x []float32
}

// Chunk pools one block of one image.
func (t *poolTask) Chunk(_, chunk int) {
	f := &t.p.PoolConfig
	image, block := chunk/f.Out.Blocks(), chunk%f.Out.Blocks()
	f.Out.ZeroHalo(t.y, image, block, block+1)
	t.p.run(f, t.y, t.x, image, block)
}
