package edit

import (
	"github.com/netc-lang/netc/ir"
)

// substitution maps values to what replaces them.
type substitution map[*ir.Value]*ir.Value

// resolve follows replacements of replacements; nil stays nil.
func (s substitution) resolve(v *ir.Value) *ir.Value {
	for {
		next, ok := s[v]
		if !ok {
			return v
		}
		v = next
	}
}

// instr replaces the operands of one instruction and of its body.
func (s substitution) instr(in *ir.Instr) {
	for i, a := range in.Args {
		in.Args[i] = s.resolve(a)
	}
	for _, b := range in.Body {
		s.instr(b)
	}
}

// Rewriter looks at one instruction, whose operands are already the new ones.
// It returns the values that take the place of the results, or ok false to keep
// the instruction. What it emits through b comes before whatever follows, and
// inherits the source position of in.
type Rewriter func(b *ir.Builder, in *ir.Instr) (outs []*ir.Value, ok bool)

// Rebuild writes f anew in the same order and returns how many instructions were
// replaced. A nil in the outs of a rewriter stands for a result that nobody
// reads.
func Rebuild(f *ir.Func, rewrite Rewriter) int {
	old := f.Instrs
	f.Instrs = make([]*ir.Instr, 0, len(old))
	b := ir.NewBuilder(f)
	sub := substitution{}
	n := 0
	for _, in := range old {
		sub.instr(in)
		b.Pos, b.Stage = in.Pos, in.Stage
		outs, ok := rewrite(b, in)
		if !ok {
			f.Instrs = append(f.Instrs, in)
			continue
		}
		n++
		for i, v := range outs {
			if v != nil && v != in.Outs[i] {
				sub[in.Outs[i]] = v
			}
		}
	}
	for i := range f.Results {
		f.Results[i].Value = sub.resolve(f.Results[i].Value)
	}
	return n
}

// Readers counts how often each value is read: as an operand (once per operand
// position) or as a result of f. Operands of bodies count for the region that
// holds them only.
func Readers(f *ir.Func) map[*ir.Value]int {
	n := map[*ir.Value]int{}
	for _, in := range f.Instrs {
		for _, a := range in.Args {
			if a != nil {
				n[a]++
			}
		}
	}
	for _, r := range f.Results {
		n[r.Value]++
	}
	return n
}
