package sym

// splits proves d = 0 by cases: each argument of a minimum or maximum in turn is
// the one that wins, which also settles others of the same arguments. known holds
// expressions that are at most 0 in the present case. A case that is proved without
// its condition is proved with it.
func splits(d Expr, f Facts, known []Expr, depth int, budget *int) bool {
	d = d.rewrite(func(g *atom) (Expr, bool) {
		if !isExtreme(g) {
			return Expr{}, false
		}
		kept := ordered(g.kind, g.args, known)
		return extreme(g.kind, kept), len(kept) < len(g.args)
	})
	if d.over {
		return false
	}
	if c, ok := d.IsConst(); ok {
		return c == 0
	}
	g := d.innermost()
	if g == nil {
		_, answer := decide(d, f, budget)
		return answer == yes
	}
	if depth == 0 || *budget <= 0 {
		return false
	}
	for i, x := range g.args {
		guards := known[:len(known):len(known)]
		for j, y := range g.args {
			if i == j {
				continue
			}
			if g.kind == maxAtom {
				guards = append(guards, y.Sub(x))
			} else {
				guards = append(guards, x.Sub(y))
			}
		}
		one := d.rewrite(func(h *atom) (Expr, bool) { return x, h.key == g.key })
		if !splits(one, f, guards, depth-1, budget) {
			return false
		}
	}
	return true
}

// ordered drops the arguments that another one beats by what is known.
func ordered(kind atomKind, args, known []Expr) []Expr {
	return unbeaten(args, func(x, y Expr) bool {
		d := y.Sub(x) // y wins a minimum where this is at most 0
		if kind == maxAtom {
			d = d.Neg()
		}
		for _, k := range known {
			if c, ok := d.Sub(k).IsConst(); ok && c <= 0 {
				return true
			}
		}
		return false
	})
}

// innermost returns a minimum or maximum whose arguments hold none, or nil.
func (a Expr) innermost() *atom {
	var found *atom
	a.deep(func(f *atom) bool {
		if !isExtreme(f) {
			return false
		}
		for _, x := range f.args {
			if x.deep(isExtreme) {
				return false
			}
		}
		found = f
		return true
	})
	return found
}
