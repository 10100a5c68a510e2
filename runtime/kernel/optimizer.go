package kernel

import "math"

// AdamRule are the settings of [Adam].
type AdamRule struct {
	Beta1, Beta2 float64 // decay of the means of the gradient and of its square
	Eps          float64
	Decay        float64
	Decoupled    bool // the decay is taken off the weight (AdamW), not added to the gradient
}

// Adam updates weights by Adam or AdamW as PyTorch defines them; t is the number
// of the step, from 1:
//
//	g += decay·w, or decoupled: w -= lr·decay·w
//	mean += (1−β₁)·(g − mean);  square += (1−β₂)·(g² − square)
//	w -= lr/(1−β₁ᵗ) · mean / (√(square/(1−β₂ᵗ)) + eps)
//
// mean and square begin as zeros. g is not changed.
//
// Sources: Kingma and Ba 2014, arXiv:1412.6980; Loshchilov and Hutter 2017,
// arXiv:1711.05101.
func Adam(c *Ctx, w, g, mean, square []float32, lr, t float32, r AdamRule) {
	keep, decay := 1.0, r.Decay
	if r.Decoupled {
		keep, decay = 1-float64(lr)*r.Decay, 0
	}
	scale := 1 / math.Sqrt(1-math.Pow(r.Beta2, float64(t)))
	step := float64(lr) / (1 - math.Pow(r.Beta1, float64(t)))
	c.update(ruleAdam, w, g, mean, square, keep, decay, 1-r.Beta1, 1-r.Beta2, scale, r.Eps, step)
}

// RMSPropRule are the settings of [RMSProp].
type RMSPropRule struct {
	Alpha    float64 // decay of the mean square
	Eps      float64
	Momentum float64
	Decay    float64
}

// RMSProp updates weights by the gradient over the root of its mean square, as
// PyTorch defines it:
//
//	g += decay·w;  square += (1−α)·(g² − square)
//	velocity = momentum·velocity + g/(√square + eps);  w -= lr·velocity
//
// square and velocity begin as zeros; velocity may be nil when the momentum is 0.
// g is not changed.
func RMSProp(c *Ctx, w, g, square, velocity []float32, lr float32, r RMSPropRule) {
	if r.Momentum == 0 {
		c.update(ruleRMSProp, w, g, square, nil, r.Decay, 1-r.Alpha, r.Eps, float64(lr))
		return
	}
	c.update(ruleRMSPropMomentum, w, g, square, velocity, r.Decay, 1-r.Alpha, r.Eps, r.Momentum, float64(lr))
}

// Adagrad updates weights by the gradient over the root of the sum of its squares,
// as PyTorch defines it:
//
//	g += decay·w;  square += g²;  w -= lr·g/(√square + eps)
//
// square begins as zeros. g is not changed.
//
// Source: Duchi, Hazan and Singer 2011, JMLR 12:2121.
func Adagrad(c *Ctx, w, g, square []float32, lr float32, eps, decay float64) {
	c.update(ruleAdagrad, w, g, square, nil, decay, eps, float64(lr))
}

// LionRule are the settings of [Lion].
type LionRule struct {
	Beta1, Beta2 float64 // decay of the mean that gives the step, and of the one that is kept
	Decay        float64
}

// Lion updates weights by the sign of a mean of gradients:
//
//	w -= lr·decay·w;  w -= lr·sign(mean + (1−β₁)·(g − mean));  mean += (1−β₂)·(g − mean)
//
// mean begins as zeros; the sign of 0 is 0. g is not changed.
//
// Source: Chen et al. 2023, arXiv:2302.06675, algorithm 2.
func Lion(c *Ctx, w, g, mean []float32, lr float32, r LionRule) {
	c.update(ruleLion, w, g, mean, nil, 1-float64(lr)*r.Decay, 1-r.Beta1, 1-r.Beta2, float64(lr))
}

// updateRule names what an [updateTask] does.
type updateRule uint8

const (
	ruleAdam updateRule = iota
	ruleRMSProp
	ruleRMSPropMomentum
	ruleAdagrad
	ruleLion
)

// updateTask changes weights w with gradients g and slots a and b; k are the
// numbers of the rule, in the order of the assembly's operands.
type updateTask struct {
	rule       updateRule
	w, g, a, b []float32
	k          [7]float32
}

func (c *Ctx) update(rule updateRule, w, g, a, b []float32, k ...float64) {
	checkLen(g, len(w))
	checkLen(a, len(w))
	if rule == ruleAdam || rule == ruleRMSPropMomentum {
		checkLen(b, len(w))
	}
	t := &c.tasks.update
	*t = updateTask{rule: rule, w: w, g: g, a: a, b: b}
	for i, x := range k {
		t.k[i] = float32(x)
	}
	c.run(ceilDiv(len(w), sgdChunk), 4*4*len(w), t)
}

func (t *updateTask) Chunk(_, chunk int) {
	lo, hi := chunk*sgdChunk, min((chunk+1)*sgdChunk, len(t.w))
	w, g, a := t.w[lo:hi], t.g[lo:hi], t.a[lo:hi]
	b := a // of rules with one slot: not touched
	if t.rule == ruleAdam || t.rule == ruleRMSPropMomentum {
		b = t.b[lo:hi]
	}
	if vector {
		vectorUpdate(t.rule, w, g, a, b, &t.k)
		return
	}
	genericUpdate(t.rule, w, g, a, b, &t.k)
}
