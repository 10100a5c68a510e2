package sym

// program is an expression compiled for many evaluations: its atoms in the order
// of their dependence, each computed once. The first values are the symbols.
type program struct {
	names  []string
	nodes  []node
	root   []monomial
	values []int64 // of symbols, then nodes, of the last evaluation
}

type node struct {
	kind atomKind
	args [][]monomial
	d    int64
}

// monomial is coef times the values at refs.
type monomial struct {
	coef int64
	refs []int
}

// compile numbers the symbols of a as they stand in names.
func compile(a Expr, names []string) *program {
	p := &program{names: names}
	at := make(map[string]int, len(names))
	for i, n := range names {
		at[n] = i
	}
	p.root = p.sum(a, at)
	return p
}

func (p *program) sum(a Expr, at map[string]int) []monomial {
	out := make([]monomial, len(a.terms))
	for i, t := range a.terms {
		out[i].coef = t.coef
		for _, f := range t.factors {
			out[i].refs = append(out[i].refs, p.atom(f, at))
		}
	}
	return out
}

func (p *program) atom(f *atom, at map[string]int) int {
	if i, ok := at[f.key]; ok {
		return i
	}
	n := node{kind: f.kind, d: f.d}
	for _, x := range f.args {
		n.args = append(n.args, p.sum(x, at))
	}
	p.nodes = append(p.nodes, n)
	at[f.key] = len(p.names) + len(p.nodes) - 1
	return at[f.key]
}

// eval returns the value for the given symbols, and whether everything fit.
func (p *program) eval(symbols []int64) (int64, bool) {
	values := append(p.values[:0], symbols...)
	for _, n := range p.nodes {
		v, ok := total(n.args[0], values)
		if !ok {
			return 0, false
		}
		if n.kind == floorAtom {
			v = floorInt(v, n.d)
		}
		for _, x := range n.args[1:] {
			w, ok := total(x, values)
			if !ok {
				return 0, false
			}
			if (w < v) == (n.kind == minAtom) {
				v = w
			}
		}
		values = append(values, v)
	}
	p.values = values
	return total(p.root, values)
}

func total(sum []monomial, values []int64) (v int64, fits bool) {
	for _, t := range sum {
		p, ok := t.coef, true
		for _, r := range t.refs {
			if p, ok = mulInt(p, values[r]); !ok {
				return 0, false
			}
		}
		if v, ok = addInt(v, p); !ok {
			return 0, false
		}
	}
	return v, true
}
