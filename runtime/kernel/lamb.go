package kernel

import "math"

// LAMBRule are the settings of [LAMB].
type LAMBRule struct{ Beta1, Beta2, Eps, Decay float64 }

// LAMB updates one state in place at step t, counted from 1:
//
//	mean += (1-Beta1)·(g - mean);  square += (1-Beta2)·(g·g - square)
//	r = mean/(1-Beta1^t) / (sqrt(square/(1-Beta2^t)) + Eps) + Decay·w
//	w -= lr·|w|/|r|·r
//
// where the quotient of the norms is 1 if one of them is 0. The norms are added in one
// order, so that every number of threads gives the same bits. g is not changed.
//
// Source: You et al. 2019, arXiv:1904.00962, algorithm 2.
func LAMB(_ *Ctx, w, g, mean, square []float32, lr, t float32, r LAMBRule) {
	checkLen(g, len(w))
	checkLen(mean, len(w))
	checkLen(square, len(w))
	b1, b2 := float32(1-r.Beta1), float32(1-r.Beta2)
	first, second := float32(1/(1-math.Pow(r.Beta1, float64(t)))), float32(1/(1-math.Pow(r.Beta2, float64(t))))
	eps, decay := float32(r.Eps), float32(r.Decay)
	ratio := func(i int) float32 {
		root := float32(math.Sqrt(float64(square[i] * second)))
		return float32(mean[i]*first)/(root+eps) + float32(decay*w[i])
	}
	weights, steps := 0.0, 0.0
	for i, d := range g {
		mean[i] += float32(b1 * (d - mean[i]))
		square[i] += float32(b2 * (float32(d*d) - square[i]))
		x, u := float64(w[i]), float64(ratio(i))
		weights += x * x
		steps += u * u
	}
	trust := lr
	if weights > 0 && steps > 0 {
		trust = float32(float64(lr) * math.Sqrt(weights/steps))
	}
	for i := range w {
		w[i] -= float32(trust * ratio(i))
	}
}
