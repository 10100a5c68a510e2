package grad

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// setting is an argument of an optimiser and the attributes of update that hold
// its numbers.
type setting struct {
	arg   string
	attrs []string
}

var (
	momentum = setting{"momentum", []string{"momentum"}}
	betas    = setting{"betas", []string{"beta1", "beta2"}}
	eps      = setting{"eps", []string{"eps"}}
)

// optimizers are the rules of update by the name of the optimiser, with the
// settings of each besides nesterov and decay.
var optimizers = map[string][]setting{
	"sgd": {momentum}, "adam": {betas, eps}, "adamw": {betas, eps},
	"rmsprop": {{"alpha", []string{"alpha"}}, eps, momentum}, "adagrad": {eps}, "lamb": {betas, eps}, "lion": {betas},
}

// rule are the compile-time settings of an optimiser; the learning rate is an
// input of every step.
type rule struct {
	fixed    op.Attrs // the same for all states
	decay    float64
	decayAll bool

	layerDecay float64 // factor of the learning rate for each stage from the output
	depth      map[*ir.State]int
	rates      map[int]*ir.Value // learning rate by depth
}

// optimizer reads the settings of a train section.
func optimizer(train *ir.Train) (rule, error) {
	call := train.Optimizer
	settings, ok := optimizers[call.Name]
	if !ok {
		names := strings.Join(slices.Sorted(maps.Keys(optimizers)), ", ")
		return rule{}, fmt.Errorf("found optimizer %q, expected one of %s: this version compiles no other", call.Name, names)
	}
	o := rule{fixed: op.Attrs{"rule": call.Name}, decay: number(call.Args["weight_decay"])}
	for _, s := range settings {
		if len(s.attrs) == 1 {
			o.fixed[s.attrs[0]] = number(call.Args[s.arg])
			continue
		}
		list, _ := call.Args[s.arg].([]float64)
		if len(list) != len(s.attrs) {
			return rule{}, fmt.Errorf("optimizer %s: found %s of %v, expected %d numbers", call.Name, s.arg, call.Args[s.arg], len(s.attrs))
		}
		for i, attr := range s.attrs {
			o.fixed[attr] = list[i]
		}
	}
	if call.Name == "sgd" {
		o.fixed["nesterov"], _ = call.Args["nesterov"].(bool)
	}
	o.decayAll, _ = call.Args["decay_all"].(bool)
	if o.layerDecay = 1; call.Args["layer_decay"] != nil {
		o.layerDecay = number(call.Args["layer_decay"])
	}
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

// attrs are the attributes of the update of one state, which the step calls ref.
func (o rule) attrs(s *ir.State, ref string) op.Attrs {
	a := maps.Clone(o.fixed)
	a["state"], a["weight_decay"] = ref, o.decay
	if s.NoDecay && !o.decayAll {
		a["weight_decay"] = 0.0
	}
	return a
}
