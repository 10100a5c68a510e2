package eval

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// update schedules the write of a state; the laws are those of [SGD] and of
// assignment.
func (r *run) update(in *ir.Instr, args []*Tensor) error {
	name, value := in.Attrs.String("state"), args[0]
	old := r.env.States[name]
	if old == nil {
		return fmt.Errorf("eval: update: state %q is absent", name)
	}
	if old.Type != value.Type || !tensor.Shape(old.Shape).Equal(value.Shape) {
		return fmt.Errorf("eval: update: state %q: found %v, expected %v", name, value, old)
	}
	switch rule := in.Attrs.String("rule"); rule {
	case "assign":
		r.updates = append(r.updates, func() { r.env.States[name] = value.Clone() })
	case "sgd":
		if len(args) < 2 || args[1] == nil || args[1].Len() != 1 {
			return fmt.Errorf("eval: update: state %q: expected a learning rate", name)
		}
		slot := "momentum:" + name
		next, v := SGD{
			LR: args[1].F[0], Momentum: in.Attrs.Float("momentum"),
			Decay: in.Attrs.Float("weight_decay"), Nesterov: in.Attrs.Bool("nesterov"),
		}.Step(old, value, r.env.Slots[slot])
		if r.env.Round {
			RoundAll(next)
			RoundAll(v)
		}
		r.updates = append(r.updates, func() {
			r.env.States[name] = next
			if in.Attrs.Float("momentum") != 0 {
				if r.env.Slots == nil {
					r.env.Slots = map[string]*Tensor{}
				}
				r.env.Slots[slot] = v
			}
		})
	default:
		return fmt.Errorf("eval: update: found rule %q, expected assign or sgd", rule)
	}
	return nil
}

// SGD is stochastic gradient descent with momentum and L2 weight decay:
//
//	g' = g + decay·w;  v' = momentum·v + g';  w' = w − lr·(nesterov ? g' + momentum·v' : v')
//
// Source: PyTorch, torch.optim.SGD with dampening 0; v begins at 0, so that the
// first v' is g'.
type SGD struct {
	LR, Momentum, Decay float64
	Nesterov            bool
}

// Step returns the next weights and velocity; a nil v is zero. Nothing is
// written in place.
func (o SGD) Step(w, g, v *Tensor) (next, velocity *Tensor) {
	next, velocity = New(w.Type, w.Shape...), New(w.Type, w.Shape...)
	for i, x := range w.F {
		d := g.F[i] + o.Decay*x
		if v != nil {
			velocity.F[i] = o.Momentum * v.F[i]
		}
		velocity.F[i] += d
		step := velocity.F[i]
		if o.Nesterov {
			step = d + o.Momentum*velocity.F[i]
		}
		next.F[i] = x - o.LR*step
	}
	return next, velocity
}
