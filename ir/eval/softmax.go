package eval

import "math"

func init() {
	register("softmax", softmax)
	register("softmax_dx", softmaxDX)
	register("log_softmax", logSoftmax)
	register("log_softmax_dx", logSoftmaxDX)
	register("softmax_xent", softmaxXent)
	register("softmax_xent_dx", softmaxXentDX)
}

// lines visits every line of a shape along an axis: at(k) is the flat position
// of its element k, line the number of the line (the flat position once the axis
// is dropped).
func lines(shape []int, axis int, visit func(line, size int, at func(k int) int)) {
	outer, size, inner := span(shape, axis)
	for o := range outer {
		for i := range inner {
			visit(o*inner+i, size, func(k int) int { return (o*size+k)*inner + i })
		}
	}
}

// shifted is the largest value of a line and Σ exp(x − largest).
func shifted(x []float64, size int, at func(int) int) (largest, sum float64) {
	largest = math.Inf(-1)
	for k := range size {
		largest = math.Max(largest, x[at(k)])
	}
	for k := range size {
		sum += math.Exp(x[at(k)] - largest)
	}
	return largest, sum
}

// logSumExp is log Σ exp x over a line, shifted by the maximum.
func logSumExp(x []float64, size int, at func(int) int) float64 {
	largest, sum := shifted(x, size, at)
	return largest + math.Log(sum)
}

// softmax: y = exp x / Σ exp x along the axis; both are shifted, since the logarithm of the
// sum is lost beside a large x.
func softmax(c *call) error {
	x, y := c.in[0], c.out[0]
	lines(x.Shape, c.axis(len(x.Shape)), func(_, size int, at func(int) int) {
		largest, sum := shifted(x.F, size, at)
		for k := range size {
			y.F[at(k)] = math.Exp(x.F[at(k)]-largest) / sum
		}
	})
	return nil
}

// softmaxDX: dx = y·(dy − Σ dy·y).
func softmaxDX(c *call) error {
	y, dy, dx := c.in[0], c.in[1], c.out[0]
	lines(y.Shape, c.axis(len(y.Shape)), func(_, size int, at func(int) int) {
		dot := 0.0
		for k := range size {
			dot += dy.F[at(k)] * y.F[at(k)]
		}
		for k := range size {
			dx.F[at(k)] = y.F[at(k)] * (dy.F[at(k)] - dot)
		}
	})
	return nil
}

// logSoftmax: y = x − log Σ exp x along the axis.
func logSoftmax(c *call) error {
	x, y := c.in[0], c.out[0]
	lines(x.Shape, c.axis(len(x.Shape)), func(_, size int, at func(int) int) {
		l := logSumExp(x.F, size, at)
		for k := range size {
			y.F[at(k)] = x.F[at(k)] - l
		}
	})
	return nil
}

// logSoftmaxDX: dx = dy − exp(y)·Σdy.
func logSoftmaxDX(c *call) error {
	y, dy, dx := c.in[0], c.in[1], c.out[0]
	lines(y.Shape, c.axis(len(y.Shape)), func(_, size int, at func(int) int) {
		sum := 0.0
		for k := range size {
			sum += dy.F[at(k)]
		}
		for k := range size {
			dx.F[at(k)] = dy.F[at(k)] - math.Exp(y.F[at(k)])*sum
		}
	})
	return nil
}

// target returns the label of a line, moved to the nearest class when it lies
// outside, or −1 where it is ignored (attribute ignore; −1 ignores none).
func (c *call) target(label *Tensor, line, size int) int {
	v := label.I[line]
	if ignore := c.attrs.Int("ignore"); ignore >= 0 && v == ignore {
		return -1
	}
	return int(min(max(v, 0), int64(size)-1))
}

// softmaxXent is cross entropy against labels smoothed by s over K classes:
//
//	p = softmax(logits);  loss = −(1−s)·log p[label] − s/K·Σ log p
//
// per line along the axis; an ignored label has loss 0.
func softmaxXent(c *call) error {
	x, label, loss, probs := c.in[0], c.in[1], c.out[0], c.out[1]
	s := c.attrs.Float("smoothing")
	lines(x.Shape, c.axis(len(x.Shape)), func(line, size int, at func(int) int) {
		l, sum := logSumExp(x.F, size, at), 0.0
		for k := range size {
			probs.F[at(k)] = math.Exp(x.F[at(k)] - l)
			sum += x.F[at(k)] - l
		}
		if t := c.target(label, line, size); t >= 0 {
			loss.F[line] = -(1-s)*(x.F[at(t)]-l) - s/float64(size)*sum
		}
	})
	return nil
}

// softmaxXentDX: dlogits = dloss·(p − (1−s)·onehot(label) − s/K), 0 where the
// label is ignored.
func softmaxXentDX(c *call) error {
	probs, label, dloss, dx := c.in[0], c.in[1], c.in[2], c.out[0]
	s := c.attrs.Float("smoothing")
	lines(probs.Shape, c.axis(len(probs.Shape)), func(line, size int, at func(int) int) {
		t := c.target(label, line, size)
		if t < 0 {
			return
		}
		for k := range size {
			g := probs.F[at(k)] - s/float64(size)
			if k == t {
				g -= 1 - s
			}
			dx.F[at(k)] = dloss.F[line] * g
		}
	})
	return nil
}
