package viz

import (
	"cmp"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// lifetime is a value of the arena: where it lies and from which instruction to
// which.
type lifetime struct {
	v           *ir.Value
	first, last int
	lo, size    int64
}

// stageAt names the stage of instruction t, or the operation where it has none, or says that
// it is behind the last one.
func stageAt(f *ir.Func, t int) string {
	switch {
	case t >= len(f.Instrs):
		return "the end"
	case f.Instrs[t].Stage != "":
		return f.Instrs[t].Stage
	}
	return f.Instrs[t].Op.Name
}

// occupied returns the bytes in use at each step; where values share them, as results in
// place and parts do, they count once.
func occupied(lives []lifetime, steps int) []int64 {
	lives = slices.Clone(lives)
	slices.SortStableFunc(lives, func(a, b lifetime) int { return cmp.Compare(a.lo, b.lo) })
	bytes, top := make([]int64, steps), make([]int64, steps)
	for _, l := range lives {
		for t := l.first; t <= l.last && t < steps; t++ {
			bytes[t] += max(0, l.lo+l.size-max(l.lo, top[t]))
			top[t] = max(top[t], l.lo+l.size)
		}
	}
	return bytes
}

// lifetimes returns the values of f that own bytes of its arena, in the order in
// which they are made; a view lengthens the life of what it names anew.
func lifetimes(f *ir.Func, at ir.Placement) []lifetime {
	var lives []lifetime
	index := map[*ir.Value]int{} // in lives
	read := func(v *ir.Value, i int) {
		for v != nil && v.Def != nil && (ir.IsView(v.Def) || ir.IsPart(v.Def)) {
			v = v.Def.Args[0]
		}
		if n, ok := index[v]; ok {
			lives[n].last = i
		}
	}
	for i, in := range f.Instrs {
		for _, a := range in.Args {
			read(a, i)
		}
		if ir.IsView(in) || ir.IsPart(in) {
			continue
		}
		for _, v := range in.Outs {
			lo, err1 := at.Offset(v.Mem)
			size, err2 := at.Size(v.Mem)
			if v.Mem.Space != ir.ArenaSpace || err1 != nil || err2 != nil {
				continue
			}
			index[v] = len(lives)
			lives = append(lives, lifetime{v: v, first: i, last: i, lo: lo, size: size})
		}
	}
	for _, r := range f.Results {
		read(r.Value, len(f.Instrs))
	}
	for n := range lives {
		lives[n].widen(f)
	}
	return lives
}

// widen makes a value that enters or leaves a segment live through all of it: its groups
// take turns.
func (l *lifetime) widen(f *ir.Func) {
	for i, s := range f.Segments {
		if l.v.Mem.Segment == i+1 {
			continue
		}
		if l.first >= s.First && l.first <= s.Last {
			l.first = s.First
		}
		if l.last >= s.First && l.last <= s.Last {
			l.last = s.Last
		}
	}
}

// steps returns for each instruction, and for the end, how many before it do something:
// those that name data, and updates, which a training does all in one, are no steps.
func steps(f *ir.Func) []int {
	out := make([]int, len(f.Instrs)+2)
	for i, in := range f.Instrs {
		out[i+1] = out[i]
		if !ir.IsView(in) && !ir.IsPart(in) && in.Op.Effect == op.Pure && in.Op.Name != "const" && in.Op.Name != "iota" && !atLoad(in) {
			out[i+1]++
		}
	}
	out[len(f.Instrs)+1] = out[len(f.Instrs)] + 1
	return out
}

// atLoad reports whether in runs when a model is made.
func atLoad(in *ir.Instr) bool {
	return slices.ContainsFunc(in.Outs, func(v *ir.Value) bool { return v.Mem.Space == ir.SetupSpace })
}

// usualBatch is the batch of the section that f is a step or an evaluation of, one for all
// other functions.
func usualBatch(m *ir.Module, f *ir.Func) int64 {
	for _, t := range m.Trains {
		if t.Batch > 1 && (t.Loss == f.Name || t.Eval == f.Name) {
			return int64(t.Batch)
		}
	}
	return 1
}

// sample gives every symbol of f a value: batch for that of its samples, 256 for other
// sizes, which the where-clauses of published networks allow.
func sample(f *ir.Func, batch int64) map[string]int64 {
	env := map[string]int64{"N": batch}
	for _, v := range f.Inputs {
		for i, d := range v.Type.Dims {
			for _, s := range d.Size.Symbols() {
				if _, ok := env[s]; !ok && i > 0 {
					env[s] = 256
				} else if !ok {
					env[s] = batch
				}
			}
		}
	}
	return env
}

// work is what an instruction costs.
type work struct{ macs, bytes int64 }

func cost(in *ir.Instr, env map[string]int64) work {
	value := func(e sym.Expr) int64 {
		n, err := e.Eval(env)
		if err != nil {
			return 0
		}
		return n
	}
	var w work
	for _, vs := range [][]*ir.Value{in.Args, in.Outs} {
		for _, v := range vs {
			if v != nil && !ir.IsView(in) && !ir.IsPart(in) {
				w.bytes += value(v.Bytes())
			}
		}
	}
	w.macs = value(in.MACs())
	return w
}
