package eval

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/tensor"
)

func init() {
	register("const", constant)
	register("iota", coordinates)
	register("rng", random)
	register("random", sample)
	register("dropout", dropout)
	register("detach", detach)
}

// dropout: y = x, its meaning outside of training; the pass mode replaces it by
// rng and a product where training is meant.
func dropout(c *call) error {
	copy(c.out[0].F, c.in[0].F)
	return nil
}

// sample: the numbers of stream 0 of seed 0; the pass mode gives each draw its own.
func sample(c *call) error { return draw(c, 0, 0) }

// detach: y = x.
func detach(c *call) error {
	copy(c.out[0].F, c.in[0].F)
	copy(c.out[0].I, c.in[0].I)
	return nil
}

// constant: y[i] = values[i]; a single value fills the shape.
func constant(c *call) error {
	y, values := c.out[0], c.attrs.Floats("values")
	if n := y.Len(); len(values) != 1 && len(values) != n {
		return fmt.Errorf("found %d values, expected 1 or %d", len(values), n)
	}
	for i := range y.Len() {
		v := values[0]
		if len(values) > 1 {
			v = values[i]
		}
		if y.isFloat() {
			y.F[i] = v
		} else {
			y.setInt(i, saturate(tensor.I64, v))
		}
	}
	return nil
}

// coordinates: y[…, k, …] = k, the coordinate along the axis.
func coordinates(c *call) error {
	y := c.out[0]
	outer, size, inner := span(y.Shape, c.axis(len(y.Shape)))
	for o := range outer {
		for k := range size {
			for i := range inner {
				at := (o*size+k)*inner + i
				if y.isFloat() {
					y.F[at] = float64(k)
				} else {
					y.setInt(at, int64(k))
				}
			}
		}
	}
	return nil
}

// random: y[i] is number i of (seed, stream) by the law of runtime/tensor:
// uniform in [0, 1), standard normal, or 1 with probability p and else 0.
func random(c *call) error {
	return draw(c, uint64(c.in[0].I[0]), uint64(c.attrs.Int("stream")))
}

func draw(c *call, seed, stream uint64) error {
	y := c.out[0]
	p := float32(c.attrs.Float("p"))
	for i := range y.F {
		switch kind := c.attrs.String("kind"); kind {
		case "uniform":
			y.F[i] = float64(tensor.Uniform(seed, stream, uint64(i)))
		case "normal":
			y.F[i] = float64(tensor.Normal(seed, stream, uint64(i)))
		case "bernoulli":
			// The comparison is made in float32 so that every implementation agrees.
			if tensor.Uniform(seed, stream, uint64(i)) < p {
				y.F[i] = 1
			}
		default:
			return fmt.Errorf("found kind=%q, expected uniform, normal or bernoulli", kind)
		}
	}
	return nil
}
