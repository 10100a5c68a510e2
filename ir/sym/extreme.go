package sym

import (
	"slices"
	"strings"
)

// Min returns the smaller of a and b.
func Min(a, b Expr) Expr { return extreme(minAtom, []Expr{a, b}) }

// Max returns the larger of a and b.
func Max(a, b Expr) Expr { return extreme(maxAtom, []Expr{a, b}) }

// extreme is the normal form of a minimum or maximum: nested ones of the same
// kind are merged, arguments that can never win are dropped, what all have in
// common stands before it.
func extreme(kind atomKind, args []Expr) Expr {
	var flat []Expr
	for _, x := range args {
		if x.over {
			return overflow
		}
		flat = append(flat, alternatives(kind, x)...)
	}
	kept := undominated(kind, flat, nil)
	if len(kept) == 1 {
		return kept[0]
	}
	common := shared(kept)
	scale := int64(0)
	for i := range kept {
		kept[i] = kept[i].Sub(common)
		if kept[i].over {
			return overflow
		}
		for _, t := range kept[i].terms {
			if scale == 0 {
				scale = max(t.coef, -t.coef)
			}
			if scale > 0 {
				scale = gcd(t.coef, scale)
			}
		}
	}
	if scale > 1 {
		for i := range kept {
			kept[i] = kept[i].FloorDiv(scale)
		}
	}
	slices.SortFunc(kept, func(x, y Expr) int { return strings.Compare(x.String(), y.String()) })
	return common.Add(newAtom(&atom{key: extremeKey(kind, kept), kind: kind, args: kept}).scale(max(scale, 1)))
}

// alternatives writes c*min(a, b) + y as its two values c*a + y and c*b + y, and
// anything else as itself.
func alternatives(kind atomKind, x Expr) []Expr {
	for i, t := range x.terms {
		if t.coef < 0 || len(t.factors) != 1 || t.factors[0].kind != kind {
			continue
		}
		others := Expr{terms: without(x.terms, i)}
		if others.hasExtreme() {
			break
		}
		out := make([]Expr, len(t.factors[0].args))
		for j, y := range t.factors[0].args {
			out[j] = y.scale(t.coef).Add(others)
		}
		return out
	}
	return []Expr{x}
}

func loneAtom(x Expr) (*atom, bool) {
	if len(x.terms) == 1 && x.terms[0].coef == 1 && len(x.terms[0].factors) == 1 {
		return x.terms[0].factors[0], true
	}
	return nil, false
}

// undominated drops the arguments that another one always beats. bounds tells what
// is known of the symbols; nil knows nothing.
func undominated(kind atomKind, args []Expr, bounds boundsOf) []Expr {
	return unbeaten(args, func(x, y Expr) bool {
		d := x.Sub(y) // y wins a minimum where this is at least 0
		if kind == maxAtom {
			d = d.Neg()
		}
		lo, _ := interval(d, bounds)
		return lo >= 0
	})
}

// unbeaten drops each x that some y still there beats, one after the other, so that
// of several equal ones the last stays.
func unbeaten(args []Expr, beats func(x, y Expr) bool) []Expr {
	kept := slices.Clone(args)
	for i := 0; i < len(kept) && len(kept) > 1; {
		if slices.ContainsFunc(without(kept, i), func(y Expr) bool { return beats(kept[i], y) }) {
			kept = without(kept, i)
		} else {
			i++
		}
	}
	return kept
}

// shared returns the terms that all arguments have, and the smallest constant.
func shared(args []Expr) Expr {
	var out []term
	least := args[0].constant()
	for _, x := range args[1:] {
		least = min(least, x.constant())
	}
	for _, t := range args[0].terms {
		if t.key == "" {
			continue
		}
		all := true
		for _, x := range args[1:] {
			all = all && slices.ContainsFunc(x.terms, func(u term) bool { return u.key == t.key && u.coef == t.coef })
		}
		if all {
			out = append(out, t)
		}
	}
	return Expr{terms: out}.Add(Const(least))
}

func extremeKey(kind atomKind, args []Expr) string {
	var b strings.Builder
	if b.WriteString("min("); kind == maxAtom {
		b.Reset()
		b.WriteString("max(")
	}
	for i, x := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(x.String())
	}
	b.WriteByte(')')
	return b.String()
}
