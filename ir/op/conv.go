package op

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
)

var windowAttrs = []AttrSpec{
	{Name: "stride", Kind: KindInts, Default: []int64{1, 1}, Doc: "step of the window: rows, columns"},
	{Name: "pad", Kind: KindInts, Default: []int64{0, 0, 0, 0}, Doc: "border: top, left, bottom, right"},
}

var convAttrs = append(append([]AttrSpec(nil), windowAttrs...),
	AttrSpec{Name: "dilation", Kind: KindInts, Default: []int64{1, 1}, Doc: "distance of the taps: rows, columns"},
	AttrSpec{Name: "groups", Kind: KindInt, Default: int64(1), Doc: "channel groups that do not mix"},
	AttrSpec{Name: "precision", Kind: KindString, Default: "f32", Doc: "f32: any algorithm within its bound; strict: each sum is one chain of multiply-adds, so that the algorithms of Winograd and Strassen are out"},
	AttrSpec{Name: "algo", Kind: KindString, Default: "auto", Doc: "how to compute it on blocks of channels, where a pass decided: no part of the meaning"},
)

func init() {
	Define(&Def{
		Name: "conv", Group: "linear", Results: 1, Gradient: Smooth, ONNX: "Conv",
		Args:  []Arg{{Name: "x"}, {Name: "w"}, {Name: "bias", Optional: true}, {Name: "residual", Optional: true}, {Name: "scale", Optional: true}},
		Attrs: append(append([]AttrSpec(nil), convAttrs...), actAttrs...),
		Infer: inferConv, Cost: costConv,
		Law: "y[n,o,p,q] = act(bias[o] + residual + sum over c,r,s of x[n, g*C/G+c, p*stride+r*dilation-pad, ...] * w[o,c,r,s]), where x is x * scale if there is one",
		Doc: "Cross-correlation of x [N, C, H, W] with w [O, C/groups, R, S]; depthwise is groups = C; scale is [N, C, 1, 1]. Dumoulin and Visin 2016, arXiv:1603.07285.",
	})
	Define(&Def{
		Name: "conv_dx", Group: "linear", Results: 1, Gradient: Smooth, ONNX: "ConvTranspose",
		Args:  []Arg{{Name: "dy"}, {Name: "w"}, {Name: "residual", Optional: true}, {Name: "gate", Optional: true}},
		Attrs: append(append(append([]AttrSpec(nil), convAttrs...), AttrSpec{Name: "shape", Kind: KindDims, Doc: "axes of the result"}), boundAttrs...),
		Infer: inferConvDX, Cost: costConvDX,
		Law: "dx[n,c,h,w] = sum of dy[n,o,p,q] * w[o,c,r,s] over all o,p,q,r,s whose window covers h,w, + residual; 0 where the result gate of act did not pass its argument",
		Doc: "The transpose of conv in x: its gradient, and transposed convolution (w is then [in, out/groups, R, S]).",
	})
	Define(&Def{
		Name: "conv_dw", Group: "linear", Results: 1, Gradient: Smooth,
		Args:  []Arg{{Name: "x"}, {Name: "dy"}},
		Attrs: append(append([]AttrSpec(nil), convAttrs...), AttrSpec{Name: "kernel", Kind: KindInts, Doc: "size of the window: rows, columns"}),
		Infer: inferConvDW, Cost: costConvDW,
		Law: "dw[o,c,r,s] = sum over n,p,q of dy[n,o,p,q] * x[n, c, p*stride+r*dilation-pad, ...]",
		Doc: "The gradient of conv in its weights.",
	})
}

// window is the geometry of one spatial axis.
type window struct{ kernel, stride, lo, hi, dilation int64 }

// windows reads the geometry of rows and columns.
func windows(name string, a Attrs, kernel []int64) (w [2]window, err error) {
	stride, pad, dilation := a.Ints("stride"), a.Ints("pad"), a.Ints("dilation")
	if dilation == nil {
		dilation = []int64{1, 1}
	}
	for _, c := range []struct {
		attr string
		v    []int64
		n    int
		min  int64
	}{{"kernel", kernel, 2, 1}, {"stride", stride, 2, 1}, {"pad", pad, 4, 0}, {"dilation", dilation, 2, 1}} {
		if err := ints(name, c.attr, c.v, c.n, c.min); err != nil {
			return w, err
		}
	}
	for i := range w {
		w[i] = window{kernel[i], stride[i], pad[i], pad[i+2], dilation[i]}
	}
	return w, nil
}

