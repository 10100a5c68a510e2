package sym

// Term is one product of a sum: Coef times all Factors.
type Term struct {
	Coef    int64
	Factors []Factor
}

// FactorKind says what a factor is.
type FactorKind uint8

// The kinds of factors.
const (
	FactorSymbol FactorKind = FactorKind(symbolAtom) // Symbol
	FactorFloor  FactorKind = FactorKind(floorAtom)  // floor(Args[0]/Div)
	FactorMin    FactorKind = FactorKind(minAtom)    // the smallest of Args
	FactorMax    FactorKind = FactorKind(maxAtom)    // the largest of Args
)

// Factor is one factor of a Term.
type Factor struct {
	Kind   FactorKind
	Symbol string
	Args   []Expr
	Div    int64
}

// Terms returns the products whose sum is a, long ones first and the constant
// last, none for 0: for those who write a in another notation. ok is false for an
// overflow.
func (a Expr) Terms() (terms []Term, ok bool) {
	for _, t := range a.terms {
		u := Term{Coef: t.coef}
		for _, f := range t.factors {
			g := Factor{Kind: FactorKind(f.kind), Args: f.args, Div: f.d}
			if f.kind == symbolAtom {
				g.Symbol = f.key
			}
			u.Factors = append(u.Factors, g)
		}
		terms = append(terms, u)
	}
	return terms, !a.over
}
