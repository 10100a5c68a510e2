package memory

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// PinHalos gives every blocked value of f the halo that its readers need now, which it
// keeps when it loses some of them: kernels sum over images with a halo in another order.
func PinHalos(f *ir.Func) { halos(f, slots(f)) }

// halos gives every blocked value the halo that its readers need, or the larger one that
// it has. Values that share storage share the largest.
func halos(f *ir.Func, in map[*ir.Value]slot) {
	need := map[*ir.Value]int{}
	for _, i := range f.Instrs {
		if len(i.Args) > 0 && i.Args[0] != nil && !i.Args[0].Layout.Plain() {
			x := root(in, i.Args[0])
			need[x] = max(need[x], haloOf(i))
		}
	}
	set := func(v *ir.Value) {
		if !v.Layout.Plain() {
			v.Layout.Halo = max(v.Layout.Halo, need[root(in, v)])
		}
	}
	for _, i := range f.Instrs {
		if ir.IsView(i) {
			continue
		}
		for _, v := range i.Outs {
			set(v)
		}
		for _, b := range i.Body {
			for _, v := range b.Outs {
				set(v)
			}
		}
	}
}

// haloOf returns the halo that in needs around its first operand.
func haloOf(in *ir.Instr) int {
	switch in.Op.Name {
	case "conv", "conv_dw":
		return int(max(0, slices.Max(append([]int64{0}, in.Attrs.Ints("pad")...))))
	case "conv_dx":
		w := in.Args[1].Type
		return max(dxHalo(in.Attrs, 0, size(w, 2), size(in.Outs[0].Type, 2), size(in.Args[0].Type, 2)),
			dxHalo(in.Attrs, 1, size(w, 3), size(in.Outs[0].Type, 3), size(in.Args[0].Type, 3)))
	}
	return 0
}

// dxHalo is the halo along one axis, rows or columns, of the operand of a transposed
// convolution: result i reads its positions (i + pad - tap*dilation)/stride.
func dxHalo(a op.Attrs, axis int, taps, results, positions int64) int {
	stride, dilation, lo := a.Ints("stride")[axis], a.Ints("dilation")[axis], a.Ints("pad")[axis]
	return int(max(0, (dilation*(taps-1)-lo)/stride, (results-1+lo)/stride-(positions-1)))
}

func size(t op.Type, axis int) int64 {
	n, _ := t.Dims[axis].Size.IsConst()
	return n
}
