package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

func init() {
	x := []Arg{{Name: "x"}}
	Define(&Def{
		Name: "reshape", Group: "shape", Args: x, Results: 1, Gradient: Smooth, ONNX: "Reshape",
		Attrs: []AttrSpec{{Name: "shape", Kind: KindDims, Doc: "axes of the result; as many elements as x"}},
		Infer: inferReshape, Law: "y, read row-major, is x read row-major", Doc: "The same elements under other axes; moves nothing.",
	})
	Define(&Def{
		Name: "transpose", Group: "shape", Args: x, Results: 1, Gradient: Smooth, ONNX: "Transpose",
		Attrs: []AttrSpec{{Name: "perm", Kind: KindInts, Doc: "axis of x for each axis of y"}},
		Infer: inferTranspose, Law: "y[i_perm[0], i_perm[1], ...] = x[i]", Doc: "Reorders axes.",
	})
	Define(&Def{
		Name: "broadcast", Group: "shape", Args: x, Results: 1, Gradient: Smooth, ONNX: "Expand",
		Attrs: []AttrSpec{{Name: "shape", Kind: KindDims, Doc: "axes of the result"}},
		Infer: inferBroadcast, Law: "y[i] = x[i where x has more than one]", Doc: "Repeats axes of size 1, right-aligned.",
	})
	Define(&Def{
		Name: "slice", Group: "shape", Args: x, Results: 1, Gradient: Smooth, ONNX: "Slice",
		Attrs: []AttrSpec{
			{Name: "axis", Kind: KindInt, Doc: "axis that is cut"},
			{Name: "start", Kind: KindInt, Default: int64(0), Doc: "first index"},
			{Name: "stop", Kind: KindInt, Doc: "index after the last"},
			{Name: "step", Kind: KindInt, Default: int64(1), Doc: "distance between kept indices, at least 1"},
		},
		Infer: inferSlice, Law: "y[i] = x[start + step*i]", Doc: "A part of one axis.",
	})
	Define(&Def{
		Name: "pad", Group: "shape", Args: x, Results: 1, Gradient: Smooth, ONNX: "Pad",
		Attrs: []AttrSpec{
			{Name: "lo", Kind: KindInts, Doc: "elements before, per axis"},
			{Name: "hi", Kind: KindInts, Doc: "elements after, per axis"},
			{Name: "value", Kind: KindFloat, Default: 0.0, Doc: "what they hold"},
		},
		Infer: inferPad, Law: "y[i] = x[i - lo] inside, value outside", Doc: "Adds a constant border.",
	})
	Define(&Def{
		Name: "concat", Group: "shape", Args: []Arg{{Name: "xs", Variadic: true}}, Results: 1, Gradient: Smooth, ONNX: "Concat",
		Attrs: []AttrSpec{{Name: "axis", Kind: KindInt, Doc: "axis that grows"}},
		Infer: inferConcat, Law: "y = xs one after the other along axis", Doc: "Joins tensors that differ in one axis only.",
	})
	Define(&Def{
		Name: "reverse", Group: "shape", Args: x, Results: 1, Gradient: Smooth,
		Attrs: []AttrSpec{{Name: "axes", Kind: KindInts, Doc: "axes to turn round"}},
		Infer: func(in []Type, a Attrs) ([]Type, error) {
			axes, err := Axes("reverse", in[0], a.Ints("axes"))
			if err != nil {
				return nil, err
			}
			out := like(in[0], in[0].DType)
			for _, i := range axes {
				out.Dims[i].Set = ""
			}
			return []Type{out}, nil
		},
		Law: "y[i] = x[n-1-i] along axes", Doc: "Turns axes round. A turned axis no longer counts its index set.",
	})
}

func inferReshape(in []Type, a Attrs) ([]Type, error) {
	out := Type{DType: in[0].DType, Dims: append([]Dim(nil), a.Dims("shape")...)}
	if !equal(out.Elems(), in[0].Elems()) {
		return nil, fmt.Errorf("reshape: %v holds %v values and %v wants %v", in[0], in[0].Elems(), out, out.Elems())
	}
	return []Type{out}, nil
}

