package memory

import "github.com/netc-lang/netc/ir"

// Size returns the bytes of the arena of f, which is [Linear], as its instructions
// stand, for a batch of n. It leaves f as it was.
//
// Errors: those of [Run].
func Size(f *ir.Func, n, align int64) (int64, error) {
	defer restore(f)()
	if _, err := plan(f, align, false); err != nil {
		return 0, err
	}
	symbol, _ := batchSymbol(f)
	return f.Memory.Arena.Eval(map[string]int64{symbol: n})
}

// restore returns what puts the plan, the places and the layouts of f back.
func restore(f *ir.Func) func() {
	type was struct {
		mem    ir.Mem
		layout ir.Layout
	}
	memory, all := f.Memory, map[*ir.Value]was{}
	keep := func(vs []*ir.Value) {
		for _, v := range vs {
			all[v] = was{v.Mem, v.Layout}
		}
	}
	keep(f.Inputs)
	for _, in := range f.Instrs {
		keep(in.Outs)
		for _, b := range in.Body {
			keep(b.Outs)
		}
	}
	return func() {
		f.Memory = memory
		for v, w := range all {
			v.Mem, v.Layout = w.mem, w.layout
		}
	}
}
