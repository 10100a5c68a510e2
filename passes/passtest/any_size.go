package passtest

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// AnySize returns the inference of a network of [Pictures] for pictures of any height and
// width, H and W: its operations are those of m, as far as they go. Where one asks for
// sizes of which equal numbers say more than symbols, the network ends before it, in all
// maps that nothing reads. The weights are those of m.
func AnySize(m *ir.Module) *ir.Module {
	old := m.Funcs[0]
	f := &ir.Func{Name: old.Name, Net: old.Net, Kind: ir.Infer, Facts: old.Facts}
	b := ir.NewBuilder(f)
	of := map[*ir.Value]*ir.Value{}
	for _, v := range old.Inputs {
		t := op.Type{DType: v.Type.DType, Dims: append([]op.Dim{}, v.Type.Dims...)}
		t.Dims[2].Size, t.Dims[3].Size = sym.Symbol("H"), sym.Symbol("W")
		of[v] = f.AddInput(v.Name, t)
	}
	read := map[*ir.Value]bool{}
	for _, in := range old.Instrs {
		args := make([]*ir.Value, len(in.Args))
		missing := false
		for i, a := range in.Args {
			if a != nil {
				args[i] = of[a]
				missing = missing || args[i] == nil
			}
		}
		if missing {
			continue
		}
		attrs, ok := loosen(in, args)
		if !ok {
			continue
		}
		b.Pos, b.Stage = in.Pos, in.Stage
		outs, err := b.TryEmit(in.Op.Name, attrs, args...)
		if err != nil {
			continue
		}
		for i, v := range in.Outs {
			of[v] = outs[i]
		}
		for _, a := range args {
			read[a] = true
		}
	}
	for _, in := range f.Instrs {
		if v := in.Outs[0]; !read[v] && v.Type.Rank() == 4 && v.Type.DType == tensor.F32 && len(in.Args) > 0 {
			f.Results = append(f.Results, ir.Result{Name: fmt.Sprintf("map%d", len(f.Results)), Value: v})
		}
	}
	return &ir.Module{Name: m.Name, Source: m.Source, Funcs: []*ir.Func{f}, States: m.States}
}

// loosen returns the attributes of in for operands whose sizes are symbols; ok is false
// where they hold for one size only.
func loosen(in *ir.Instr, args []*ir.Value) (a op.Attrs, ok bool) {
	if in.Op.Name == "gather" || in.Op.Name == "topk" { // which ask for so many of an axis
		_, fixed := args[0].Type.Dims[in.Attrs.Int("axis")].Size.IsConst()
		return in.Attrs, fixed
	}
	shape, shaped := in.Attrs["shape"].([]op.Dim)
	if !shaped || in.Op.Name == "param" || in.Op.Name == "buffer" {
		return in.Attrs, true
	}
	if in.Op.Name != "conv_dx" {
		_, fixed := in.Args[0].Type.Elems().IsConst() // of weights
		return in.Attrs, fixed
	}
	a = op.Attrs{}
	for name, v := range in.Attrs {
		a[name] = v
	}
	loose := append([]op.Dim{}, shape...)
	for i := 2; i < 4; i++ { // what is beyond the steps of the stride stays
		stride := sym.Const(in.Attrs.Ints("stride")[i-2])
		beyond := shape[i].Size.Sub(in.Args[0].Type.Dims[i].Size.Mul(stride))
		loose[i].Size = args[0].Type.Dims[i].Size.Mul(stride).Add(beyond)
	}
	a["shape"] = loose
	return a, true
}
