package memory

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// gradients returns the values that are computed right into the memory of gradients,
// which has a place for each state that an optimiser changes: what its update reads, or
// what that is a view of, and the parts that it joins along its first axis. There they take
// no part of the arena from backward to update. Each has the byte at which it begins in the
// gradient of its state. A value that two updates read lies beside the first state; a
// concatenation of blocked images and its parts stay in the arena, since producers write
// into the whole.
func gradients(f *ir.Func, slots map[*ir.Value]slot) map[*ir.Value]int64 {
	out := map[*ir.Value]int64{}
	readers := map[*ir.Value]int{}
	for _, in := range f.Instrs {
		for _, a := range in.Args {
			readers[a]++
		}
	}
	for _, r := range f.Results {
		readers[r.Value]++
	}
	for _, in := range f.Instrs {
		if in.Op.Effect != op.Update || in.Attrs.String("rule") == "assign" {
			continue
		}
		v := in.Args[0]
		for v.Def != nil && ir.IsView(v.Def) {
			v = v.Def.Args[0]
		}
		if _, part := slots[v]; part || v.Def == nil || v.Def.Op.Name == "concat" && !v.Layout.Plain() || v.Mem.Space == ir.SetupSpace {
			continue
		}
		if _, fixed := v.Bytes().IsConst(); !fixed {
			continue
		}
		if _, beside := out[v]; beside {
			continue
		}
		out[v] = 0
		if v.Def.Op.Name != "concat" || v.Def.Attrs.Int("axis") != 0 {
			continue
		}
		at := int64(0)
		for _, x := range v.Def.Args {
			bytes, _ := x.Bytes().IsConst()
			if _, taken := out[x]; !taken && placeable(x) && readers[x] == 1 && !slices.Contains(unplaced, x.Def.Op.Name) && x.Mem.Space != ir.SetupSpace {
				out[x] = at
			}
			at += bytes
		}
	}
	return out
}

// unplaced are the operations whose results are no storage of their own.
var unplaced = []string{"param", "buffer", "const", "iota"}