// out returns the number of window positions on an axis of size n.
func (w window) out(name string, n sym.Expr) (sym.Expr, error) {
	room := n.Add(sym.Const(w.lo + w.hi - w.dilation*(w.kernel-1) - 1))
	if c, ok := room.IsConst(); ok && c < 0 {
		return sym.Expr{}, fmt.Errorf("%s: a window of %d does not fit into %v with borders %d and %d", name, w.dilation*(w.kernel-1)+1, n, w.lo, w.hi)
	}
	return room.FloorDiv(w.stride).Add(sym.Const(1)), nil
}

// spatial returns the kernel sizes of a weight tensor, which are constants.
func spatial(name string, w Type) ([]int64, error) {
	if w.Rank() != 4 {
		return nil, fmt.Errorf("%s wants weights [out, in, rows, columns], not %v", name, w)
	}
	r, ok := w.Dims[2].Size.IsConst()
	s, ok2 := w.Dims[3].Size.IsConst()
	if !ok || !ok2 {
		return nil, fmt.Errorf("%s: the window of %v is not known at compile time", name, w)
	}
	return []int64{r, s}, nil
}

func wantImage(name string, t Type) error {
	if t.Rank() != 4 || !t.DType.Float() {
		return fmt.Errorf("%s wants an image f32[N, C, H, W], but this is %v", name, t)
	}
	return nil
}

func inferConv(in []Type, a Attrs) ([]Type, error) {
	x, w := in[0], in[1]
	if err := wantImage("conv", x); err != nil {
		return nil, err
	}
	if err := checkAct("conv", a); err != nil {
		return nil, err
	}
	kernel, err := spatial("conv", w)
	if err != nil {
		return nil, err
	}
	if x.DType != w.DType {
		return nil, fmt.Errorf("conv: the image is %v and the weights are %v; cast one", x, w)
	}
	if a.Int("groups") == 1 && !sameSet(x.Dims[1], w.Dims[1]) {
		return nil, fmt.Errorf("conv: the channels of %v are %s, the weights %v read %s", x, x.Dims[1].Set, w, w.Dims[1].Set)
	}
	g, err := windows("conv", a, kernel)
	if err != nil {
		return nil, err
	}
	if err := checkGroups("conv", a.Int("groups"), x.Dims[1].Size, w.Dims[0].Size, w.Dims[1].Size); err != nil {
		return nil, err
	}
	out := Type{DType: x.DType, Dims: []Dim{x.Dims[0], w.Dims[0], {}, {}}}
	for i := range g {
		if out.Dims[2+i].Size, err = g[i].out("conv", x.Dims[2+i].Size); err != nil {
			return nil, err
		}
	}
	if err := checkScale("conv", in[4], x); err != nil {
		return nil, err
	}
	return []Type{out}, checkEpilogue("conv", in[2], in[3], out, w.Dims[0])
}

// checkScale checks factors of the channels of each image.
func checkScale(name string, scale, x Type) error {
	if !scale.Present() {
		return nil
	}
	if want := (Type{DType: x.DType, Dims: []Dim{x.Dims[0], x.Dims[1], {Size: sym.Const(1)}, {Size: sym.Const(1)}}}); !scale.meets(want) || scale.DType != want.DType {
		return fmt.Errorf("%s: the scale is %v, but the channels of %v want %v", name, scale, x, want)
	}
	return nil
}

// checkGroups checks channels C and O against weights [O, I] in groups.
func checkGroups(name string, groups int64, c, o, i sym.Expr) error {
	if groups < 1 || groups > 1<<24 {
		return fmt.Errorf("%s: groups cannot be %d", name, groups)
	}
	if !equal(i.Mul(sym.Const(groups)), c) {
		return fmt.Errorf("%s: %v channels in %d groups want weights for %v/%d of them, not %v", name, c, groups, c, groups, i)
	}
	if n, ok := o.IsConst(); ok && n%groups != 0 {
		return fmt.Errorf("%s: %d outputs do not divide into %d groups", name, n, groups)
	}
	return nil
}

