package passes

import (
	"github.com/netc-lang/netc/ir"
)

// fixed returns the values of f that depend on states and constants only: the
// same in every call until the states change. A function that updates states has
// none.
func fixed(f *ir.Func) map[*ir.Value]bool {
	set := map[*ir.Value]bool{}
	if f.Kind == ir.Loss || f.Kind == ir.TrainStep {
		return set
	}
	for _, in := range f.Instrs {
		addFixed(set, in)
	}
	return set
}

// addFixed adds the results of in if all its operands are in set.
func addFixed(set map[*ir.Value]bool, in *ir.Instr) {
	if len(in.Args) == 0 && in.Op.Name != "param" && in.Op.Name != "buffer" && in.Op.Name != "const" && in.Op.Name != "iota" {
		return
	}
	for _, a := range in.Args {
		if a != nil && !set[a] {
			return
		}
	}
	for _, v := range in.Outs {
		set[v] = true
	}
}
