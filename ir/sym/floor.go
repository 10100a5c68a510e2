package sym

import "fmt"

// FloorDiv returns floor(a/d) for d > 0: whole parts are taken out, common
// factors cancelled, a floor of a floor merged.
func (a Expr) FloorDiv(d int64) Expr {
	if d <= 0 {
		panic(fmt.Sprintf("sym: division by %d", d))
	}
	if d == 1 {
		return a
	}
	var whole, rest []term
	g := d
	for _, t := range a.terms {
		q := floorInt(t.coef, d)
		whole = append(whole, term{q, t.factors, t.key})
		r := t.coef - d*q
		rest = append(rest, term{r, t.factors, t.key})
		if t.key != "" {
			g = gcd(g, r)
		}
	}
	q, r := build(whole), build(rest)
	if g > 1 {
		// floor((g*x + c)/(g*e)) = floor((x + floor(c/g))/e) for integer x
		var cancelled []term
		for _, t := range r.terms {
			cancelled = append(cancelled, term{floorInt(t.coef, g), t.factors, t.key})
		}
		r, d = build(cancelled), d/g
	}
	if d == 1 {
		return q.Add(r)
	}
	if c, ok := r.IsConst(); ok {
		return q.Add(Const(floorInt(c, d)))
	}
	if inner, c, ok := singleFloor(r); ok {
		// floor((floor(x/e) + c)/d) = floor((x + c*e)/(e*d))
		return q.Add(inner.a.Add(Const(mulInt(c, inner.d))).FloorDiv(mulInt(inner.d, d)))
	}
	key := fmt.Sprintf("floor((%s)/%d)", r, d)
	return q.Add(ofAtom(&atom{key: key, kind: floorAtom, a: r, d: d}))
}

// singleFloor matches floor(x/e) + c.
func singleFloor(r Expr) (f *atom, c int64, ok bool) {
	for _, t := range r.terms {
		switch {
		case t.key == "":
			c = t.coef
		case f == nil && t.coef == 1 && len(t.factors) == 1 && t.factors[0].kind == floorAtom:
			f = t.factors[0]
		default:
			return nil, 0, false
		}
	}
	return f, c, f != nil
}

// CeilDiv returns ceil(a/d) for d > 0.
func (a Expr) CeilDiv(d int64) Expr { return a.Add(Const(d - 1)).FloorDiv(d) }

// Mod returns a - d*floor(a/d) for d > 0.
func (a Expr) Mod(d int64) Expr { return a.Sub(a.FloorDiv(d).scale(d)) }

// Min returns the smaller of a and b.
func Min(a, b Expr) Expr { return extreme(minAtom, "min", a, b) }

// Max returns the larger of a and b.
func Max(a, b Expr) Expr { return extreme(maxAtom, "max", a, b) }

func extreme(kind atomKind, name string, a, b Expr) Expr {
	if c, ok := a.Sub(b).IsConst(); ok {
		if (c <= 0) == (kind == minAtom) {
			return a
		}
		return b
	}
	if b.String() < a.String() {
		a, b = b, a
	}
	return ofAtom(&atom{key: fmt.Sprintf("%s(%s, %s)", name, a, b), kind: kind, a: a, b: b})
}
