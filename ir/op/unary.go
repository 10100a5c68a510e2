package op

import (
	"fmt"

	"github.com/netc-lang/netc/runtime/tensor"
)

func inferFloatUnary(name string) func(in []Type, a Attrs) ([]Type, error) {
	return func(in []Type, a Attrs) ([]Type, error) {
		if err := wantFloat(name, in[0]); err != nil {
			return nil, err
		}
		return one(in, a)
	}
}

func inferNumeric(name string) func(in []Type, a Attrs) ([]Type, error) {
	return func(in []Type, a Attrs) ([]Type, error) {
		if in[0].DType == tensor.Bool {
			return nil, fmt.Errorf("%s wants numbers, but this is %v", name, in[0])
		}
		return one(in, a)
	}
}

func init() {
	x := []Arg{{Name: "x"}}
	for _, u := range []struct {
		name, law, doc, onnx string
		gradient             Gradient
		flops                int64
	}{
		{"exp", "y = e**x", "The exponential.", "Exp", Smooth, 10},
		{"log", "y = ln x", "The natural logarithm; NaN below 0.", "Log", Smooth, 10},
		{"sqrt", "y = x**0.5", "The square root; NaN below 0.", "Sqrt", Smooth, 2},
		{"rsqrt", "y = x**-0.5", "One over the square root.", "", Smooth, 3},
		{"recip", "y = 1/x", "One over x.", "Reciprocal", Smooth, 1},
		{"sin", "y = sin x", "The sine of radians.", "Sin", Smooth, 10},
		{"cos", "y = cos x", "The cosine of radians.", "Cos", Smooth, 10},
		{"erf", "y = 2/sqrt(pi) * integral of exp(-t*t) from 0 to x", "The error function.", "Erf", Smooth, 15},
		{"tanh", "y = tanh x", "The hyperbolic tangent.", "Tanh", Smooth, 12},
		{"sigmoid", "y = 1/(1+e**-x)", "The logistic function.", "Sigmoid", Smooth, 12},
		{"floor", "y = the largest integer <= x", "Rounds down.", "Floor", ZeroGradient, 1},
		{"round", "y = the nearest integer, halves to even", "Rounds to nearest.", "Round", ZeroGradient, 1},
	} {
		Define(&Def{
			Name: u.name, Group: "unary", Args: x, Results: 1, Gradient: u.gradient,
			Infer: inferFloatUnary(u.name), Cost: elementwise(u.flops), Law: u.law, Doc: u.doc, ONNX: u.onnx,
		})
	}
	for _, u := range []struct {
		name, law, doc, onnx string
		gradient             Gradient
	}{
		{"neg", "y = -x", "The negative.", "Neg", Smooth},
		{"abs", "y = |x|", "The absolute value; its derivative at 0 is 0.", "Abs", Smooth},
		{"sign", "y = -1, 0 or 1", "The sign.", "Sign", ZeroGradient},
	} {
		Define(&Def{
			Name: u.name, Group: "unary", Args: x, Results: 1, Gradient: u.gradient,
			Infer: inferNumeric(u.name), Cost: elementwise(1), Law: u.law, Doc: u.doc, ONNX: u.onnx,
		})
	}
	Define(&Def{
		Name: "not", Group: "unary", Args: x, Results: 1, Gradient: NoGradient, Cost: elementwise(1), ONNX: "Not",
		Infer: func(in []Type, a Attrs) ([]Type, error) {
			if in[0].DType != tensor.Bool {
				return nil, fmt.Errorf("not wants bools, but this is %v", in[0])
			}
			return one(in, a)
		},
		Law: "y = not x", Doc: "Logical negation.",
	})
	Define(&Def{
		Name: "cast", Group: "numeric type", Args: x, Results: 1, Gradient: Smooth, ONNX: "Cast", Cost: elementwise(1),
		Attrs: []AttrSpec{{Name: "to", Kind: KindString, Doc: "element type of the result"}},
		Infer: func(in []Type, a Attrs) ([]Type, error) {
			d, err := dtypeOf(a, "to")
			if err != nil {
				return nil, err
			}
			return []Type{like(in[0], d)}, nil
		},
		Law: "y = x as another type; floats to ints truncate toward 0",
		Doc: "The only conversion of element types. Its gradient passes between floats and stops at ints.",
	})
}
