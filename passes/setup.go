package passes

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
)

// setup marks what depends on states and constants only in functions that do not
// train, and puts it first: it is computed when a model is loaded, or again when
// the states have changed. Values whose size depends on an input stay where they
// are.
func setup(m *ir.Module, _ target.Desc) (string, error) {
	n := 0
	for _, f := range m.Funcs {
		set := edit.Fixed(f)
		var first, rest []*ir.Instr
		for _, in := range f.Instrs {
			switch {
			case len(in.Outs) == 0 || slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return !set[v] || len(v.Type.Elems().Symbols()) > 0 }):
				for _, v := range in.Outs {
					delete(set, v)
				}
				rest = append(rest, in)
			case isStored(in) || isViewOfState(in):
				first = append(first, in)
			case slices.ContainsFunc(in.Args, func(a *ir.Value) bool { return a != nil && !set[a] }):
				for _, v := range in.Outs {
					delete(set, v)
				}
				rest = append(rest, in)
			default:
				first = append(first, in)
				for _, v := range in.Outs {
					v.Mem.Space = ir.SetupSpace
				}
				n++
			}
		}
		f.Instrs = append(first, rest...)
	}
	return fmt.Sprintf("%d instructions", n), nil
}

// isStored reports whether the results of in are storage already.
func isStored(in *ir.Instr) bool { return isState(in) || in.Op.Name == "const" }

func isState(in *ir.Instr) bool { return in.Op.Name == "param" || in.Op.Name == "buffer" }

// isViewOfState reports whether in gives another shape to a parameter or buffer.
func isViewOfState(in *ir.Instr) bool {
	return in.Op.Name == "reshape" && in.Args[0].Def != nil && isState(in.Args[0].Def)
}
