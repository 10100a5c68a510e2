package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

// acts are the activations that matmul and conv apply as an epilogue, with the
// least and the largest number of their arguments.
var acts = map[string][2]int{
	"none": {}, "relu": {}, "tanh": {}, "sigmoid": {}, "clamp": {2, 2},
	"leaky": {1, 1}, "silu": {}, "gelu": {0, 1}, "hardswish": {},
}

var actAttrs = []AttrSpec{
	{Name: "act", Kind: KindString, Default: "none", Doc: "epilogue: none relu tanh sigmoid clamp leaky silu gelu hardswish"},
	{Name: "act_args", Kind: KindFloats, Default: []float64{}, Doc: "clamp: lo, hi; leaky: alpha; gelu: 1 for the tanh form"},
}

func checkAct(name string, a Attrs) error {
	act := a.String("act")
	span, ok := acts[act]
	if !ok {
		return fmt.Errorf("%s has no epilogue %q", name, act)
	}
	if n := len(a.Floats("act_args")); n < span[0] || n > span[1] {
		return fmt.Errorf("%s: the epilogue %s takes %d to %d act_args, not %d", name, act, span[0], span[1], n)
	}
	return nil
}

func init() {
	Define(&Def{
		Name: "matmul", Group: "linear", Results: 1, Gradient: Smooth, ONNX: "MatMul",
		Args: []Arg{{Name: "a"}, {Name: "b"}, {Name: "bias", Optional: true}, {Name: "residual", Optional: true}},
		Attrs: append([]AttrSpec{
			{Name: "trans_a", Kind: KindBool, Default: false, Doc: "a is stored [..., K, M]"},
			{Name: "trans_b", Kind: KindBool, Default: false, Doc: "b is stored [..., N, K]"},
		}, actAttrs...),
		Infer: inferMatmul, Cost: costMatmul,
		Law: "y = act(a · b + bias + residual)",
		Doc: "The product of matrices [M, K] and [K, N], over equal leading axes; a b of rank 2 serves every leading index. bias is [N].",
	})
}

// matrix returns rows and columns of an operand as multiplied.
func matrix(t Type, trans bool) (rows, cols Dim) {
	n := t.Rank()
	if trans {
		return t.Dims[n-1], t.Dims[n-2]
	}
	return t.Dims[n-2], t.Dims[n-1]
}

func inferMatmul(in []Type, a Attrs) ([]Type, error) {
	x, y := in[0], in[1]
	if err := wantFloat("matmul", in...); err != nil {
		return nil, err
	}
	if err := checkAct("matmul", a); err != nil {
		return nil, err
	}
	if x.Rank() < 2 || y.Rank() < 2 || x.DType != y.DType || y.Rank() != 2 && y.Rank() != x.Rank() {
		return nil, fmt.Errorf("matmul wants two matrices, not %v and %v", x, y)
	}
	m, k := matrix(x, a.Bool("trans_a"))
	k2, n := matrix(y, a.Bool("trans_b"))
	if !sameSize(k, k2) {
		return nil, fmt.Errorf("matmul: %v and %v do not fit: %v is not %v", x, y, k.Size, k2.Size)
	}
	if !sameSet(k, k2) {
		return nil, fmt.Errorf("matmul: %v and %v do not fit: one axis counts %s, the other %s", x, y, k.Set, k2.Set)
	}
	out := Type{DType: x.DType}
	out.Dims = append(out.Dims, x.Dims[:x.Rank()-2]...)
	for i := 0; y.Rank() > 2 && i < y.Rank()-2; i++ {
		if !sameSize(x.Dims[i], y.Dims[i]) || !sameSet(x.Dims[i], y.Dims[i]) {
			return nil, fmt.Errorf("matmul: %v and %v do not fit on axis %d", x, y, i)
		}
	}
	out.Dims = append(out.Dims, m, n)
	return []Type{out}, checkEpilogue("matmul", in[2], in[3], out, n)
}

// checkEpilogue checks bias and residual against the result.
func checkEpilogue(name string, bias, residual, out Type, channels Dim) error {
	if bias.Present() && (bias.Rank() != 1 || !sameSize(bias.Dims[0], channels) || bias.DType != out.DType) {
		return fmt.Errorf("%s: the bias is %v, but there are %v outputs", name, bias, channels.Size)
	}
	if residual.Present() && (!residual.meets(out) || residual.DType != out.DType) {
		return fmt.Errorf("%s: the residual is %v, but the result %v", name, residual, out)
	}
	return nil
}

func costMatmul(in, out []Type, a Attrs) Cost {
	_, k := matrix(in[0], a.Bool("trans_a"))
	macs := out[0].Elems().Mul(k.Size)
	return Cost{MACs: macs, FLOPs: macs.Mul(sym.Const(2)), Bytes: traffic(in, out)}
}
