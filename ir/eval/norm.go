package eval

import "math"

func init() {
	register("norm", norm)
	register("norm_dx", normDX)
}

// normSets says for each element of x to which normalised set it belongs and
// which element of weight and bias it meets; count is the number of sets and each
// the elements of one.
//
// With groups = g > 0 the channels (axis 1) of every sample form g sets, and weight
// and bias are per channel. Otherwise the named axes are normalised together, and
// weight and bias have their shape.
func (c *call) normSets(shape []int) (count, each int, of, affine func(i int) int) {
	if g := int(c.attrs.Int("groups")); g > 0 {
		_, size, inner := span(shape, 1)
		channel := func(i int) int { return i / inner % size }
		perGroup := size / g
		of = func(i int) int { return i/(inner*size)*g + channel(i)/perGroup }
		return shape[0] * g, perGroup * inner, of, channel
	}
	joined := c.inAxes(len(shape))
	count, each = 1, 1
	for a, d := range shape {
		if joined[a] {
			each *= d
		} else {
			count *= d
		}
	}
	at := make([]int, len(shape))
	// among is the flat position among the axes that are named, or that are not.
	among := func(i int, named bool) int {
		unravel(at, shape, i)
		k := 0
		for a, d := range shape {
			if joined[a] == named {
				k = k*d + at[a]
			}
		}
		return k
	}
	of = func(i int) int { return among(i, false) }
	affine = func(i int) int { return among(i, true) }
	return count, each, of, affine
}

// norm is layer, group and instance normalisation:
//
//	y = (x − mean)·invstd·weight + bias, mean and invstd = 1/sqrt(var+eps) per group
//
// Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450; Wu and He 2018,
// arXiv:1803.08494.
func norm(c *call) error {
	x, y, mean, invstd := c.in[0], c.out[0], c.out[1], c.out[2]
	count, n, of, affine := c.normSets(x.Shape)
	variance := make([]float64, count)
	for i, v := range x.F {
		mean.F[of(i)] += v / float64(n)
	}
	for i, v := range x.F {
		d := v - mean.F[of(i)]
		variance[of(i)] += d * d / float64(n)
	}
	for k, v := range variance {
		invstd.F[k] = 1 / math.Sqrt(v+c.attrs.Float("eps"))
	}
	for i, v := range x.F {
		k, a := of(i), affine(i)
		y.F[i] = (v-mean.F[k])*invstd.F[k]*c.optional(1, a, 1) + c.optional(2, a, 0)
	}
	return nil
}

// normDX, with x̂ = (x − mean)·invstd, u = dy·weight and means over a group:
//
//	dx = invstd·(u − mean(u) − x̂·mean(u·x̂));  dweight = Σdy·x̂;  dbias = Σdy
func normDX(c *call) error {
	x, dy, mean, invstd := c.in[0], c.in[1], c.in[3], c.in[4]
	dx, dweight, dbias := c.out[0], c.out[1], c.out[2]
	count, n, of, affine := c.normSets(x.Shape)
	sum, sumHat := make([]float64, count), make([]float64, count)
	hat := func(i int) float64 { return (x.F[i] - mean.F[of(i)]) * invstd.F[of(i)] }
	for i, g := range dy.F {
		k, a := of(i), affine(i)
		u := g * c.optional(2, a, 1)
		sum[k] += u
		sumHat[k] += u * hat(i)
		dweight.F[a] += g * hat(i)
		dbias.F[a] += g
	}
	for i, g := range dy.F {
		k := of(i)
		u := g * c.optional(2, affine(i), 1)
		dx.F[i] = invstd.F[k] * (u - (sum[k]+hat(i)*sumHat[k])/float64(n))
	}
	return nil
}
