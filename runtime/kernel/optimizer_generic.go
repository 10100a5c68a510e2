package kernel

import "math"

// genericUpdate is the law of the assembly of the same rule. The conversions keep
// every product a rounding of its own, so that both give the same bits.
func genericUpdate(rule updateRule, w, g, a, b []float32, k *[7]float32) {
	switch rule {
	case ruleAdam:
		adamGeneric(w, g, a, b, k)
	case ruleRMSProp, ruleRMSPropMomentum:
		rmspropGeneric(rule, w, g, a, b, k)
	case ruleAdagrad:
		decay, eps, lr := k[0], k[1], k[2]
		for i, x := range w {
			d := g[i] + float32(decay*x)
			a[i] += float32(d * d)
			w[i] = x - float32(lr*(d/(root(a[i])+eps)))
		}
	case ruleLion:
		keep, share1, share2, lr := k[0], k[1], k[2], k[3]
		for i, x := range w {
			by := g[i] - a[i]
			ahead := a[i] + float32(share1*by)
			a[i] += float32(share2 * by)
			switch {
			case ahead > 0:
				ahead = 1
			case ahead < 0:
				ahead = -1
			}
			w[i] = float32(keep*x) - float32(lr*ahead)
		}
	}
}

func adamGeneric(w, g, mean, square []float32, k *[7]float32) {
	keep, decay, share1, share2, scale, eps, lr := k[0], k[1], k[2], k[3], k[4], k[5], k[6]
	for i, x := range w {
		d := g[i] + float32(decay*x)
		mean[i] += float32(share1 * (d - mean[i]))
		square[i] += float32(share2 * (float32(d*d) - square[i]))
		by := mean[i] / (float32(root(square[i])*scale) + eps)
		w[i] = float32(keep*x) - float32(lr*by)
	}
}

func rmspropGeneric(rule updateRule, w, g, square, velocity []float32, k *[7]float32) {
	decay, share, eps := k[0], k[1], k[2]
	kept, lr := float32(0), k[3]
	if rule == ruleRMSPropMomentum {
		kept, lr = k[3], k[4]
	}
	for i, x := range w {
		d := g[i] + float32(decay*x)
		square[i] += float32(share * (float32(d*d) - square[i]))
		by := d / (root(square[i]) + eps)
		if rule == ruleRMSPropMomentum {
			by += float32(kept * velocity[i])
			velocity[i] = by
		}
		w[i] = x - float32(lr*by)
	}
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
