package sym

import (
	"errors"
	"fmt"
	"slices"
)

// Eval returns the value under env; a symbol without a value and a result beyond
// int64 are errors.
func (a Expr) Eval(env map[string]int64) (int64, error) {
	if a.over {
		return 0, errors.New("the size is too large")
	}
	names := a.Symbols()
	values := make([]int64, len(names))
	for i, n := range names {
		v, ok := env[n]
		if !ok {
			return 0, fmt.Errorf("%s has no value", n)
		}
		values[i] = v
	}
	v, ok := compile(a, names).eval(values)
	if !ok {
		return 0, fmt.Errorf("%s is too large", a)
	}
	return v, nil
}

// Subst replaces symbols by expressions, all at once, and normalises again.
func (a Expr) Subst(by map[string]Expr) Expr {
	return a.rewrite(func(f *atom) (Expr, bool) {
		if f.kind != symbolAtom {
			return Expr{}, false
		}
		e, ok := by[f.key]
		return e, ok
	})
}

// rewrite rebuilds a with the atoms that by replaces, from the inside out: by sees
// an atom whose arguments are rewritten.
func (a Expr) rewrite(by func(*atom) (Expr, bool)) Expr {
	if a.over {
		return overflow
	}
	var sum Expr
	for _, t := range a.terms {
		p := Const(t.coef)
		for _, f := range t.factors {
			p = p.Mul(f.rewrite(by))
		}
		sum = sum.Add(p)
	}
	return sum
}

func (f *atom) rewrite(by func(*atom) (Expr, bool)) Expr {
	e := ofAtom(f)
	if f.kind != symbolAtom {
		args := make([]Expr, len(f.args))
		for i, x := range f.args {
			args[i] = x.rewrite(by)
		}
		if f.kind == floorAtom {
			e = args[0].FloorDiv(f.d)
		} else {
			e = extreme(f.kind, args)
		}
	}
	if g, ok := loneAtom(e); ok {
		if r, ok := by(g); ok {
			return r
		}
	}
	return e
}

// Symbols returns the names that occur, sorted.
func (a Expr) Symbols() []string {
	set := map[string]bool{}
	a.symbols(set)
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (a Expr) symbols(set map[string]bool) {
	for _, t := range a.terms {
		for _, f := range t.factors {
			if f.kind == symbolAtom {
				set[f.key] = true
			}
			for _, x := range f.args {
				x.symbols(set)
			}
		}
	}
}

// Linear splits a into slope*symbol + intercept; ok is false when a has another
// symbol, a floor or another power.
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
	return slope, intercept, !a.over
}
