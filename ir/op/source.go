package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

var stateAttrs = []AttrSpec{
	{Name: "name", Kind: KindString, Doc: "weight path of the state"},
	{Name: "dtype", Kind: KindString, Default: "f32", Doc: "element type"},
	{Name: "shape", Kind: KindDims, Doc: "axes of the state"},
}

func inferState(_ []Type, a Attrs) ([]Type, error) {
	d, err := dtypeOf(a, "dtype")
	if err != nil {
		return nil, err
	}
	return []Type{{DType: d, Dims: append([]Dim(nil), a.Dims("shape")...)}}, nil
}

func init() {
	Define(&Def{
		Name: "param", Group: "source", Attrs: stateAttrs, Results: 1, Effect: Source, Gradient: Smooth,
		Infer: inferState, Law: "y = the parameter called name",
		Doc: "A trained weight, read before any update of the same function.",
	})
	Define(&Def{
		Name: "buffer", Group: "source", Attrs: stateAttrs, Results: 1, Effect: Source, Gradient: NoGradient,
		Infer: inferState, Law: "y = the buffer called name",
		Doc: "State that is kept but not trained, such as running statistics.",
	})
	Define(&Def{
		Name: "const", Group: "source", Results: 1, Gradient: NoGradient, ONNX: "Constant",
		Attrs: []AttrSpec{
			{Name: "dtype", Kind: KindString, Default: "f32", Doc: "element type"},
			{Name: "shape", Kind: KindInts, Default: []int64{}, Doc: "sizes of the axes"},
			{Name: "values", Kind: KindFloats, Doc: "row-major elements, or one value for all"},
		},
		Infer: inferConst, Law: "y[i] = values[i]",
		Doc: "A constant known at compile time.",
	})
	Define(&Def{
		Name: "iota", Group: "source", Results: 1, Gradient: NoGradient, ONNX: "Range",
		Attrs: []AttrSpec{
			{Name: "dtype", Kind: KindString, Default: "i32", Doc: "element type"},
			{Name: "shape", Kind: KindInts, Doc: "sizes of the axes"},
			{Name: "axis", Kind: KindInt, Default: int64(0), Doc: "axis that counts"},
		},
		Infer: inferIota, Law: "y[i] = i[axis]",
		Doc: "The index along one axis.",
	})
}

func intShape(a Attrs) (Type, error) {
	d, err := dtypeOf(a, "dtype")
	if err != nil {
		return Type{}, err
	}
	t := Type{DType: d}
	for _, n := range a.Ints("shape") {
		if n < 0 || n > 1<<31 {
			return Type{}, fmt.Errorf("a size of %d is out of range", n)
		}
		t.Dims = append(t.Dims, Dim{Size: sym.Const(n)})
	}
	return t, nil
}

func inferConst(_ []Type, a Attrs) ([]Type, error) {
	t, err := intShape(a)
	if err != nil {
		return nil, err
	}
	n, ok := t.Elems().IsConst()
	if !ok {
		return nil, fmt.Errorf("a constant %v is too large", t)
	}
	if got := int64(len(a.Floats("values"))); got != 1 && got != n {
		return nil, fmt.Errorf("a constant %v wants 1 or %d values, not %d", t, n, got)
	}
	return []Type{t}, nil
}

func inferIota(_ []Type, a Attrs) ([]Type, error) {
	t, err := intShape(a)
	if err != nil {
		return nil, err
	}
	if _, err := axisOf("iota", t, a.Int("axis")); err != nil {
		return nil, err
	}
	return []Type{t}, nil
}
