package sym

import (
	"sort"
	"strconv"
	"strings"
)

// Expr is an immutable integer expression in normal form: a sum of products of
// atoms, sorted, without zero coefficients. The zero value is 0.
type Expr struct{ terms []term }

// term is coef * product of factors. factors are sorted by key.
type term struct {
	coef    int64
	factors []*atom
	key     string // keys of the factors joined; "" for the constant
}

// atom is a symbol, floor(a/d), min(a, b) or max(a, b).
type atom struct {
	key  string
	kind atomKind
	a, b Expr
	d    int64
}

type atomKind uint8

const (
	symbolAtom atomKind = iota
	floorAtom
	minAtom
	maxAtom
)

// Const returns the integer n.
func Const(n int64) Expr {
	if n == 0 {
		return Expr{}
	}
	return Expr{[]term{{coef: n}}}
}

// Symbol returns the size called name.
func Symbol(name string) Expr { return ofAtom(&atom{key: name, kind: symbolAtom}) }

func ofAtom(a *atom) Expr {
	return Expr{[]term{{coef: 1, factors: []*atom{a}, key: a.key}}}
}

// build sorts and merges terms.
func build(ts []term) Expr {
	sort.Slice(ts, func(i, j int) bool {
		if len(ts[i].factors) != len(ts[j].factors) {
			return len(ts[i].factors) > len(ts[j].factors)
		}
		return ts[i].key < ts[j].key
	})
	out := ts[:0:0]
	for _, t := range ts {
		if n := len(out); n > 0 && out[n-1].key == t.key {
			out[n-1].coef = addInt(out[n-1].coef, t.coef)
			if out[n-1].coef == 0 {
				out = out[:n-1]
			}
			continue
		}
		if t.coef != 0 {
			out = append(out, t)
		}
	}
	return Expr{out}
}

// Add returns a + b.
func (a Expr) Add(b Expr) Expr {
	return build(append(append([]term(nil), a.terms...), b.terms...))
}

// Neg returns -a.
func (a Expr) Neg() Expr { return a.scale(-1) }

// Sub returns a - b.
func (a Expr) Sub(b Expr) Expr { return a.Add(b.Neg()) }

func (a Expr) scale(c int64) Expr {
	out := make([]term, len(a.terms))
	for i, t := range a.terms {
		out[i] = t
		out[i].coef = mulInt(t.coef, c)
	}
	return build(out)
}

// Mul returns a * b.
func (a Expr) Mul(b Expr) Expr {
	var out []term
	for _, s := range a.terms {
		for _, t := range b.terms {
			out = append(out, product(s, t))
		}
	}
	return build(out)
}

func product(s, t term) term {
	fs := append(append([]*atom(nil), s.factors...), t.factors...)
	sort.SliceStable(fs, func(i, j int) bool { return fs[i].key < fs[j].key })
	keys := make([]string, len(fs))
	for i, f := range fs {
		keys[i] = f.key
	}
	return term{coef: mulInt(s.coef, t.coef), factors: fs, key: strings.Join(keys, "*")}
}

// IsConst returns the value of an expression without symbols.
func (a Expr) IsConst() (int64, bool) {
	switch {
	case len(a.terms) == 0:
		return 0, true
	case len(a.terms) == 1 && a.terms[0].key == "":
		return a.terms[0].coef, true
	}
	return 0, false
}

// Equal reports whether both have the same normal form; that is exact for sums of
// products, and sufficient but not necessary with floors: see ProveEqual.
func (a Expr) Equal(b Expr) bool { return a.String() == b.String() }

// String prints the normal form, which Parse reads back.
func (a Expr) String() string {
	if len(a.terms) == 0 {
		return "0"
	}
	var b strings.Builder
	for i, t := range a.terms {
		c := t.coef
		switch {
		case i > 0 && c < 0:
			b.WriteString(" - ")
			c = -c
		case i > 0:
			b.WriteString(" + ")
		case c < 0:
			b.WriteString("-")
			c = -c
		}
		switch {
		case t.key == "":
			b.WriteString(strconv.FormatInt(c, 10))
		case c == 1:
			b.WriteString(t.key)
		default:
			b.WriteString(strconv.FormatInt(c, 10) + "*" + t.key)
		}
	}
	return b.String()
}
