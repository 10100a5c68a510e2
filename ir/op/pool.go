package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

var poolAttrs = append([]AttrSpec{{Name: "kernel", Kind: KindInts, Doc: "size of the window: rows, columns"}},
	append(append([]AttrSpec(nil), windowAttrs...),
		AttrSpec{Name: "ceil", Kind: KindBool, Default: false, Doc: "round the number of windows up; the last one starts inside the image or its first border"})...)

var avgAttrs = append(append([]AttrSpec(nil), poolAttrs...),
	AttrSpec{Name: "count_pad", Kind: KindBool, Default: true, Doc: "border cells count in the mean"})

var poolShape = AttrSpec{Name: "shape", Kind: KindDims, Doc: "axes of x"}

func init() {
	Define(&Def{
		Name: "maxpool", Group: "pool", Args: []Arg{{Name: "x"}}, Attrs: poolAttrs, Results: 2, Gradient: Smooth, ONNX: "MaxPool",
		Infer: inferMaxPool, Cost: costPool,
		Law: "y = max over the window; at = r*S + s of its first maximum",
		Doc: "Border cells never win. at is what the gradient needs, one byte a window: a window holds at most 256 cells.",
	})
	Define(&Def{
		Name: "maxpool_dx", Group: "pool", Args: []Arg{{Name: "at"}, {Name: "dy"}}, Results: 1, Gradient: NoGradient,
		Attrs: append(append([]AttrSpec(nil), poolAttrs...), poolShape),
		Infer: inferPoolDX(1), Cost: elementwise(1),
		Law: "dx[h,w] = sum of dy[p,q] over the windows whose maximum is at h,w", Doc: "The gradient of maxpool.",
	})
	Define(&Def{
		Name: "avgpool", Group: "pool", Args: []Arg{{Name: "x"}}, Attrs: avgAttrs, Results: 1, Gradient: Smooth, ONNX: "AveragePool",
		Infer: func(in []Type, a Attrs) ([]Type, error) {
			t, err := pooled("avgpool", in[0], a)
			return []Type{t}, err
		},
		Cost: costPool,
		Law:  "y = sum over the window / cells of the window", Doc: "With count_pad the divisor is PyTorch's: cells inside the padded image.",
	})
	Define(&Def{
		Name: "avgpool_dx", Group: "pool", Args: []Arg{{Name: "dy"}}, Results: 1, Gradient: Smooth,
		Attrs: append(append([]AttrSpec(nil), avgAttrs...), poolShape),
		Infer: inferPoolDX(0), Cost: elementwise(1),
		Law: "dx[h,w] = sum of dy[p,q] / cells over the windows that cover h,w", Doc: "The gradient of avgpool.",
	})
}

// pooled is the type of pooling x.
func pooled(name string, x Type, a Attrs) (Type, error) {
	if err := wantImage(name, x); err != nil {
		return Type{}, err
	}
	g, err := windows(name, a, a.Ints("kernel"))
	if err != nil {
		return Type{}, err
	}
	out := like(x, x.DType)
	for i := range g {
		if g[i].lo >= g[i].kernel || g[i].hi >= g[i].kernel {
			return Type{}, fmt.Errorf("%s: a border of %d is as large as the window of %d", name, max(g[i].lo, g[i].hi), g[i].kernel)
		}
		if out.Dims[2+i].Size, err = g[i].poolOut(name, x.Dims[2+i].Size, a.Bool("ceil")); err != nil {
			return Type{}, err
		}
		out.Dims[2+i].Set = ""
	}
	return out, nil
}

// poolOut is PyTorch's rule: with ceil, a last window that would start in the far
// border is dropped.
func (w window) poolOut(name string, n sym.Expr, ceil bool) (sym.Expr, error) {
	if !ceil {
		return w.out(name, n)
	}
	up := n.Add(sym.Const(w.lo + w.hi - w.kernel)).CeilDiv(w.stride).Add(sym.Const(1))
	size, ok := n.IsConst()
	count, ok2 := up.IsConst()
	if !ok || !ok2 {
		return sym.Min(up, n.Add(sym.Const(w.lo-1)).FloorDiv(w.stride).Add(sym.Const(1))), nil
	}
	if count < 1 {
		return sym.Expr{}, fmt.Errorf("%s: a window of %d does not fit into %v with borders %d and %d", name, w.kernel, n, w.lo, w.hi)
	}
	if (count-1)*w.stride >= size+w.lo {
		count--
	}
	return sym.Const(count), nil
}

func inferMaxPool(in []Type, a Attrs) ([]Type, error) {
	t, err := pooled("maxpool", in[0], a)
	if err != nil {
		return nil, err
	}
	if k := a.Ints("kernel"); k[0]*k[1] > 256 {
		return nil, fmt.Errorf("maxpool: a window of %d x %d has more than 256 cells", k[0], k[1])
	}
	return []Type{t, like(t, tensor.U8)}, nil
}

func inferPoolDX(dy int) func(in []Type, a Attrs) ([]Type, error) {
	return func(in []Type, a Attrs) ([]Type, error) {
		x := Type{DType: in[dy].DType, Dims: append([]Dim(nil), a.Dims("shape")...)}
		y, err := pooled("pool gradient", x, a)
		if err != nil {
			return nil, err
		}
		for _, t := range in {
			if t.Present() && !t.meets(y) {
				return nil, fmt.Errorf("pool gradient: %v does not belong to %v", t, x)
			}
		}
		if dy > 0 && in[0].DType != tensor.U8 {
			return nil, fmt.Errorf("pool gradient: the places of the maxima are u8, not %v", in[0])
		}
		return []Type{x}, nil
	}
}

func costPool(in, out []Type, a Attrs) Cost {
	k := a.Ints("kernel")
	return Cost{FLOPs: out[0].Elems().Mul(sym.Const(k[0] * k[1])), Bytes: traffic(in, out)}
}
