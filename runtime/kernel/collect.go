package kernel

import "math"

// Collect adds a share of a gradient to what the steps before have collected:
//
//	sum += share·g
func Collect(_ *Ctx, sum, g []float32, share float32) {
	checkLen(g, len(sum))
	for i, v := range g {
		sum[i] += float32(share * v)
	}
}

// Clip scales a gradient whose norm is larger than most, in place:
//
//	g *= min(1, most/(‖g‖ + 1e-6))
//
// The norm is the Euclidean one of all of g, summed in order.
//
// Source: PyTorch, torch.nn.utils.clip_grad_norm_; Pascanu, Mikolov and Bengio 2012,
// arXiv:1211.5063.
func Clip(_ *Ctx, g []float32, most float32) {
	sum := 0.0
	for _, v := range g {
		sum += float64(v) * float64(v)
	}
	factor := float64(most) / (math.Sqrt(sum) + 1e-6)
	if factor >= 1 || math.IsNaN(factor) {
		return
	}
	for i, v := range g {
		g[i] = float32(factor * float64(v))
	}
}
