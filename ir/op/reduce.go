package op

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

func init() {
	Define(&Def{
		Name: "reduce", Group: "reduce", Args: []Arg{{Name: "x"}}, Results: 1, Gradient: Smooth, ONNX: "ReduceSum",
		Attrs: []AttrSpec{
			{Name: "kind", Kind: KindString, Default: "sum", Doc: "sum, mean, max, min or prod"},
			{Name: "axes", Kind: KindInts, Doc: "axes to join; negative ones count from the end"},
			{Name: "keep", Kind: KindBool, Default: false, Doc: "keep the joined axes with size 1"},
		},
		Infer: inferReduce, Cost: perInput(1),
		Law: "y = kind over axes of x", Doc: "Joins axes. Equal maxima share the gradient evenly.",
	})
	Define(&Def{
		Name: "argreduce", Group: "reduce", Args: []Arg{{Name: "x"}}, Results: 1, Gradient: ZeroGradient, ONNX: "ArgMax",
		Attrs: []AttrSpec{
			{Name: "kind", Kind: KindString, Default: "max", Doc: "max or min"},
			{Name: "axis", Kind: KindInt, Default: int64(-1), Doc: "axis to search"},
		},
		Infer: inferArgReduce, Cost: perInput(1),
		Law: "y = argmax over axis of x", Doc: "The i32 index of the extreme; the first of equal ones.",
	})
	Define(&Def{
		Name: "topk", Group: "reduce", Args: []Arg{{Name: "x"}}, Results: 2, Gradient: Smooth, ONNX: "TopK",
		Attrs: []AttrSpec{
			{Name: "k", Kind: KindInt, Doc: "how many"},
			{Name: "axis", Kind: KindInt, Default: int64(-1), Doc: "axis to search"},
		},
		Infer: inferTopK, Cost: perInput(2),
		Law: "values, indices = the k largest along axis, in falling order", Doc: "Equal values keep their order.",
	})
	Define(&Def{
		Name: "cumsum", Group: "reduce", Args: []Arg{{Name: "x"}}, Results: 1, Gradient: Smooth, ONNX: "CumSum",
		Attrs: []AttrSpec{{Name: "axis", Kind: KindInt, Default: int64(-1), Doc: "axis to add along"}},
		Infer: func(in []Type, a Attrs) ([]Type, error) {
			if _, err := axisOf("cumsum", in[0], a.Int("axis")); err != nil {
				return nil, err
			}
			return inferNumeric("cumsum")(in, a)
		},
		Cost: elementwise(1), Law: "y[i] = x[0] + ... + x[i]", Doc: "Running sums.",
	})
}

// Axes resolves a list of axes that may count from the end, sorted.
func Axes(name string, t Type, axes []int64) ([]int, error) {
	out := make([]int, 0, len(axes))
	for _, x := range axes {
		i, err := axisOf(name, t, x)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, i) {
			return nil, fmt.Errorf("%s: axis %d is named twice", name, i)
		}
		out = append(out, i)
	}
	slices.Sort(out)
	return out, nil
}

func inferReduce(in []Type, a Attrs) ([]Type, error) {
	switch k := a.String("kind"); k {
	case "sum", "mean", "max", "min", "prod":
		if in[0].DType == tensor.Bool || k == "mean" && !in[0].DType.Float() {
			return nil, fmt.Errorf("reduce: %s wants numbers, but this is %v", k, in[0])
		}
	default:
		return nil, fmt.Errorf("reduce: kind is sum, mean, max, min or prod, not %q", k)
	}
	axes, err := Axes("reduce", in[0], a.Ints("axes"))
	if err != nil {
		return nil, err
	}
	t := Type{DType: in[0].DType}
	for i, d := range in[0].Dims {
		switch {
		case !slices.Contains(axes, i):
			t.Dims = append(t.Dims, d)
		case a.Bool("keep"):
			t.Dims = append(t.Dims, Dim{Size: sym.Const(1)})
		}
	}
	return []Type{t}, nil
}

func withoutAxis(t Type, axis int, d tensor.DType) Type {
	return Type{DType: d, Dims: slices.Delete(slices.Clone(t.Dims), axis, axis+1)}
}

func inferArgReduce(in []Type, a Attrs) ([]Type, error) {
	if k := a.String("kind"); k != "max" && k != "min" {
		return nil, fmt.Errorf("argreduce: kind is max or min, not %q", k)
	}
	axis, err := axisOf("argreduce", in[0], a.Int("axis"))
	if err != nil {
		return nil, err
	}
	return []Type{withoutAxis(in[0], axis, tensor.I32)}, nil
}

func inferTopK(in []Type, a Attrs) ([]Type, error) {
	axis, err := axisOf("topk", in[0], a.Int("axis"))
	if err != nil {
		return nil, err
	}
	k := a.Int("k")
	if n, ok := in[0].Dims[axis].Size.IsConst(); k < 1 || ok && k > n {
		return nil, fmt.Errorf("topk: k is 1..%v, not %d", in[0].Dims[axis].Size, k)
	}
	values := like(in[0], in[0].DType)
	values.Dims[axis] = Dim{Size: sym.Const(k)}
	return []Type{values, like(values, tensor.I32)}, nil
}
