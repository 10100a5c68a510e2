package check

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
)

// compare answers true, false, or undecided when it depends on the caller.
func (f *frame) compare(x *syntax.Binary, a, b value) value {
	if n, ok := f.equalLists(x, a, b); ok {
		return n
	}
	p, pok := numberOf(a)
	q, qok := numberOf(b)
	if pok && qok {
		c := p.compare(q)
		sa, aset := a.(size)
		sb, bset := b.(size)
		if aset && bset && sa.set != sb.set && c == 0 {
			c = 1 // same size, other names
			if x.Op != "==" && x.Op != "!=" {
				c = 0
			}
		}
		return ordered(x.Op, c)
	}
	s, sok := sizeOf(a)
	t, tok := sizeOf(b)
	if sok && tok {
		return f.compareSizes(x.Op, s, t)
	}
	if x.Op == "==" || x.Op == "!=" {
		if w, ok := a.(word); ok { // in the prelude, an option against its name
			a = text(w)
		}
		switch a.(type) {
		case text, bool:
			if fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) {
				return (a == b) == (x.Op == "==")
			}
		}
	}
	return f.fail(x.OpAt, "E0211", fmt.Sprintf("`%s` cannot compare %s with %s", x.Op, f.kindOf(a), f.kindOf(b)), "", "")
}

func ordered(op string, c int) bool {
	switch op {
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// equalLists compares lists and tuples element by element.
func (f *frame) equalLists(x *syntax.Binary, a, b value) (value, bool) {
	l, m := elements(a), elements(b)
	if l == nil || m == nil || x.Op != "==" && x.Op != "!=" {
		return nil, false
	}
	if len(l) != len(m) {
		return x.Op == "!=", true
	}
	eq := &syntax.Binary{At: x.At, Op: "==", OpAt: x.OpAt, Left: x.Left, Right: x.Right}
	for i := range l {
		if f.c.budget--; f.c.budget < 0 {
			return f.tooMuch(x.Where), true
		}
		switch r := f.compareIn(eq, l[i], m[i]).(type) {
		case bool:
			if !r {
				return x.Op == "!=", true
			}
		default:
			return r, true
		}
	}
	return x.Op == "==", true
}

// compareIn compares elements; a plain size and a set of that size are equal
// there, as in shape(x) == [8, 10].
func (f *frame) compareIn(x *syntax.Binary, a, b value) value {
	if isPoison(a) || isPoison(b) {
		return poison{}
	}
	return f.compare(x, a, b)
}

// elements returns the values of a list or tuple, nil for anything else.
func elements(v value) []value {
	switch v := v.(type) {
	case list:
		return append([]value{}, v...)
	case tuple:
		return append([]value{}, v...)
	}
	return nil
}

func (f *frame) compareSizes(op string, a, b size) value {
	d := a.e.Mul(sym.Const(b.den)).Sub(b.e.Mul(sym.Const(a.den)))
	if op == "==" || op == "!=" {
		if f.prove(d, sym.Const(0)).Proved {
			return op == "=="
		}
	}
	if lo, hi, ok := sym.Range(d, f.facts()); ok {
		switch {
		case lo > 0:
			return ordered(op, 1)
		case hi < 0:
			return ordered(op, -1)
		case lo >= 0 && op == ">=", hi <= 0 && op == "<=":
			return true
		case lo >= 0 && op == "<", hi <= 0 && op == ">":
			return false
		}
	}
	u := undecided{}
	if s := d.Symbols(); len(s) > 0 {
		u.symbol = s[0]
	}
	return u
}
