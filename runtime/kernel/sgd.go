package kernel

// SGD updates weights by stochastic gradient descent with momentum, weight decay
// and optionally Nesterov's step, as PyTorch defines it:
//
//	g += decay·w;  v = momentum·v + g;  w -= lr·(nesterov ? g + momentum·v : v)
//
// v begins as zeros; it may be nil when momentum is 0. g is not changed.
func SGD(c *Ctx, w, g, v []float32, lr, momentum, decay float32, nesterov bool) {
	checkLen(g, len(w))
	if momentum != 0 {
		checkLen(v, len(w))
	}
	t := &c.tasks.sgd
	*t = sgdTask{w: w, g: g, v: v, lr: lr, momentum: momentum, decay: decay, nesterov: nesterov}
	c.run(ceilDiv(len(w), sgdChunk), 4*len(w), t)
}

// sgdChunk is the number of weights of one chunk: 16 KiB of each operand.
const sgdChunk = 4096

type sgdTask struct {
	w, g, v             []float32
	lr, momentum, decay float32
	nesterov            bool
}

func (t *sgdTask) Chunk(_, chunk int) {
	lo, hi := chunk*sgdChunk, min((chunk+1)*sgdChunk, len(t.w))
	w, g := t.w[lo:hi], t.g[lo:hi]
	if t.momentum == 0 {
		for i, x := range w {
			w[i] = x - t.lr*(g[i]+t.decay*x)
		}
		return
	}
	v := t.v[lo:hi]
	if vector {
		vectorSGD(t.nesterov, hi-lo, &w[0], &g[0], &v[0], &t.lr, &t.momentum, &t.decay)
		return
	}
	for i, x := range w {
		grad := g[i] + t.decay*x
		vel := t.momentum*v[i] + grad
		v[i] = vel
		if t.nesterov {
			vel = grad + t.momentum*vel
		}
		w[i] = x - t.lr*vel
	}
}

// ReluDX is the gradient of a rectifier from its result: dx = y > 0 ? dy : 0. dx
// may be dy.
func ReluDX(c *Ctx, dx, y, dy []float32) {
	checkLen(y, len(dx))
	checkLen(dy, len(dx))
	t := &c.tasks.gate
	*t = gateTask{dx: dx, y: y, dy: dy}
	c.run(ceilDiv(len(dx), vectorRun), 4*len(dx), t)
}

type gateTask struct{ dx, y, dy []float32 }

func (t *gateTask) Chunk(_, chunk int) {
	lo, hi := chunk*vectorRun, min((chunk+1)*vectorRun, len(t.dx))
	if vector {
		vectorGate(hi-lo, &t.dx[lo], &t.y[lo], &t.dy[lo])
		return
	}
	for i := lo; i < hi; i++ {
		g := t.dy[i]
		if !(t.y[i] > 0) {
			g = 0
		}
		t.dx[i] = g
	}
}
