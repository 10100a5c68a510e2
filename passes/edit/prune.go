package edit

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// Prune drops the instructions whose results nobody reads and returns their
// number. Updates stay, and so do inputs of the function.
func Prune(f *ir.Func) int {
	live := map[*ir.Value]bool{}
	for _, r := range f.Results {
		live[r.Value] = true
	}
	keep := make([]bool, len(f.Instrs))
	for i, in := range slices.Backward(f.Instrs) {
		keep[i] = in.Op.Effect == op.Update || slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return live[v] })
		if !keep[i] {
			continue
		}
		for _, a := range in.Args {
			live[a] = true
		}
	}
	old := f.Instrs
	f.Instrs = old[:0:0]
	for i, in := range old {
		if keep[i] {
			f.Instrs = append(f.Instrs, in)
		}
	}
	return len(old) - len(f.Instrs)
}
