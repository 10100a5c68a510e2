package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

var resizeAttrs = []AttrSpec{
	{Name: "scale", Kind: KindInts, Doc: "whole factors: rows, columns"},
	{Name: "mode", Kind: KindString, Default: "nearest", Doc: "nearest or bilinear (half-pixel centres)"},
}

func init() {
	Define(&Def{
		Name: "resize", Group: "resize", Args: []Arg{{Name: "x"}}, Attrs: resizeAttrs, Results: 1, Gradient: Smooth, ONNX: "Resize",
		Infer: inferResize(false), Cost: elementwise(8),
		Law: "y[h,w] = x at ((h+0.5)/scale - 0.5, ...), nearest: x[h/scale, w/scale]",
		Doc: "Enlarges an image by whole factors; align_corners is false.",
	})
	Define(&Def{
		Name: "resize_dx", Group: "resize", Args: []Arg{{Name: "dy"}}, Attrs: resizeAttrs, Results: 1, Gradient: Smooth,
		Infer: inferResize(true), Cost: perInput(8),
		Law: "dx = the transpose of resize applied to dy", Doc: "The gradient of resize.",
	})
}

func inferResize(back bool) func(in []Type, a Attrs) ([]Type, error) {
	return func(in []Type, a Attrs) ([]Type, error) {
		if err := wantImage("resize", in[0]); err != nil {
			return nil, err
		}
		s := a.Ints("scale")
		if err := ints("resize", "scale", s, 2, 1); err != nil {
			return nil, err
		}
		if m := a.String("mode"); m != "nearest" && m != "bilinear" {
			return nil, fmt.Errorf("resize: mode is nearest or bilinear, not %q", m)
		}
		out := like(in[0], in[0].DType)
		for i := range 2 {
			n := in[0].Dims[2+i].Size
			if !back {
				out.Dims[2+i] = Dim{Size: n.Mul(sym.Const(s[i]))}
				continue
			}
			if c, ok := n.Mod(s[i]).IsConst(); !ok || c != 0 {
				return nil, fmt.Errorf("resize: %v is no multiple of %d", n, s[i])
			}
			out.Dims[2+i] = Dim{Size: n.FloorDiv(s[i])}
		}
		return []Type{out}, nil
	}
}
