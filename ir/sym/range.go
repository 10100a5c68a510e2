package sym

import (
	"math"
	"slices"
)

// The ends of an interval that has none. Finite ends stay within maxBound, so that
// an end that was rounded to it is still an end.
const (
	inf      = math.MaxInt64
	maxBound = math.MaxInt64 - 1
)

// Range returns bounds of a for all symbols that f allows: lo <= a <= hi. An
// unbounded side is math.MinInt64 or math.MaxInt64. The bounds are exact for sums
// of symbols and single floors of them, and may be wide where one symbol occurs
// several times. ok is false when f allows no value at all or a overflowed.
func Range(a Expr, f Facts) (lo, hi int64, ok bool) {
	if a.over || !f.consistent(a.Symbols()) {
		return 0, 0, false
	}
	if lo, hi = interval(a, f.bounds); lo == -inf {
		lo = math.MinInt64
	}
	return lo, hi, true
}

// boundsOf gives the bounds of a symbol. Nil knows nothing.
type boundsOf func(name string) (lo, hi int64)

// interval bounds a twice and keeps the tighter ends: atom by atom, and with each
// floor(x/d) replaced by (x - rest)/d with rest in [0, d), which sees that
// H - 2*floor(H/2) is 0 or 1.
//
// A common factor is taken out first, so that whole numbers are rounded to early.
func interval(a Expr, bounds boundsOf) (lo, hi int64) {
	if a.over {
		return -inf, inf
	}
	if g, x, c := a.factored(); g > 1 {
		lo, hi = interval(x, bounds)
		lo, hi = mulInterval(lo, hi, g, g)
		return addLow(lo, c), addHigh(hi, c)
	}
	lo, hi = direct(a, bounds)
	if r, ok := relax(a); ok && r.scale > 1 {
		l, h := direct(r.sum, bounds)
		l, h = addLow(l, r.lo), addHigh(h, r.hi)
		if l != -inf {
			lo = max(lo, ceilInt(l, r.scale))
		}
		if h != inf {
			hi = min(hi, floorInt(h, r.scale))
		}
	}
	return lo, hi
}

// factored writes a as g*x + c, with g as large as it can be.
func (a Expr) factored() (g int64, x Expr, c int64) {
	for _, t := range a.terms {
		switch {
		case t.key == "":
		case g == 0:
			if g = max(t.coef, -t.coef); g < 0 {
				return 1, a, 0
			}
		default:
			g = gcd(t.coef, g)
		}
	}
	if g < 2 {
		return 1, a, 0
	}
	x.terms = slices.Clone(a.terms)
	if c = a.constant(); c != 0 {
		x.terms = x.terms[:len(x.terms)-1]
	}
	for i := range x.terms {
		x.terms[i].coef /= g
	}
	return g, x, c
}

// direct adds the intervals of the terms.
func direct(a Expr, bounds boundsOf) (lo, hi int64) {
	for _, t := range a.terms {
		l, h := t.coef, t.coef
		for i := 0; i < len(t.factors); {
			n := 1
			for i+n < len(t.factors) && t.factors[i+n].key == t.factors[i].key {
				n++
			}
			fl, fh := t.factors[i].interval(bounds)
			pl, ph := fl, fh
			for range n - 1 {
				pl, ph = mulInterval(pl, ph, fl, fh)
			}
			if n%2 == 0 { // an even power is no smaller than 0
				pl = max(pl, 0)
			}
			l, h = mulInterval(l, h, pl, ph)
			i += n
		}
		lo, hi = addLow(lo, l), addHigh(hi, h)
	}
	return lo, hi
}

func (f *atom) interval(bounds boundsOf) (lo, hi int64) {
	switch f.kind {
	case symbolAtom:
		if bounds == nil {
			return -inf, inf
		}
		return bounds(f.key)
	case floorAtom:
		lo, hi = interval(f.args[0], bounds)
		if lo != -inf {
			lo = floorInt(lo, f.d)
		}
		if hi != inf {
			hi = floorInt(hi, f.d)
		}
		return lo, hi
	}
	lo, hi = interval(f.args[0], bounds)
	for _, x := range f.args[1:] {
		l, h := interval(x, bounds)
		if f.kind == minAtom {
			lo, hi = min(lo, l), min(hi, h)
		} else {
			lo, hi = max(lo, l), max(hi, h)
		}
	}
	return lo, hi
}

