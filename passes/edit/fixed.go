package edit

import (
	"slices"

	"github.com/netc-lang/netc/ir"
)

// Fixed returns the values of f that depend on states and constants only: the same in
// every call until the states change. A function that updates states has none.
func Fixed(f *ir.Func) map[*ir.Value]bool {
	set := map[*ir.Value]bool{}
	if f.Kind == ir.Loss || f.Kind == ir.TrainStep {
		return set
	}
	for _, in := range f.Instrs {
		AddFixed(set, in)
	}
	return set
}

// AddFixed adds the results of in if all its operands are in set.
func AddFixed(set map[*ir.Value]bool, in *ir.Instr) {
	if len(in.Args) == 0 && !slices.Contains([]string{"param", "buffer", "const", "iota"}, in.Op.Name) {
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
