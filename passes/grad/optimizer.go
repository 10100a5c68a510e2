package grad

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// sgd are the compile-time settings of the one optimiser of this version; the
// learning rate is an input of every step.
type sgd struct {
	momentum, weightDecay float64
	nesterov, decayAll    bool
}

// optimizer reads the settings of a train section.
func optimizer(train *ir.Train) (sgd, error) {
	call := train.Optimizer
	if call.Name != "sgd" {
		return sgd{}, fmt.Errorf("found optimizer %q, expected sgd: this version compiles no other", call.Name)
	}
	o := sgd{
		momentum: number(call.Args["momentum"]), weightDecay: number(call.Args["weight_decay"]),
	}
	o.nesterov, _ = call.Args["nesterov"].(bool)
	o.decayAll, _ = call.Args["decay_all"].(bool)
	return o, nil
}

// number accepts both kinds of numbers that a vocabulary row holds.
func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	}
	return 0
}

// attrs are the attributes of the update of one state.
func (o sgd) attrs(s *ir.State) op.Attrs {
	decay := o.weightDecay
	if s.NoDecay && !o.decayAll {
		decay = 0
	}
	return op.Attrs{
		"state": s.Name, "rule": "sgd",
		"momentum": o.momentum, "nesterov": o.nesterov, "weight_decay": decay,
	}
}