// relaxed stands for scale*a in [sum + lo, sum + hi].
type relaxed struct {
	sum    Expr
	scale  int64
	lo, hi int64
}

// relax removes the floors that stand alone in a term. ok is false on overflow.
func relax(a Expr) (relaxed, bool) {
	r := relaxed{scale: 1}
	for i, t := range a.terms {
		if len(t.factors) != 1 || t.factors[0].kind != floorAtom {
			continue
		}
		// coef*floor(x/d) = coef*(x - rest)/d
		f := t.factors[0]
		x, ok := relax(f.args[0])
		if !ok {
			return r, false
		}
		s, ok1 := mulInt(x.scale, f.d)
		below, ok2 := mulInt(x.scale, f.d-1)
		low, ok3 := addInt(x.lo, -below)
		if !ok1 || !ok2 || !ok3 {
			return r, false
		}
		if r, ok = r.add(relaxed{x.sum, s, low, x.hi}, t.coef); !ok {
			return r, false
		}
		a = Expr{terms: without(a.terms, i)}
		rest, ok := relax(a)
		if !ok {
			return r, false
		}
		return r.add(rest, 1)
	}
	r.sum = a
	return r, true
}

// add returns r + c*x.
func (r relaxed) add(x relaxed, c int64) (relaxed, bool) {
	scale, ok := lcm(r.scale, x.scale)
	if !ok {
		return r, false
	}
	m, n := scale/r.scale, scale/x.scale
	n, ok = mulInt(n, c)
	if !ok {
		return r, false
	}
	lo, hi := x.lo, x.hi
	if n < 0 {
		lo, hi = hi, lo
	}
	out := relaxed{sum: r.sum.scale(m).Add(x.sum.scale(n)), scale: scale}
	var fits [6]bool
	var p [4]int64
	p[0], fits[0] = mulInt(r.lo, m)
	p[1], fits[1] = mulInt(lo, n)
	p[2], fits[2] = mulInt(r.hi, m)
	p[3], fits[3] = mulInt(hi, n)
	out.lo, fits[4] = addInt(p[0], p[1])
	out.hi, fits[5] = addInt(p[2], p[3])
	return out, !out.sum.over && !slices.Contains(fits[:], false)
}

// addLow adds lower ends: a sum too large to hold is rounded down.
func addLow(a, b int64) int64 {
	if a == -inf || b == -inf {
		return -inf
	}
	return saturate(a, b, -inf, maxBound)
}

// addHigh adds upper ends: a sum too large to hold is rounded up.
func addHigh(a, b int64) int64 {
	if a == inf || b == inf {
		return inf
	}
	return saturate(a, b, -maxBound, inf)
}

func saturate(a, b, low, high int64) int64 {
	switch c, ok := addInt(a, b); {
	case !ok && a < 0 || ok && c < -maxBound:
		return low
	case !ok || c > maxBound:
		return high
	default:
		return c
	}
}

// mulInterval multiplies intervals; 0 times anything is 0.
func mulInterval(al, ah, bl, bh int64) (lo, hi int64) {
	lo, hi = inf, -inf
	for _, x := range [2]int64{al, ah} {
		for _, y := range [2]int64{bl, bh} {
			p, ok := mulInt(x, y)
			if x == inf || x == -inf || y == inf || y == -inf {
				ok = x == 0 || y == 0
			}
			switch {
			case ok && p <= maxBound && p >= -maxBound:
				lo, hi = min(lo, p), max(hi, p)
			case (x > 0) == (y > 0):
				lo, hi = min(lo, maxBound), inf
			default:
				lo, hi = -inf, max(hi, -maxBound)
			}
		}
	}
	return lo, hi
}
