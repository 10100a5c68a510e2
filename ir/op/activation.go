package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

func init() {
	x := []Arg{{Name: "x"}}
	alpha := func(d float64, doc string) []AttrSpec {
		return []AttrSpec{{Name: "alpha", Kind: KindFloat, Default: d, Doc: doc}}
	}
	for _, u := range []struct {
		name, law, doc, onnx string
		flops                int64
		attrs                []AttrSpec
	}{
		{"relu", "y = max(x, 0)", "The rectifier; its derivative at 0 is 0.", "Relu", 1, nil},
		{"clamp", "y = min(max(x, lo), hi)", "relu6 is clamp(0, 6); the derivative outside and at the ends is 0.", "Clip", 2, []AttrSpec{
			{Name: "lo", Kind: KindFloat, Default: 0.0, Doc: "smallest result"},
			{Name: "hi", Kind: KindFloat, Default: 6.0, Doc: "largest result"}}},
		{"leaky", "y = x > 0 ? x : alpha*x", "The leaky rectifier.", "LeakyRelu", 2, alpha(0.01, "slope below 0")},
		{"elu", "y = x > 0 ? x : alpha*(e**x - 1)", "Clevert et al. 2015, arXiv:1511.07289.", "Elu", 12, alpha(1, "scale below 0")},
		{"silu", "y = x * sigmoid(x)", "Swish; Ramachandran et al. 2017, arXiv:1710.05941.", "", 13, nil},
		{"gelu", "y = x * Phi(x); tanh: 0.5*x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))", "Hendrycks and Gimpel 2016, arXiv:1606.08415.", "Gelu", 20, []AttrSpec{
			{Name: "approx", Kind: KindString, Default: "none", Doc: "none is exact, tanh the usual approximation"}}},
		{"hardswish", "y = x * min(max(x + 3, 0), 6)/6", "Howard et al. 2019, arXiv:1905.02244.", "HardSwish", 4, nil},
		{"hardsigmoid", "y = min(max(x + 3, 0), 6)/6", "PyTorch's definition (slope 1/6).", "HardSigmoid", 3, nil},
		{"softplus", "y = ln(1 + e**x)", "A smooth rectifier.", "Softplus", 15, nil},
		{"mish", "y = x * tanh(softplus(x))", "Misra 2019, arXiv:1908.08681.", "Mish", 25, nil},
	} {
		infer := inferFloatUnary(u.name)
		if u.name == "clamp" {
			infer = func(in []Type, a Attrs) ([]Type, error) {
				if lo, hi := a.Float("lo"), a.Float("hi"); !(lo <= hi) {
					return nil, fmt.Errorf("clamp: nothing lies between %v and %v; swap them", lo, hi)
				}
				return inferFloatUnary("clamp")(in, a)
			}
		}
		if u.name == "gelu" {
			infer = func(in []Type, a Attrs) ([]Type, error) {
				if ap := a.String("approx"); ap != "none" && ap != "tanh" {
					return nil, fmt.Errorf("gelu: approx is none or tanh, not %q", ap)
				}
				return inferFloatUnary("gelu")(in, a)
			}
		}
		Define(&Def{
			Name: u.name, Group: "activation", Args: x, Attrs: u.attrs, Results: 1, Gradient: Smooth,
			Infer: infer, Cost: elementwise(u.flops), Law: u.law, Doc: u.doc, ONNX: u.onnx,
		})
	}
	Define(&Def{
		Name: "prelu", Group: "activation", Args: []Arg{{Name: "x"}, {Name: "a"}}, Results: 1, Gradient: Smooth,
		Infer: inferPrelu, Cost: elementwise(2), ONNX: "PRelu",
		Law: "y = x > 0 ? x : a[c]*x", Doc: "A rectifier whose slope below 0 is learned, one per channel or one for all. He et al. 2015, arXiv:1502.01852.",
	})
}

func inferPrelu(in []Type, a Attrs) ([]Type, error) {
	if err := wantFloat("prelu", in...); err != nil {
		return nil, err
	}
	if in[1].Rank() != 1 {
		return nil, fmt.Errorf("prelu wants one slope per channel, not %v", in[1])
	}
	channels := Dim{Size: sym.Const(1)}
	if in[0].Rank() > 1 {
		channels = in[0].Dims[1]
	}
	if !isOne(in[1].Dims[0]) && !sameSize(in[1].Dims[0], channels) {
		return nil, fmt.Errorf("prelu wants 1 or %v slopes, not %v", channels.Size, in[1].Dims[0].Size)
	}
	return one(in, a)
}
