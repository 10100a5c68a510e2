package sym

import "fmt"

// FloorDiv returns floor(a/d) for d > 0: whole parts are taken out, common
// factors cancelled, a floor of a floor merged, a floor of a minimum distributed.
func (a Expr) FloorDiv(d int64) Expr {
	if d <= 0 {
		panic(fmt.Sprintf("sym: division by %d", d))
	}
	if d == 1 || a.over {
		return a
	}
	if c, ok := a.IsConst(); ok {
		return Const(floorInt(c, d))
	}
	whole, rest, d := split(a, d)
	if d == 1 {
		return whole.Add(rest)
	}
	if c, ok := rest.IsConst(); ok {
		return whole.Add(Const(floorInt(c, d)))
	}
	for i, t := range rest.terms {
		if len(t.factors) != 1 {
			continue
		}
		f := t.factors[0]
		others := Expr{terms: without(rest.terms, i)}
		switch {
		case f.kind == floorAtom && t.coef == 1:
			// floor((floor(x/e) + y)/d) = floor((x + e*y)/(e*d)) for an integer y
			e, ok := mulInt(f.d, d)
			if !ok {
				return overflow
			}
			return whole.Add(f.args[0].Add(others.scale(f.d)).FloorDiv(e))
		case isExtreme(f) && !others.hasExtreme():
			// the coefficient is positive, so floor((c*x + y)/d) is monotone in x
			args := make([]Expr, len(f.args))
			for j, x := range f.args {
				args[j] = x.scale(t.coef).Add(others).FloorDiv(d)
			}
			return whole.Add(extreme(f.kind, args))
		}
	}
	return whole.Add(newAtom(&atom{key: floorKey(rest, d), kind: floorAtom, args: []Expr{rest}, d: d}))
}

// split returns a/d as whole + rest/e, with the coefficients of rest in [0, e) and
// without a common factor.
func split(a Expr, d int64) (whole, rest Expr, e int64) {
	var ws, rs []term
	g := d
	for _, t := range a.terms {
		q := floorInt(t.coef, d)
		r := t.coef - d*q
		ws = append(ws, term{q, t.factors, t.key})
		rs = append(rs, term{r, t.factors, t.key})
		if t.key != "" {
			g = gcd(r, g)
		}
	}
	// floor((g*x + c)/(g*e)) = floor((x + floor(c/g))/e) for an integer x
	for i := range rs {
		rs[i].coef = floorInt(rs[i].coef, g)
	}
	return build(ws), build(rs), d / g
}

// hasExtreme reports whether a factor of a is a minimum or maximum.
func (a Expr) hasExtreme() bool {
	for _, t := range a.terms {
		for _, f := range t.factors {
			if isExtreme(f) {
				return true
			}
		}
	}
	return false
}

func without[T any](ts []T, i int) []T {
	out := make([]T, 0, len(ts)-1)
	return append(append(out, ts[:i]...), ts[i+1:]...)
}

// floorKey prints floor(x/d), as ceil where that is shorter.
func floorKey(x Expr, d int64) string {
	name := "floor"
	if x.constant() == d-1 {
		name, x = "ceil", x.Sub(Const(d-1))
	}
	if len(x.terms) == 1 {
		return fmt.Sprintf("%s(%s/%d)", name, x, d)
	}
	return fmt.Sprintf("%s((%s)/%d)", name, x, d)
}

// CeilDiv returns ceil(a/d) for d > 0.
func (a Expr) CeilDiv(d int64) Expr { return a.Add(Const(d - 1)).FloorDiv(d) }

// Mod returns a - d*floor(a/d) for d > 0, which is in [0, d).
func (a Expr) Mod(d int64) Expr { return a.Sub(a.FloorDiv(d).scale(d)) }
