package eval

import (
	"math"

	"github.com/netc-lang/netc/ir/op"
)

// Optimizer is a rule of the operation update with its settings. The zero value
// of a setting is that of the operation.
//
// Sources: PyTorch 2, torch.optim.SGD (dampening 0), Adam, AdamW, RMSprop (not
// centered) and Adagrad (no decay of lr); lion is algorithm 2 of Chen et al. 2023,
// arXiv:2302.06675, with the decay before the step as in the authors' code.
type Optimizer struct {
	Rule                     string
	LR, Momentum, Decay      float64
	Beta1, Beta2, Alpha, Eps float64
	Nesterov                 bool
}

// optimizerOf reads the settings off the attributes of an update.
func optimizerOf(a op.Attrs, lr float64) Optimizer {
	return Optimizer{
		Rule: a.String("rule"), LR: lr, Momentum: a.Float("momentum"), Decay: a.Float("weight_decay"), Nesterov: a.Bool("nesterov"),
		Beta1: a.Float("beta1"), Beta2: a.Float("beta2"), Alpha: a.Float("alpha"), Eps: a.Float("eps"),
	}
}

// Step returns the weights and slots after step t, counted from 1. slots are in
// the order of [op.Slots]; a nil one is zero. Nothing is written in place.
func (o Optimizer) Step(t float64, w, g *Tensor, slots []*Tensor) (next *Tensor, after []*Tensor) {
	next = New(w.Type, w.Shape...)
	after = make([]*Tensor, len(slots))
	for k, s := range slots {
		if after[k] = New(w.Type, w.Shape...); s != nil {
			copy(after[k].F, s.F)
		}
	}
	if o.Rule == "lamb" {
		o.lamb(t, w, g, next, after)
		return next, after
	}
	for i, x := range w.F {
		var state [2]float64 // a slot that the rule does not keep is zero before every step
		for k := range after {
			state[k] = after[k].F[i]
		}
		next.F[i] = o.element(t, x, g.F[i], &state)
		for k := range after {
			after[k].F[i] = state[k]
		}
	}
	return next, after
}

// lamb is algorithm 2 of You et al. 2019, arXiv:1904.00962, with the identity for phi: the
// step of a whole state is as long as its share lr of the state.
func (o Optimizer) lamb(t float64, w, g, next *Tensor, slots []*Tensor) {
	ratio := make([]float64, len(w.F))
	weights, steps := 0.0, 0.0
	for i, x := range w.F {
		m, v := &slots[0].F[i], &slots[1].F[i]
		*m += (1 - o.Beta1) * (g.F[i] - *m)
		*v += (1 - o.Beta2) * (g.F[i]*g.F[i] - *v)
		ratio[i] = *m/(1-math.Pow(o.Beta1, t))/(math.Sqrt(*v/(1-math.Pow(o.Beta2, t)))+o.Eps) + o.Decay*x
		weights += x * x
		steps += ratio[i] * ratio[i]
	}
	trust := 1.0
	if weights > 0 && steps > 0 {
		trust = math.Sqrt(weights / steps)
	}
	for i, x := range w.F {
		next.F[i] = x - o.LR*trust*ratio[i]
	}
}

// element is one weight of Step with its slots s.
func (o Optimizer) element(t, w, g float64, s *[2]float64) float64 {
	switch o.Rule {
	case "adamw", "lion":
		w -= o.LR * o.Decay * w
	default:
		g += o.Decay * w
	}
	switch o.Rule {
	case "sgd":
		s[0] = o.Momentum*s[0] + g
		if o.Nesterov {
			return w - o.LR*(g+o.Momentum*s[0])
		}
		return w - o.LR*s[0]
	case "adam", "adamw":
		s[0] += (1 - o.Beta1) * (g - s[0])
		s[1] += (1 - o.Beta2) * (g*g - s[1])
		root := math.Sqrt(s[1] / (1 - math.Pow(o.Beta2, t)))
		return w - o.LR/(1-math.Pow(o.Beta1, t))*s[0]/(root+o.Eps)
	case "rmsprop":
		s[0] += (1 - o.Alpha) * (g*g - s[0])
		s[1] = o.Momentum*s[1] + g/(math.Sqrt(s[0])+o.Eps)
		return w - o.LR*s[1]
	case "adagrad":
		s[0] += g * g
		return w - o.LR*g/(math.Sqrt(s[0])+o.Eps)
	default: // lion
		c := s[0] + (1-o.Beta1)*(g-s[0])
		s[0] += (1 - o.Beta2) * (g - s[0])
		return w - o.LR*sign(c)
	}
}
