package memory

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// gradients returns the values that are computed right into the memory of gradients,
// which has a place for each state that an optimiser changes: what its update reads, or
// what that is a view of. There they take no part of the arena from backward to update.
// A value that two updates read lies beside the first state; parts of a concatenation
// stay in the arena with it, since their producers write into the whole.
func gradients(f *ir.Func, slots map[*ir.Value]slot) map[*ir.Value]bool {
	out := map[*ir.Value]bool{}
	for _, in := range f.Instrs {
		if in.Op.Effect != op.Update || in.Attrs.String("rule") == "assign" {
			continue
		}
		v := in.Args[0]
		for v.Def != nil && ir.IsView(v.Def) {
			v = v.Def.Args[0]
		}
		if _, part := slots[v]; part || v.Def == nil || v.Def.Op.Name == "concat" || v.Mem.Space == ir.SetupSpace {
			continue
		}
		if _, fixed := v.Bytes().IsConst(); fixed {
			out[v] = true
		}
	}
	return out
}
