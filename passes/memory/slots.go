package memory

import (
	"github.com/netc-lang/netc/ir"
)

// slot is where a value lies that is computed inside a larger one: at the channel
// Channel of each image of Root.
type slot struct {
	root    *ir.Value
	channel int64
}

// slots finds the operands of concatenations of channels that can be computed where
// the result wants them, and the slices of channels that lie in their operand. An
// operand lies in one result only, its channels begin a block there, and only the last
// one's may end inside one.
func slots(f *ir.Func) map[*ir.Value]slot {
	in := map[*ir.Value]slot{}
	taken := map[*ir.Value]bool{} // results of f keep storage of their own
	for _, r := range f.Results {
		taken[r.Value] = true
	}
	for _, i := range f.Instrs {
		if ir.IsPart(i) {
			in[i.Outs[0]] = slot{i.Args[0], i.Attrs.Int("start")}
			continue
		}
		if i.Op.Name != "concat" || i.Outs[0].Layout.Plain() {
			continue
		}
		at := int64(0)
		for k, x := range i.Args {
			m := x.Map()
			if at%8 == 0 && (m.C%8 == 0 || k == len(i.Args)-1) && !taken[x] && placeable(x) {
				in[x] = slot{i.Outs[0], at}
				taken[x] = true
			}
			at += m.C
		}
	}
	return in
}

// placeable reports whether the kernel that computes v writes only the blocks of v,
// and v is no other name of something else.
func placeable(v *ir.Value) bool { return v.Def != nil && !ir.IsView(v.Def) && !ir.IsPart(v.Def) }

// root returns the value whose storage holds v.
func root(in map[*ir.Value]slot, v *ir.Value) *ir.Value {
	for {
		s, ok := in[v]
		if !ok {
			return v
		}
		v = s.root
	}
}

// channelOf returns where v begins in its root.
func channelOf(in map[*ir.Value]slot, v *ir.Value) int64 {
	at := int64(0)
	for {
		s, ok := in[v]
		if !ok {
			return at
		}
		at += s.channel
		v = s.root
	}
}
