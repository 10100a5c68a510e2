package op

import "fmt"

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
		Infer: inferUpdate,
		Law:   "sgd: g += decay*w; v = momentum*v + g; w -= lr * (nesterov ? g + momentum*v : v)",
		Doc:   "Writes a state after every read of it. The definition of sgd is PyTorch's; the velocity is the slot momentum:STATE.",
	})
}

func inferUpdate(in []Type, a Attrs) ([]Type, error) {
	switch r := a.String("rule"); r {
	case "assign":
	case "sgd":
		if !in[1].Present() || in[1].Rank() != 0 {
			return nil, fmt.Errorf("update: sgd wants a scalar learning rate, not %v", in[1])
		}
	default:
		return nil, fmt.Errorf("update: rule is assign or sgd, not %q", r)
	}
	return nil, nil
}
