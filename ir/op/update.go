package op

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir/sym"
)

// updateDoc defines every rule for one weight w with the gradient g.
const updateDoc = "Writes a state after every read of it. assign: w = value. All other rules first add weight_decay*w to g; " +
	"adamw and lion take lr*weight_decay*w off w instead, lamb has a place of its own for it. " +
	"sgd: momentum = M*momentum + g; w -= lr*(nesterov ? g + M*momentum : momentum). " +
	"adam, adamw: mean += (1-beta1)*(g - mean); square += (1-beta2)*(g*g - square); " +
	"w -= lr/(1-beta1^t) * mean/(sqrt(square/(1-beta2^t)) + eps). " +
	"rmsprop: square += (1-alpha)*(g*g - square); momentum = M*momentum + g/(sqrt(square) + eps); w -= lr*momentum. " +
	"adagrad: square += g*g; w -= lr*g/(sqrt(square) + eps). " +
	"lamb: mean and square as of adam, r = mean/(1-beta1^t) / (sqrt(square/(1-beta2^t)) + eps) + weight_decay*w; " +
	"w -= lr*|w|/|r| * r, with the norms of the whole state, and 1 for their quotient where one is 0. " +
	"lion: w -= lr*sign(mean + (1-beta1)*(g - mean)); mean += (1-beta2)*(g - mean). " +
	"momentum, mean and square are slots of the size of the state, called SLOT:STATE, that begin at 0; " +
	"sgd and rmsprop keep no momentum when M is 0. t is the slot step, one number for all updates of a function, 1 in the first step. " +
	"The definitions are PyTorch's; lamb is that of You et al. 2019 (arXiv:1904.00962), lion that of Chen et al. 2023 (arXiv:2302.06675)."

func init() {
	Define(&Def{
		Name: "update", Group: "effect", Args: []Arg{{Name: "value"}, {Name: "lr", Optional: true}}, Effect: Update, Gradient: NoGradient,
		Attrs: []AttrSpec{
			{Name: "state", Kind: KindString, Doc: "weight path of the state that is written"},
			{Name: "rule", Kind: KindString, Default: "assign", Doc: "assign: state = value; all others: value is the gradient"},
			{Name: "momentum", Kind: KindFloat, Default: 0.0, Doc: "sgd, rmsprop: share M of the last velocity that is kept"},
			{Name: "nesterov", Kind: KindBool, Default: false, Doc: "sgd: look one step ahead"},
			{Name: "weight_decay", Kind: KindFloat, Default: 0.0, Doc: "share of the weight added to its gradient; adamw, lion: taken off the weight"},
			{Name: "beta1", Kind: KindFloat, Default: 0.0, Doc: "adam, adamw, lamb, lion: decay of the mean of gradients"},
			{Name: "beta2", Kind: KindFloat, Default: 0.0, Doc: "adam, adamw, lamb: decay of the mean of their squares; lion: of the mean that is kept"},
			{Name: "alpha", Kind: KindFloat, Default: 0.0, Doc: "rmsprop: decay of the mean square"},
			{Name: "eps", Kind: KindFloat, Default: 0.0, Doc: "adam, adamw, lamb, rmsprop, adagrad: added to the denominator"},
		},
		Infer: inferUpdate, Cost: costUpdate,
		Law: "w = value, or w = rule(w, g = value, lr, slots)", Doc: updateDoc,
	})
}

// rules are the ways to change a state, with what sgd and its kin do to an
// element, in operations of floats.
var rules = []struct {
	name  string
	flops int64
}{{"assign", 0}, {"sgd", 6}, {"adam", 14}, {"adamw", 14}, {"rmsprop", 11}, {"adagrad", 8}, {"lamb", 22}, {"lion", 9}}

// StepSlot is the name of the slot that counts steps.
const StepSlot = "step"

// Slots returns what an update with the attributes a remembers from step to step:
// the names of its slots without the state. The list is the caller's.
func Slots(a Attrs) []string {
	var slots []string
	switch a.String("rule") {
	case "adam", "adamw", "lamb":
		return []string{"mean", "square"}
	case "lion":
		return []string{"mean"}
	case "rmsprop", "adagrad":
		slots = []string{"square"}
	}
	if a.Float("momentum") != 0 {
		slots = append(slots, "momentum")
	}
	return slots
}

// CountsSteps reports whether an update with the attributes a depends on the
// number of the step.
func CountsSteps(a Attrs) bool {
	return slices.Contains([]string{"adam", "adamw", "lamb"}, a.String("rule"))
}

// costUpdate counts what a rule does to an element. The state and its slots are
// read and written, the gradient is read.
func costUpdate(in, out []Type, a Attrs) Cost {
	moved := in[0].Bytes().Mul(sym.Const(2))
	for _, r := range rules {
		if r.name == a.String("rule") && r.flops > 0 {
			moved = moved.Mul(sym.Const(int64(1 + len(Slots(a)))))
			return Cost{FLOPs: in[0].Elems().Mul(sym.Const(r.flops)), Bytes: moved.Add(in[0].Bytes())}
		}
	}
	return Cost{Bytes: moved}
}

func inferUpdate(in []Type, a Attrs) ([]Type, error) {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	switch rule := a.String("rule"); {
	case !slices.Contains(names, rule):
		last := len(names) - 1
		return nil, fmt.Errorf("update: rule is %s or %s, not %q", strings.Join(names[:last], ", "), names[last], rule)
	case rule == "assign":
	case !in[0].DType.Float():
		return nil, fmt.Errorf("update: %s wants a gradient of floats, not %v", rule, in[0])
	case !in[1].DType.Float() || in[1].Rank() != 0:
		return nil, fmt.Errorf("update: %s wants a scalar learning rate f32, not %v", rule, in[1])
	}
	return nil, nil
}
