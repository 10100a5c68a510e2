package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/sym"
)

// facts returns what is known about the symbols of the net.
func (f *frame) facts() sym.Facts {
	if f.g == nil {
		return sym.Facts{}
	}
	return f.g.graph.Facts
}

func (f *frame) prove(a, b sym.Expr) sym.Verdict {
	if a.Equal(b) {
		return sym.Verdict{Proved: true}
	}
	return sym.ProveEqual(a, b, f.facts())
}

// wholeSize returns v as a size without a denominator; an obligation that cannot
// be met is E0203.
func (f *frame) wholeSize(v value, span diag.Span) (size, bool) {
	if isPoison(v) {
		return size{}, false
	}
	s, ok := sizeOf(v)
	if !ok {
		f.fail(span, "E0211", "a size is a whole number, and this is "+f.kindOf(v), "", "")
		return s, false
	}
	if n, is := s.e.IsConst(); is {
		if n%s.den != 0 {
			f.fail(span, "E0203", fmt.Sprintf("a size is a whole number, and this is %s", quotient(n, s.den)), "",
				"round it with floor( ) or ceil( ), or choose sizes that divide")
			return s, false
		}
		if n < 0 {
			f.fail(span, "E0214", fmt.Sprintf("a size cannot be %d", n/s.den), "", "")
			return s, false
		}
		s.e, s.den = sym.Const(n/s.den), 1
		return s, true
	}
	if s.den == 1 {
		return s, true
	}
	verdict := f.prove(s.e.Mod(s.den), sym.Const(0))
	if verdict.Proved {
		return size{e: s.e.FloorDiv(s.den), den: 1, set: s.set}, true
	}
	label, hint := "", "round it with floor( ) or ceil( )"
	if len(verdict.Counterexample) > 0 {
		if n, err := s.e.Eval(verdict.Counterexample); err == nil {
			label = fmt.Sprintf("for %s it is %s", example(verdict.Counterexample), quotient(n, s.den))
		}
	}
	if verdict.RepairModulus > 1 {
		hint = f.repairHint(verdict)
	}
	f.fail(span, "E0203", fmt.Sprintf("%s is not always whole", s), label, hint)
	return s, false
}

func (f *frame) repairHint(v sym.Verdict) string {
	return fmt.Sprintf("add `where %s %% %d == 0` to `%s` (the smallest modulus that works)", v.RepairSymbol, v.RepairModulus, f.netName())
}

// example prints a counterexample: H = 8, W = 3.
func example(env map[string]int64) string {
	set := map[string]bool{}
	for n := range env {
		set[n] = true
	}
	out := ""
	for i, n := range sorted(set) {
		if i > 0 {
			out += ", "
		}
		out += fmt.Sprintf("%s = %d", n, env[n])
	}
	return out
}
