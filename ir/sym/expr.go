package sym

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Expr is an immutable integer expression in normal form: a sum of products of
// atoms, sorted, without zero coefficients. The zero value is 0.
type Expr struct {
	terms []term
	over  bool // a coefficient left int64; terms is nil
}

// term is coef * product of factors, which are sorted by key.
type term struct {
	coef    int64
	factors []*atom
	key     string // keys of the factors joined; "" for the constant
}

// atom is a symbol, floor(args[0]/d), or the smallest or largest of args. Equal
// keys mean equal atoms.
type atom struct {
	key  string
	kind atomKind
	args []Expr
	d    int64
}

type atomKind uint8

const (
	symbolAtom atomKind = iota
	floorAtom
	minAtom
	maxAtom
)

var overflow = Expr{over: true}

// small holds the terms of the integers below its length: most sizes of a network
// are among them, and expressions never change.
var small = func() (table [4097]term) {
	for n := range table {
		table[n].coef = int64(n)
	}
	return table
}()

// Const returns the integer n.
func Const(n int64) Expr {
	if n == 0 {
		return Expr{}
	}
	if n > 0 && n < int64(len(small)) {
		return Expr{terms: small[n : n+1 : n+1]}
	}
	return Expr{terms: []term{{coef: n}}}
}

// Symbol returns the size called name: letters, digits and underscores, no digit
// first.
func Symbol(name string) Expr { return ofAtom(&atom{key: name, kind: symbolAtom}) }

func ofAtom(a *atom) Expr {
	return Expr{terms: []term{{coef: 1, factors: []*atom{a}, key: a.key}}}
}

// maxKey bounds the text of an atom, as maxTerms bounds a sum.
const maxKey = 1 << 16

// newAtom is ofAtom for a floor or an extreme.
func newAtom(a *atom) Expr {
	if len(a.key) > maxKey {
		return overflow
	}
	return ofAtom(a)
}

// order puts long products first and the constant last.
func (t term) order(u term) int {
	if c := cmp.Compare(len(u.factors), len(t.factors)); c != 0 {
		return c
	}
	return strings.Compare(t.key, u.key)
}

// build sorts and merges terms, which it may overwrite.
func build(ts []term) Expr {
	slices.SortFunc(ts, term.order)
	out := ts[:0]
	for _, t := range ts {
		if n := len(out); n > 0 && out[n-1].key == t.key {
			sum, ok := addInt(out[n-1].coef, t.coef)
			if !ok {
				return overflow
			}
			out[n-1].coef = sum
			if sum == 0 {
				out = out[:n-1]
			}
			continue
		}
		if t.coef != 0 {
			out = append(out, t)
		}
	}
	return Expr{terms: out}
}

// Add returns a + b.
func (a Expr) Add(b Expr) Expr {
	if a.over || b.over {
		return overflow
	}
	if n, ok := a.IsConst(); ok {
		if m, ok := b.IsConst(); ok {
			if sum, ok := addInt(n, m); ok {
				return Const(sum)
			}
			return overflow
		}
	}
	return build(slices.Concat(a.terms, b.terms))
}

// Neg returns -a.
func (a Expr) Neg() Expr { return a.scale(-1) }

// Sub returns a - b.
func (a Expr) Sub(b Expr) Expr { return a.Add(b.Neg()) }

func (a Expr) scale(c int64) Expr {
	if a.over {
		return overflow
	}
	switch n, constant := a.IsConst(); {
	case c == 0:
		return Expr{}
	case c == 1:
		return a
	case constant:
		if v, ok := mulInt(n, c); ok {
			return Const(v)
		}
		return overflow
	}
	out := slices.Clone(a.terms)
	for i := range out {
		v, ok := mulInt(out[i].coef, c)
		if !ok {
			return overflow
		}
		out[i].coef = v
	}
	return Expr{terms: out}
}

// maxTerms bounds a product: nobody writes a size with more terms, and an
// adversary must not make the compiler build one.
const maxTerms = 4096

// Mul returns a * b.
func (a Expr) Mul(b Expr) Expr {
	if a.over || b.over || len(a.terms)*len(b.terms) > maxTerms {
		return overflow
	}
	if c, ok := b.IsConst(); ok {
		return a.scale(c)
	}
	if c, ok := a.IsConst(); ok {
		return b.scale(c)
	}
	out := make([]term, 0, len(a.terms)*len(b.terms))
	for _, s := range a.terms {
		for _, t := range b.terms {
			p, ok := product(s, t)
			if !ok {
				return overflow
			}
			out = append(out, p)
		}
	}
	return build(out)
}

func product(s, t term) (term, bool) {
	c, ok := mulInt(s.coef, t.coef)
	if len(s.factors)+len(t.factors) > 64 {
		return term{}, false
	}
	fs := slices.Concat(s.factors, t.factors)
	slices.SortFunc(fs, func(f, g *atom) int { return strings.Compare(f.key, g.key) })
	keys := make([]string, len(fs))
	for i, f := range fs {
		keys[i] = f.key
	}
	return term{coef: c, factors: fs, key: strings.Join(keys, "*")}, ok
}

// IsConst returns the value of an expression without symbols.
func (a Expr) IsConst() (int64, bool) {
	switch {
	case a.over:
		return 0, false
	case len(a.terms) == 0:
		return 0, true
	case len(a.terms) == 1 && a.terms[0].key == "":
		return a.terms[0].coef, true
	}
	return 0, false
}

// constant returns the term without factors.
func (a Expr) constant() int64 {
	if n := len(a.terms); n > 0 && a.terms[n-1].key == "" {
		return a.terms[n-1].coef
	}
	return 0
}

// Equal reports whether both have the same normal form. That is exact for sums of
// products, and sufficient but not necessary with floors: see [ProveEqual].
func (a Expr) Equal(b Expr) bool {
	if a.over || b.over {
		return false
	}
	return slices.EqualFunc(a.terms, b.terms, func(s, t term) bool { return s.coef == t.coef && s.key == t.key })
}

// Overflow reports whether a coefficient left int64 on the way to a.
func (a Expr) Overflow() bool { return a.over }

// String prints the normal form, which Parse reads back: 2*floor(H/16) + 1.
func (a Expr) String() string {
	if a.over {
		return "overflow"
	}
	if len(a.terms) == 0 {
		return "0"
	}
	var b strings.Builder
	for i, t := range a.terms {
		digits := strconv.FormatInt(t.coef, 10)
		if t.coef < 0 {
			digits = digits[1:]
		}
		switch {
		case i > 0 && t.coef < 0:
			b.WriteString(" - ")
		case i > 0:
			b.WriteString(" + ")
		case t.coef < 0:
			b.WriteString("-")
		}
		switch {
		case t.key == "":
			b.WriteString(digits)
		case digits == "1":
			b.WriteString(t.key)
		default:
			b.WriteString(digits + "*" + t.key)
		}
	}
	return b.String()
}
