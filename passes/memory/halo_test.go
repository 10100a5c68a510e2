package memory

import (
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestHaloOfSizesKnownAtRunTime: what the where-clauses promise of a transposed
// convolution bounds its halo; where they do not, there is none for all sizes.
func TestHaloOfSizesKnownAtRunTime(t *testing.T) {
	h, half := sym.Symbol("H"), sym.Symbol("H").FloorDiv(2)
	even := sym.Facts{Divides: map[string]int64{"H": 2}}
	for _, row := range []struct {
		name  string
		facts sym.Facts
		rows  sym.Expr // of the result; of the operand half
		halo  int
		ok    bool
	}{
		{"twice", sym.Facts{}, half.Mul(sym.Const(2)), 0, true},
		{"twice, as promised", even, h, 0, true},
		{"the same or one more", sym.Facts{}, h, 1, true},
		{"two more", sym.Facts{}, half.Mul(sym.Const(2)).Add(sym.Const(2)), 1, true},
		{"more and more", sym.Facts{}, h.Mul(sym.Const(2)), 0, false},
		{"many more, a known number", sym.Facts{}, half.Mul(sym.Const(2)).Add(sym.Const(40)), 20, true},
	} {
		f := &ir.Func{Facts: row.facts}
		x := f.AddInput("x", op.Tensor(tensor.F32, sym.Const(1), sym.Const(8), half, half))
		w := f.AddInput("w", op.Tensor(tensor.F32, sym.Const(8), sym.Const(8), sym.Const(2), sym.Const(2)))
		y := f.NewValue(op.Tensor(tensor.F32, sym.Const(1), sym.Const(8), row.rows, row.rows), nil, 0)
		in := &ir.Instr{Op: op.Lookup("conv_dx"), Args: []*ir.Value{x, w, nil}, Outs: []*ir.Value{y},
			Attrs: op.Attrs{"stride": []int64{2, 2}, "dilation": []int64{1, 1}, "pad": []int64{0, 0, 0, 0}}}
		if halo, ok := Halo(in, f.Facts); ok != row.ok || halo != row.halo {
			t.Errorf("%s: got a halo of %d, %v, want %d, %v", row.name, halo, ok, row.halo, row.ok)
		}
	}
}

// TestHaloOfPads: the widest of the four sides decides, whichever it is.
func TestHaloOfPads(t *testing.T) {
	for side := range 4 {
		pads := []int64{1, 1, 1, 1}
		pads[side] = 3
		for _, name := range []string{"conv", "conv_dw"} {
			in := &ir.Instr{Op: op.Lookup(name), Attrs: op.Attrs{"pad": pads}}
			if halo, ok := Halo(in, sym.Facts{}); halo != 3 || !ok {
				t.Errorf("%s with pads %v: got a halo of %d, %v, want 3", name, pads, halo, ok)
			}
		}
	}
}

// TestHaloOfOnePixel: images of one pixel whose channels fill their blocks lie alike in both
// layouts, unless a kernel wants zeros around them, as the first layer of a generator of
// pictures does.
func TestHaloOfOnePixel(t *testing.T) {
	for _, row := range []struct{ taps, halo int64 }{{1, 0}, {4, 3}} {
		f := &ir.Func{}
		b := ir.NewBuilder(f)
		x := f.AddInput("x", op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(8), sym.Const(1), sym.Const(1)))
		w := b.One("param", op.Attrs{"name": "w", "shape": op.Tensor(tensor.F32, sym.Const(8), sym.Const(8), sym.Const(row.taps), sym.Const(row.taps)).Dims})
		v := f.NewValue(x.Type, nil, 0)
		v.Layout = ir.Layout{Block: ir.Blocked.Block}
		v.Def = &ir.Instr{Op: op.Lookup("relayout"), Args: []*ir.Value{x}, Outs: []*ir.Value{v}}
		f.Instrs = append(f.Instrs, v.Def)
		shape := op.Tensor(tensor.F32, sym.Symbol("N"), sym.Const(8), sym.Const(row.taps), sym.Const(row.taps)).Dims
		b.One("conv_dx", op.Attrs{"shape": shape}, v, w)
		if !ir.IsView(v.Def) {
			t.Fatal("the relayout is no view to begin with")
		}
		PinHalos(f)
		if int64(v.Layout.Halo) != row.halo || ir.IsView(v.Def) != (row.halo == 0) {
			t.Errorf("%d taps: got a halo of %d, a view: %t; want a halo of %d", row.taps, v.Layout.Halo, ir.IsView(v.Def), row.halo)
		}
	}
}
