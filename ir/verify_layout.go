package ir

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir/sym"
)

// checkLayouts checks that operands and results of in have layouts that its kernels
// take: all plain, or those that blockedOps tells.
func checkLayouts(in *Instr, stage Stage) error {
	blocked := false
	for _, v := range slices.Concat(in.Args, in.Outs) {
		if v == nil || v.Layout.Plain() {
			continue
		}
		blocked = true
		if stage == Graph {
			return fmt.Errorf("%%%d has the layout %v; layouts are chosen when a module is scheduled", v.ID, v.Layout)
		}
		if _, ok := MapOf(v.Type, v.Layout); !ok {
			return fmt.Errorf("%%%d is %v, which has no layout %v", v.ID, v.Type, v.Layout)
		}
	}
	if !blocked || TakesBlocked(in) {
		return nil
	}
	return fmt.Errorf("no kernel takes these layouts: %s", layoutsOf(in))
}

// TakesBlocked reports whether there are kernels for in with the layouts that its
// values have, at least one of which is blocked. Halos are not looked at.
func TakesBlocked(in *Instr) bool {
	c8 := func(vs ...*Value) bool {
		return !slices.ContainsFunc(vs, func(v *Value) bool { return v == nil || v.Layout.Plain() })
	}
	plain := func(vs ...*Value) bool {
		return !slices.ContainsFunc(vs, func(v *Value) bool { return v != nil && !v.Layout.Plain() })
	}
	switch in.Op.Name {
	case "relayout":
		return c8(in.Args...) != c8(in.Outs...)
	case "conv": // the picture may be plain
		return c8(in.Outs...) && plain(in.Args[1:3]...) && (in.Args[3] == nil || c8(in.Args[3])) && (in.Args[4] == nil || c8(in.Args[0], in.Args[4]))
	case "conv_dx":
		return c8(in.Args[0], in.Outs[0]) && plain(in.Args[1]) && (in.Args[2] == nil || c8(in.Args[2])) && (in.Args[3] == nil || c8(in.Args[3]) && GatesResults(in))
	case "conv_dw": // the picture may be plain
		return c8(in.Args[1]) && plain(in.Outs...)
	case "bn_train":
		return c8(in.Args[0], in.Outs[0]) && plain(in.Args[1:5]...) && plain(in.Outs[1:]...) && (in.Args[5] == nil || c8(in.Args[5]))
	case "bn_again":
		return c8(in.Args[0], in.Outs[0]) && plain(in.Args[1:]...)
	case "bn_dx":
		return c8(in.Args[0], in.Args[1], in.Outs[0], in.Outs[3]) && plain(in.Args[2:5]...) && plain(in.Outs[1:3]...) && (in.Args[5] == nil || c8(in.Args[5]))
	case "maxpool":
		return c8(in.Args[0], in.Outs[0]) && in.Outs[1].Layout.Halo == 0
	case "maxpool_dx":
		return c8(in.Args...) && c8(in.Outs[0]) && in.Args[0].Layout.Halo == 0
	case "avgpool_dx":
		return c8(in.Args[0], in.Outs[0])
	case "avgpool", "resize":
		return c8(in.Args[0], in.Outs[0])
	case "reduce":
		return c8(in.Args[0]) && plain(in.Outs[0]) && ReducesPlanes(in)
	case "broadcast":
		return plain(in.Args[0]) && c8(in.Outs[0]) && SpreadsPlanes(in)
	case "concat":
		return c8(in.Outs...) && c8(in.Args...) && in.Attrs.Int("axis") == 1
	case "slice":
		return c8(in.Args[0], in.Outs[0]) && CutsBlocks(in)
	case "fused":
		return c8(in.Outs...) && elementwiseLayouts(in)
	case "chain": // whose body is checked by itself
		return c8(in.Outs...)
	}
	if g := in.Op.Group; g == "unary" || g == "activation" || g == "binary" || in.Op.Name == "select" || in.Op.Name == "cast" {
		return c8(in.Outs...) && elementwiseLayouts(in)
	}
	return false
}

// GatesResults reports whether the kernels of in, an input gradient on blocks of channels,
// apply a gate to its results: where none of its algorithms is Winograd's.
func GatesResults(in *Instr) bool {
	if in.Op.Name != "conv_dx" || in.Attrs.Int("groups") != 1 || WinogradFits(in) {
		return false
	}
	outs, ins := in.Args[1].Type.Dims[0].Size, in.Args[1].Type.Dims[1].Size
	return !outs.Equal(sym.Const(1)) || !ins.Equal(sym.Const(1)) // that is a depthwise one
}

// ReducesPlanes reports whether in is the mean or the sum of each plane of its images.
func ReducesPlanes(in *Instr) bool { return addsUp(in, 2, 3) }

// ReducesChannels reports whether in is the mean or the sum of each channel of all images.
func ReducesChannels(in *Instr) bool { return addsUp(in, 0, 2, 3) }

// addsUp reports whether in is a mean or a sum of images over these axes.
func addsUp(in *Instr, over ...int64) bool {
	if in.Op.Name != "reduce" || in.Args[0].Type.Rank() != 4 {
		return false
	}
	if kind := in.Attrs.String("kind"); kind != "mean" && kind != "sum" {
		return false
	}
	axes := slices.Clone(in.Attrs.Ints("axes"))
	for i, a := range axes {
		if a < 0 {
			axes[i] += 4
		}
	}
	slices.Sort(axes)
	return slices.Equal(axes, over)
}

// SpreadsPlanes reports whether in gives each plane of its images one value of its own.
func SpreadsPlanes(in *Instr) bool {
	if in.Op.Name != "broadcast" || in.Args[0].Type.Rank() != 4 {
		return false
	}
	x, ok1 := MapOf(in.Args[0].Type, Blocked)
	y, ok2 := MapOf(in.Outs[0].Type, Blocked)
	return ok1 && ok2 && x.OnePixel() && x.C == y.C && in.Args[0].Type.Dims[0].Size.Equal(in.Outs[0].Type.Dims[0].Size)
}

// elementwiseLayouts reports whether each operand of in is a blocked image as large
// as the result, or a blocked one of one pixel with its channels, or one number.
func elementwiseLayouts(in *Instr) bool {
	y := in.Outs[0].Map()
	for _, a := range in.Args {
		if a.Layout.Plain() {
			if n, ok := a.Type.Elems().IsConst(); !ok || n != 1 {
				return false
			}
			continue
		}
		x := a.Map()
		if x.C != y.C || !x.SameSize(y) && !x.OnePixel() {
			return false
		}
	}
	return !slices.ContainsFunc(in.Outs, func(v *Value) bool {
		m := v.Map()
		return m.C != y.C || !m.SameSize(y) || v.Type.Rank() != in.Outs[0].Type.Rank()
	})
}

// layoutsOf lists the layouts of operands and results for an error.
func layoutsOf(in *Instr) string {
	word := func(v *Value) string {
		switch {
		case v == nil:
			return "_"
		case v.Layout.Plain():
			return "plain"
		}
		return v.Layout.String()
	}
	s := ""
	for _, a := range in.Args {
		s += word(a) + " "
	}
	s += "->"
	for _, o := range in.Outs {
		s += " " + word(o)
	}
	return s
}