func inferTranspose(in []Type, a Attrs) ([]Type, error) {
	perm := a.Ints("perm")
	axes, err := Axes("transpose", in[0], perm)
	if err != nil {
		return nil, err
	}
	if len(axes) != in[0].Rank() {
		return nil, fmt.Errorf("transpose: %v has %d axes, the order names %d", in[0], in[0].Rank(), len(axes))
	}
	out := Type{DType: in[0].DType, Dims: make([]Dim, len(perm))}
	for i, p := range perm {
		axis, _ := axisOf("transpose", in[0], p)
		out.Dims[i] = in[0].Dims[axis]
	}
	return []Type{out}, nil
}

func inferBroadcast(in []Type, a Attrs) ([]Type, error) {
	out := Type{DType: in[0].DType, Dims: append([]Dim(nil), a.Dims("shape")...)}
	dims, err := broadcastDims("broadcast", in[0], out)
	if err != nil {
		return nil, err
	}
	if !(Type{Dims: dims}).meets(out) {
		return nil, fmt.Errorf("broadcast: %v does not stretch to %v", in[0], out)
	}
	return []Type{out}, nil
}

func inferSlice(in []Type, a Attrs) ([]Type, error) {
	axis, err := axisOf("slice", in[0], a.Int("axis"))
	if err != nil {
		return nil, err
	}
	start, stop, step := a.Int("start"), a.Int("stop"), a.Int("step")
	n, known := in[0].Dims[axis].Size.IsConst()
	if start < 0 || stop < start || step < 1 || known && stop > n {
		return nil, fmt.Errorf("slice: %d..%d step %d is not inside an axis of %v", start, stop, step, in[0].Dims[axis].Size)
	}
	if !known {
		return nil, fmt.Errorf("slice: the size %v of the axis is known only at run time", in[0].Dims[axis].Size)
	}
	out := like(in[0], in[0].DType)
	out.Dims[axis] = Dim{Size: sym.Const((stop - start + step - 1) / step)}
	if start == 0 && stop == n && step == 1 {
		out.Dims[axis] = in[0].Dims[axis]
	}
	return []Type{out}, nil
}

func inferPad(in []Type, a Attrs) ([]Type, error) {
	for _, attr := range []string{"lo", "hi"} {
		if err := ints("pad", attr, a.Ints(attr), in[0].Rank(), 0); err != nil {
			return nil, err
		}
	}
	out := like(in[0], in[0].DType)
	for i := range out.Dims {
		if n := a.Ints("lo")[i] + a.Ints("hi")[i]; n > 0 {
			out.Dims[i] = Dim{Size: out.Dims[i].Size.Add(sym.Const(n))}
		}
	}
	return []Type{out}, nil
}

func inferConcat(in []Type, a Attrs) ([]Type, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("concat wants at least one tensor")
	}
	axis, err := axisOf("concat", in[0], a.Int("axis"))
	if err != nil {
		return nil, err
	}
	out := like(in[0], in[0].DType)
	for _, t := range in[1:] {
		if t.Rank() != out.Rank() || t.DType != out.DType {
			return nil, fmt.Errorf("concat: %v and %v do not fit", in[0], t)
		}
		for i, d := range t.Dims {
			switch {
			case i == axis:
				out.Dims[i] = Dim{Size: out.Dims[i].Size.Add(d.Size)}
			case !sameSize(d, out.Dims[i]):
				return nil, fmt.Errorf("concat: %v and %v do not fit: %v is not %v on axis %d", in[0], t, out.Dims[i].Size, d.Size, i)
			case !sameSet(d, out.Dims[i]):
				return nil, fmt.Errorf("concat: %v and %v do not fit: axis %d counts %s and %s", in[0], t, i, out.Dims[i].Set, d.Set)
			case d.Set != "":
				out.Dims[i].Set = d.Set
			}
		}
	}
	return []Type{out}, nil
}
