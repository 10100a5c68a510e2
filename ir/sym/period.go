package sym

import "slices"

// The proof rests on this: where no minimum or maximum changes sides, an expression
// is a quasi-polynomial in each symbol: with H = m*h + r for a suitable period m,
// every floor becomes a polynomial in h with integer coefficients.

// maxPeriod bounds periods, degrees and thresholds that are worth computing: far
// more points than a proof may evaluate.
const maxPeriod = 1 << 24

// period returns an m for which that holds; false when it is beyond maxPeriod.
func (a Expr) period(name string) (int64, bool) { return a.periodOver(name, 1) }

// periodOver is the period of floor(a/d): below the bar each coefficient must
// become a multiple of d.
func (a Expr) periodOver(name string, d int64) (int64, bool) {
	m := int64(1)
	for _, t := range a.terms {
		p, found := int64(1), false
		for _, f := range t.factors {
			if f.kind == symbolAtom {
				found = found || f.key == name
				continue
			}
			for _, x := range f.args {
				if !x.has(name) {
					continue
				}
				q, ok := x.periodOver(name, max(f.d, 1))
				if ok {
					p, ok = lcm(p, q)
				}
				if !ok || p > maxPeriod {
					return 0, false
				}
				found = true
			}
		}
		if !found {
			continue
		}
		p, ok := mulInt(p, d/gcd(t.coef, d))
		if ok {
			m, ok = lcm(m, p)
		}
		if !ok || m > maxPeriod {
			return 0, false
		}
	}
	return m, true
}

// degree returns the largest power of name in a.
func (a Expr) degree(name string) int64 {
	var most int64
	for _, t := range a.terms {
		var n int64
		for _, f := range t.factors {
			if f.kind == symbolAtom && f.key == name {
				n++
			}
			var inner int64
			for _, x := range f.args {
				inner = max(inner, x.degree(name))
			}
			n += inner
		}
		most = max(most, n)
	}
	return most
}

func (a Expr) has(name string) bool {
	return a.deep(func(f *atom) bool { return f.kind == symbolAtom && f.key == name })
}

// settled returns a value of name from which on no minimum or maximum of a changes
// sides. ok is false where one depends on several symbols or on products of floors.
func (a Expr) settled(name string) (from int64, ok bool) {
	ok = true
	a.deep(func(f *atom) bool {
		if !isExtreme(f) {
			return false
		}
		for i, x := range f.args {
			for _, y := range f.args[:i] {
				n, fits := x.Sub(y).lastSign(name, 6)
				if !fits {
					ok = false
					return true
				}
				from = max(from, n)
			}
		}
		return false
	})
	return from, ok
}

// lastSign returns a value of name from which on a keeps its sign: a is a polynomial
// and a bounded periodic part, and the polynomial wins in the end. A constant leaves
// the periodic part, whose sign belongs to the residue class.
func (a Expr) lastSign(name string, depth int) (int64, bool) {
	if !a.has(name) {
		return 0, true
	}
	if a.over || len(a.Symbols()) > 1 {
		return 0, false
	}
	if g := a.innermost(); g != nil {
		// from some value on, g is one of its arguments
		var most int64
		for _, x := range g.args {
			n, ok := a.rewrite(func(h *atom) (Expr, bool) { return x, h.key == g.key }).lastSign(name, depth-1)
			if !ok || depth == 0 {
				return 0, false
			}
			most = max(most, n)
		}
		return most, true
	}
	r, ok := relax(a)
	if !ok {
		return 0, false
	}
	// Cauchy: beyond 1 + the largest quotient by the leading coefficient, the leading
	// term outweighs the rest.
	if min(r.lo, -r.hi) < -1<<60 {
		return 0, false
	}
	wide, lead, power := max(-r.lo, r.hi, 0), int64(0), 0
	for _, t := range r.sum.terms {
		if slices.ContainsFunc(t.factors, func(f *atom) bool { return f.kind != symbolAtom }) {
			return 0, false
		}
		c := max(t.coef, -t.coef)
		if n := len(t.factors); n > power {
			lead, power = c, n
		}
		wide = max(wide, c)
		if c < 0 || c > 1<<60 || wide > 1<<60 {
			return 0, false
		}
	}
	if power == 0 {
		return 0, true
	}
	n := 2*wide/lead + 2
	return n, n <= maxPeriod
}
