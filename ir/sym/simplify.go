package sym

// mark ends the name of the quotient H/m that stands for a symbol H with the fact
// H % m == 0. No symbol of a source has it.
const mark = "%"

// Simplify returns an expression with the value of a wherever f holds, in a normal
// form that knows f: with H % 16 == 0, 8*floor(H/8) is H and floor(H/8) is
// 2*floor(H/16); with H <= 64, min(H, 100) is H. Two sizes that differ only in
// what f says become Equal, so types are simplified once and compared cheaply.
func Simplify(a Expr, f Facts) Expr {
	names := a.Symbols()
	if a.over || !f.consistent(names) {
		return a
	}
	if len(f.Divides) == 0 && !a.deep(isExtreme) {
		return a
	}
	// What Restore finds equal may order another minimum.
	for range 4 {
		next := f.Restore(f.Substitute(a).rewrite(func(g *atom) (Expr, bool) {
			if !isExtreme(g) {
				return Expr{}, false
			}
			kept := undominated(g.kind, g.args, f.quotientBounds)
			return extreme(g.kind, kept), len(kept) < len(g.args)
		}))
		if next.over || next.Equal(a) {
			break
		}
		a = next
	}
	return a
}

// Substitute writes H as m times a quotient wherever f says H % m == 0. On the
// result every operation of this package knows the fact; Restore returns to H.
func (f Facts) Substitute(a Expr) Expr {
	var quotients map[string]Expr
	if len(f.Divides) == 0 {
		return a
	}
	for _, n := range a.Symbols() {
		if d := f.divisor(n); d > 1 {
			if quotients == nil {
				quotients = map[string]Expr{}
			}
			quotients[n] = Symbol(n + mark).scale(d)
		}
	}
	if quotients == nil {
		return a
	}
	return a.Subst(quotients)
}

// quotientBounds is bounds for symbols that may be quotients.
func (f Facts) quotientBounds(name string) (lo, hi int64) {
	n := len(name) - len(mark)
	if n < 0 || name[n:] != mark {
		return f.bounds(name)
	}
	lo, hi = f.bounds(name[:n])
	d := f.divisor(name[:n])
	if lo /= d; hi != inf {
		hi /= d
	}
	return lo, hi
}

// Restore writes the quotients of Substitute as H or floor(H/m) again: m times a
// quotient is H wherever the coefficient allows it.
func (f Facts) Restore(a Expr) Expr {
	if a.over || len(f.Divides) == 0 {
		return a
	}
	var sum Expr
	for _, t := range a.terms {
		c, p := t.coef, Const(1)
		for _, g := range t.factors {
			n := len(g.key) - len(mark)
			switch {
			case g.kind == floorAtom:
				p = p.Mul(f.Restore(g.args[0]).FloorDiv(g.d))
			case g.kind != symbolAtom:
				args := make([]Expr, len(g.args))
				for i, x := range g.args {
					args[i] = f.Restore(x)
				}
				p = p.Mul(extreme(g.kind, args))
			case n < 0 || g.key[n:] != mark:
				p = p.Mul(ofAtom(g))
			default:
				name := g.key[:n]
				if d := f.divisor(name); c%d == 0 {
					c /= d
					p = p.Mul(Symbol(name))
				} else {
					p = p.Mul(Symbol(name).FloorDiv(d))
				}
			}
		}
		sum = sum.Add(p.scale(c))
	}
	return sum
}

func isExtreme(f *atom) bool { return f.kind == minAtom || f.kind == maxAtom }

// deep reports whether an atom at any depth is as asked.
func (a Expr) deep(is func(*atom) bool) bool {
	for _, t := range a.terms {
		for _, f := range t.factors {
			if is(f) {
				return true
			}
			for _, x := range f.args {
				if x.deep(is) {
					return true
				}
			}
		}
	}
	return false
}
