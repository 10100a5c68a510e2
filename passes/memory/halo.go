package memory

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
)

// PinHalos gives every blocked value of f the halo that its readers need now, which it
// keeps when it loses some of them: kernels sum over images with a halo in another order.
func PinHalos(f *ir.Func) { halos(f, slots(f)) }

// halos gives every blocked value the halo that its readers need, or the larger one that
// it has. Values that share storage share the largest.
func halos(f *ir.Func, in map[*ir.Value]slot) {
	need := map[*ir.Value]int{}
	reads := func(i *ir.Instr) {
		if len(i.Args) > 0 && i.Args[0] != nil && !i.Args[0].Layout.Plain() {
			x := root(in, i.Args[0])
			n, _ := Halo(i, f.Facts)
			need[x] = max(need[x], n)
		}
	}
	for _, i := range f.Instrs {
		reads(i)
		if i.Op.Name == "chain" {
			for _, b := range i.Body {
				reads(b)
			}
		}
	}
	set := func(v *ir.Value) {
		if !v.Layout.Plain() {
			v.Layout.Halo = max(v.Layout.Halo, need[root(in, v)])
		}
	}
	for _, i := range f.Instrs {
		// A relayout of images of one pixel is a view only as long as nobody needs a halo.
		if ir.IsView(i) && need[root(in, i.Outs[0])] == 0 {
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

// mostHalo is the largest halo for the sake of sizes that are not known: the bound of a
// difference of two is wide where it is not exact, and every picture would pay.
const mostHalo = 4

// Halo returns the halo that in needs around its first operand, for all sizes that the
// facts allow; ok is false where it would grow with them.
func Halo(in *ir.Instr, facts sym.Facts) (halo int, ok bool) {
	switch in.Op.Name {
	case "conv", "conv_dw":
		return int(max(0, slices.Max(append([]int64{0}, in.Attrs.Ints("pad")...)))), true
	case "conv_dx":
		rows, ok1 := dxHalo(in, 0, facts)
		columns, ok2 := dxHalo(in, 1, facts)
		return max(rows, columns), ok1 && ok2
	}
	return 0, true
}

// dxHalo is the halo along one axis, rows or columns, of the operand of a transposed
// convolution: result i reads its positions (i + pad - tap*dilation)/stride.
func dxHalo(in *ir.Instr, axis int, facts sym.Facts) (halo int, ok bool) {
	a := in.Attrs
	stride, dilation, lo := a.Ints("stride")[axis], a.Ints("dilation")[axis], a.Ints("pad")[axis]
	taps, known := in.Args[1].Type.Dims[2+axis].Size.IsConst()
	results, positions := in.Outs[0].Type.Dims[2+axis].Size, in.Args[0].Type.Dims[2+axis].Size
	beyond := results.Add(sym.Const(lo - 1)).FloorDiv(stride).Sub(positions).Add(sym.Const(1))
	beyond = sym.Simplify(beyond, facts)
	_, exact := beyond.IsConst()
	_, most, bounded := sym.Range(beyond, facts)
	if !known || !bounded || !exact && most > mostHalo {
		return 0, false
	}
	return int(max(0, (dilation*(taps-1)-lo)/stride, most)), true
}
