package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

func init() {
	Define(&Def{
		Name: "update", Group: "effect", Args: []Arg{{Name: "value"}, {Name: "lr", Optional: true}}, Effect: Update, Gradient: NoGradient,
		Attrs: []AttrSpec{
			{Name: "state", Kind: KindString, Doc: "weight path of the state that is written"},
			{Name: "rule", Kind: KindString, Default: "assign", Doc: "assign: state = value; sgd: value is the gradient"},
			{Name: "momentum", Kind: KindFloat, Default: 0.0, Doc: "sgd: share of the last velocity that is kept"},
			{Name: "nesterov", Kind: KindBool, Default: false, Doc: "sgd: look one step ahead"},
			{Name: "weight_decay", Kind: KindFloat, Default: 0.0, Doc: "sgd: share of the weight added to its gradient"},
		},
		Infer: inferUpdate, Cost: costUpdate,
		Law: "sgd: g += decay*w; v = momentum*v + g; w -= lr * (nesterov ? g + momentum*v : v)",
		Doc: "Writes a state after every read of it. The definition of sgd is PyTorch's; the velocity is the slot momentum:STATE.",
	})
}

// costUpdate counts what sgd does to an element: decay, momentum, step. The state,
// and with momentum its velocity, are read and written.
func costUpdate(in, out []Type, a Attrs) Cost {
	moved := in[0].Bytes().Mul(sym.Const(2))
	if a.String("rule") != "sgd" {
		return Cost{Bytes: moved}
	}
	if a.Float("momentum") != 0 {
		moved = moved.Add(in[0].Bytes().Mul(sym.Const(2)))
	}
	return Cost{FLOPs: in[0].Elems().Mul(sym.Const(6)), Bytes: moved.Add(in[0].Bytes())}
}

func inferUpdate(in []Type, a Attrs) ([]Type, error) {
	switch r := a.String("rule"); r {
	case "assign":
	case "sgd":
		if !in[0].DType.Float() {
			return nil, fmt.Errorf("update: sgd wants a gradient of floats, not %v", in[0])
		}
		if !in[1].DType.Float() || in[1].Rank() != 0 {
			return nil, fmt.Errorf("update: sgd wants a scalar learning rate f32, not %v", in[1])
		}
	default:
		return nil, fmt.Errorf("update: rule is assign or sgd, not %q", r)
	}
	return nil, nil
}
