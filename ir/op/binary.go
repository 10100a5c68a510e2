package op

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/tensor"
)

func inferBinary(name string, result func(d tensor.DType) (tensor.DType, error)) func(in []Type, a Attrs) ([]Type, error) {
	return func(in []Type, a Attrs) ([]Type, error) {
		if in[0].DType != in[1].DType {
			return nil, fmt.Errorf("%s: %v and %v have different element types; cast one", name, in[0], in[1])
		}
		d, err := result(in[0].DType)
		if err != nil {
			return nil, err
		}
		dims, err := broadcastDims(name, in[0], in[1])
		if err != nil {
			return nil, err
		}
		return []Type{{DType: d, Dims: dims}}, nil
	}
}

func numbers(name string) func(d tensor.DType) (tensor.DType, error) {
	return func(d tensor.DType) (tensor.DType, error) {
		if d == tensor.Bool {
			return 0, fmt.Errorf("%s wants numbers, not bools", name)
		}
		return d, nil
	}
}

func bools(name string) func(d tensor.DType) (tensor.DType, error) {
	return func(d tensor.DType) (tensor.DType, error) {
		if d != tensor.Bool {
			return 0, fmt.Errorf("%s wants bools, not %v", name, d)
		}
		return d, nil
	}
}

func compare(tensor.DType) (tensor.DType, error) { return tensor.Bool, nil }

func init() {
	ab := []Arg{{Name: "a"}, {Name: "b"}}
	for _, o := range []struct {
		name, law, doc, onnx string
		gradient             Gradient
		result               func(d tensor.DType) (tensor.DType, error)
	}{
		{"add", "y = a + b", "The sum.", "Add", Smooth, numbers("add")},
		{"sub", "y = a - b", "The difference.", "Sub", Smooth, numbers("sub")},
		{"mul", "y = a * b", "The product.", "Mul", Smooth, numbers("mul")},
		{"div", "y = a / b", "The quotient; integers truncate toward 0.", "Div", Smooth, numbers("div")},
		{"pow", "y = a**b", "The power; NaN for a fractional power of a negative number.", "Pow", Smooth, numbers("pow")},
		{"min", "y = min(a, b)", "The smaller; ties split the gradient evenly.", "Min", Smooth, numbers("min")},
		{"max", "y = max(a, b)", "The larger; ties split the gradient evenly.", "Max", Smooth, numbers("max")},
		{"eq", "y = a == b", "Equality.", "Equal", ZeroGradient, compare},
		{"lt", "y = a < b", "Less.", "Less", ZeroGradient, compare},
		{"le", "y = a <= b", "Less or equal.", "LessOrEqual", ZeroGradient, compare},
		{"and", "y = a and b", "Both.", "And", NoGradient, bools("and")},
		{"or", "y = a or b", "Either.", "Or", NoGradient, bools("or")},
	} {
		Define(&Def{
			Name: o.name, Group: "binary", Args: ab, Results: 1, Gradient: o.gradient,
			Infer: inferBinary(o.name, o.result), Cost: elementwise(1), Law: o.law,
			Doc: o.doc + " Operands broadcast right-aligned.", ONNX: o.onnx,
		})
	}
	Define(&Def{
		Name: "select", Group: "binary", Args: []Arg{{Name: "c"}, {Name: "a"}, {Name: "b"}}, Results: 1, Gradient: Smooth,
		Infer: inferSelect, Cost: elementwise(1), ONNX: "Where",
		Law: "y = c ? a : b", Doc: "Chooses element by element. Operands broadcast right-aligned.",
	})
}

func inferSelect(in []Type, _ Attrs) ([]Type, error) {
	if in[0].DType != tensor.Bool {
		return nil, fmt.Errorf("select wants bools to choose by, not %v", in[0])
	}
	if in[1].DType != in[2].DType {
		return nil, fmt.Errorf("select: %v and %v have different element types; cast one", in[1], in[2])
	}
	dims, err := broadcastDims("select", in[1], in[2])
	if err != nil {
		return nil, err
	}
	both := Type{DType: in[1].DType, Dims: dims}
	if dims, err = broadcastDims("select", in[0], both); err != nil {
		return nil, err
	}
	return []Type{{DType: both.DType, Dims: dims}}, nil
}