func inferConvDX(in []Type, a Attrs) ([]Type, error) {
	dy, w := in[0], in[1]
	if err := wantImage("conv_dx", dy); err != nil {
		return nil, err
	}
	kernel, err := spatial("conv_dx", w)
	if err != nil {
		return nil, err
	}
	g, err := windows("conv_dx", a, kernel)
	if err != nil {
		return nil, err
	}
	out := Type{DType: dy.DType, Dims: append([]Dim(nil), a.Dims("shape")...)}
	if out.Rank() != 4 || !sameSize(out.Dims[0], dy.Dims[0]) {
		return nil, fmt.Errorf("conv_dx: the result %v does not belong to %v", out, dy)
	}
	if dy.DType != w.DType {
		return nil, fmt.Errorf("conv_dx: the image is %v and the weights are %v; cast one", dy, w)
	}
	if !sameSize(dy.Dims[1], w.Dims[0]) {
		return nil, fmt.Errorf("conv_dx: %v has %v channels, the weights %v take %v", dy, dy.Dims[1].Size, w, w.Dims[0].Size)
	}
	if err := checkGroups("conv_dx", a.Int("groups"), out.Dims[1].Size, w.Dims[0].Size, w.Dims[1].Size); err != nil {
		return nil, err
	}
	if err := checkEpilogue("conv_dx", Type{}, in[2], out, out.Dims[1]); err != nil {
		return nil, err
	}
	if err := checkGate("conv_dx", a, out, in[3]); err != nil {
		return nil, err
	}
	return []Type{out}, checkPositions("conv_dx", g, out, dy)
}

// checkPositions checks that y has the window positions of x.
func checkPositions(name string, g [2]window, x, y Type) error {
	for i := range g {
		n, err := g[i].out(name, x.Dims[2+i].Size)
		if err != nil {
			return err
		}
		if !equal(n, y.Dims[2+i].Size) {
			return fmt.Errorf("%s: %v has %v window positions on an axis where %v has %v", name, x, n, y, y.Dims[2+i].Size)
		}
	}
	return nil
}

func inferConvDW(in []Type, a Attrs) ([]Type, error) {
	x, dy := in[0], in[1]
	for _, t := range in[:2] {
		if err := wantImage("conv_dw", t); err != nil {
			return nil, err
		}
	}
	g, err := windows("conv_dw", a, a.Ints("kernel"))
	if err != nil {
		return nil, err
	}
	groups := a.Int("groups")
	c, ok := x.Dims[1].Size.IsConst()
	if !ok || groups < 1 || c%groups != 0 || x.DType != dy.DType || !sameSize(x.Dims[0], dy.Dims[0]) {
		return nil, fmt.Errorf("conv_dw: %v and %v do not belong together in %d groups", x, dy, groups)
	}
	if err := checkPositions("conv_dw", g, x, dy); err != nil {
		return nil, err
	}
	out := Tensor(x.DType, dy.Dims[1].Size, sym.Const(c/groups), sym.Const(g[0].kernel), sym.Const(g[1].kernel))
	return []Type{out}, nil
}

// convMACs is outputs * taps * input channels of a group.
func convMACs(out sym.Expr, w Type) sym.Expr {
	return out.Mul(w.Dims[1].Size).Mul(w.Dims[2].Size).Mul(w.Dims[3].Size)
}

func linearCost(macs sym.Expr, in, out []Type) Cost {
	return Cost{MACs: macs, FLOPs: macs.Mul(sym.Const(2)), Bytes: traffic(in, out)}
}

func costConv(in, out []Type, _ Attrs) Cost {
	return linearCost(convMACs(out[0].Elems(), in[1]), in, out)
}

func costConvDX(in, out []Type, _ Attrs) Cost {
	return linearCost(convMACs(in[0].Elems(), in[1]), in, out)
}

func costConvDW(in, out []Type, _ Attrs) Cost {
	return linearCost(convMACs(in[1].Elems(), out[0]), in, out)
}
