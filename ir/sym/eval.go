package sym

import (
	"fmt"
	"math"
	"sort"
)

// Eval returns the value under env; a symbol without a value and a result beyond
// int64 are errors.
func (a Expr) Eval(env map[string]int64) (int64, error) {
	var sum int64
	for _, t := range a.terms {
		p := t.coef
		for _, f := range t.factors {
			v, err := f.eval(env)
			if err != nil {
				return 0, err
			}
			p = mulInt(p, v)
		}
		sum = addInt(sum, p)
	}
	if sum == math.MaxInt64 || sum <= math.MinInt64+1 {
		return 0, fmt.Errorf("%s is too large", a)
	}
	return sum, nil
}

func (f *atom) eval(env map[string]int64) (int64, error) {
	if f.kind == symbolAtom {
		v, ok := env[f.key]
		if !ok {
			return 0, fmt.Errorf("%s has no value", f.key)
		}
		return v, nil
	}
	x, err := f.a.Eval(env)
	if err != nil || f.kind == floorAtom {
		return floorInt(x, max(f.d, 1)), err
	}
	y, err := f.b.Eval(env)
	if f.kind == minAtom {
		return min(x, y), err
	}
	return max(x, y), err
}

// Subst replaces symbols by expressions and normalises again.
func (a Expr) Subst(by map[string]Expr) Expr {
	var sum Expr
	for _, t := range a.terms {
		p := Const(t.coef)
		for _, f := range t.factors {
			p = p.Mul(f.subst(by))
		}
		sum = sum.Add(p)
	}
	return sum
}

func (f *atom) subst(by map[string]Expr) Expr {
	switch f.kind {
	case symbolAtom:
		if e, ok := by[f.key]; ok {
			return e
		}
		return ofAtom(f)
	case floorAtom:
		return f.a.Subst(by).FloorDiv(f.d)
	case minAtom:
		return Min(f.a.Subst(by), f.b.Subst(by))
	}
	return Max(f.a.Subst(by), f.b.Subst(by))
}

// Symbols returns the names that occur, sorted.
func (a Expr) Symbols() []string {
	set := map[string]bool{}
	a.symbols(set)
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func (a Expr) symbols(set map[string]bool) {
	for _, t := range a.terms {
		for _, f := range t.factors {
			if f.kind == symbolAtom {
				set[f.key] = true
				continue
			}
			f.a.symbols(set)
			f.b.symbols(set)
		}
	}
}

// Linear splits a into slope*symbol + intercept; ok is false when a has another
// symbol or another power.
func (a Expr) Linear(symbol string) (slope, intercept int64, ok bool) {
	for _, t := range a.terms {
		switch {
		case t.key == "":
			intercept = t.coef
		case t.key == symbol:
			slope = t.coef
		default:
			return 0, 0, false
		}
	}
	return slope, intercept, true
}
