package sym

import "maps"

// Adopt gives the symbol that is a the promises of other about the symbol that is b,
// besides its own: the larger minimum, the smaller maximum, a common multiple of the
// divisors. It does nothing when either is no single symbol.
func (f *Facts) Adopt(a, b Expr, other Facts) {
	from, ok1 := a.symbol()
	to, ok2 := b.symbol()
	if !ok1 || !ok2 {
		return
	}
	set := func(m *map[string]int64, v int64) {
		*m = maps.Clone(*m)
		if *m == nil {
			*m = map[string]int64{}
		}
		(*m)[from] = v
	}
	if v, ok := other.Min[to]; ok {
		if own, ok := f.Min[from]; ok {
			v = max(v, own)
		}
		set(&f.Min, v)
	}
	if v, ok := other.Max[to]; ok {
		if own, ok := f.Max[from]; ok {
			v = min(v, own)
		}
		set(&f.Max, v)
	}
	if d := other.divisor(to); d > 1 {
		own := f.divisor(from)
		if both, ok := mulInt(d/gcd(d, own), own); ok {
			set(&f.Divides, both)
		}
	}
}

// symbol returns the name of a when it is one symbol.
func (a Expr) symbol() (string, bool) {
	if a.over || len(a.terms) != 1 || a.terms[0].coef != 1 || len(a.terms[0].factors) != 1 || a.terms[0].factors[0].kind != symbolAtom {
		return "", false
	}
	return a.terms[0].key, true
}
