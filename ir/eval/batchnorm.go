package eval

import "math"

func init() {
	register("batch_norm", batchNorm)
	register("bn_train", bnTrain)
	register("bn_again", bnAgain)
	register("bn_dx", bnDX)
}

// channels returns the number of channels (axis 1), the number of elements of
// each, and the channel of flat position i.
func channels(shape []int) (count, each int, of func(i int) int) {
	outer, count, inner := span(shape, 1)
	return count, outer * inner, func(i int) int { return i / inner % count }
}

// optional returns element k of an optional operand, or what stands for it.
func (c *call) optional(operand, k int, otherwise float64) float64 {
	if c.has(operand) {
		return c.in[operand].F[k]
	}
	return otherwise
}

// batchNorm with the stored statistics:
//
//	y = (x − running_mean[c]) / sqrt(running_var[c] + eps) · weight[c] + bias[c]
func batchNorm(c *call) error {
	x, mean, variance, y := c.in[0], c.in[3], c.in[4], c.out[0]
	_, _, of := channels(x.Shape)
	for i, v := range x.F {
		k := of(i)
		invstd := 1 / math.Sqrt(variance.F[k]+c.attrs.Float("eps"))
		y.F[i] = (v-mean.F[k])*invstd*c.optional(1, k, 1) + c.optional(2, k, 0)
	}
	return nil
}

// bnTrain normalises by the statistics of the batch, taken per channel over all
// other axes, and moves the running ones toward them:
//
//	mean = Σx/n;  var = Σ(x−mean)²/n;  invstd = 1/sqrt(var+eps)
//	y = act((x − mean)·invstd·weight + bias + residual)
//	new_mean = (1−momentum)·running_mean + momentum·mean
//	new_var  = (1−momentum)·running_var + momentum·var·n/max(n−1, 1)
//
// Source: Ioffe and Szegedy 2015, arXiv:1502.03167; the unbiased running
// variance is PyTorch's.
func bnTrain(c *call) error {
	x, runningMean, runningVar := c.in[0], c.in[3], c.in[4]
	y, mean, invstd, newMean, newVar := c.out[0], c.out[1], c.out[2], c.out[3], c.out[4]
	count, n, of := channels(x.Shape)
	variance := make([]float64, count)
	for i, v := range x.F {
		mean.F[of(i)] += v / float64(n)
	}
	for i, v := range x.F {
		d := v - mean.F[of(i)]
		variance[of(i)] += d * d / float64(n)
	}
	m := c.attrs.Float("momentum")
	for k := range count {
		invstd.F[k] = 1 / math.Sqrt(variance[k]+c.attrs.Float("eps"))
		newMean.F[k] = (1-m)*runningMean.F[k] + m*mean.F[k]
		newVar.F[k] = (1-m)*runningVar.F[k] + m*variance[k]*float64(n)/float64(max(n-1, 1))
	}
	act, err := epilogueActivation(c.attrs.String("act"), c.attrs.Floats("act_args"))
	if err != nil {
		return err
	}
	for i, v := range x.F {
		k := of(i)
		y.F[i] = act((v-mean.F[k])*invstd.F[k]*c.optional(1, k, 1) + c.optional(2, k, 0) + c.optional(5, i, 0))
	}
	return nil
}

// bnAgain is the y of bnTrain, without a residual, from mean and invstd.
func bnAgain(c *call) error {
	x, mean, invstd, y := c.in[0], c.in[3], c.in[4], c.out[0]
	_, _, of := channels(x.Shape)
	act, err := epilogueActivation(c.attrs.String("act"), c.attrs.Floats("act_args"))
	if err != nil {
		return err
	}
	for i, v := range x.F {
		k := of(i)
		y.F[i] = act((v-mean.F[k])*invstd.F[k]*c.optional(1, k, 1) + c.optional(2, k, 0))
	}
	return nil
}

// passes returns whether the activation that bounds its argument passed it, as its result
// tells.
func (c *call) passes() func(result float64) bool {
	lo, hi := math.Inf(-1), math.Inf(1)
	switch args := c.attrs.Floats("act_args"); c.attrs.String("act") {
	case "relu":
		lo = 0
	case "clamp":
		lo, hi = args[0], args[1]
	}
	return func(result float64) bool { return result > lo && result < hi }
}

// bnDX, with x̂ = (x − mean)·invstd and sums over a channel's n elements:
//
//	g = dy between the bounds of the activation, as gate tells, else 0
//	dbias = Σg;  dweight = Σg·x̂
//	dx = weight·invstd·(g − dbias/n − x̂·dweight/n)
func bnDX(c *call) error {
	x, dy, mean, invstd := c.in[0], c.in[1], c.in[3], c.in[4]
	dx, dweight, dbias, g := c.out[0], c.out[1], c.out[2], c.out[3]
	_, n, of := channels(x.Shape)
	passes := c.passes()
	for i, v := range x.F {
		k := of(i)
		if !c.has(5) || passes(c.in[5].F[i]) {
			g.F[i] = dy.F[i]
		}
		dweight.F[k] += g.F[i] * (v - mean.F[k]) * invstd.F[k]
		dbias.F[k] += g.F[i]
	}
	for i, v := range x.F {
		k := of(i)
		hat := (v - mean.F[k]) * invstd.F[k]
		dx.F[i] = c.optional(2, k, 1) * invstd.F[k] * (g.F[i] - (dbias.F[k]+hat*dweight.F[k])/float64(n))
	}
	return nil
}
