package sym

// Facts are what a where-clause promises about symbols. A symbol without an entry
// in Min is at least 1, since it stands for a size.
type Facts struct {
	Divides  map[string]int64 // H % 16 == 0
	Min, Max map[string]int64 // N >= 1, N <= 64
}

// divisor returns the number that divides name, at least 1.
func (f Facts) divisor(name string) int64 { return max(f.Divides[name], 1) }

// bounds returns the smallest and largest value that name can have, both multiples
// of its divisor; hi is inf when nothing bounds it. lo > hi when it can have none.
func (f Facts) bounds(name string) (lo, hi int64) {
	lo, hi = 1, inf
	if v, ok := f.Min[name]; ok {
		lo = max(v, -maxBound)
	}
	if v, ok := f.Max[name]; ok {
		hi = v
	}
	d := f.divisor(name)
	lo, ok := mulInt(ceilInt(lo, d), d)
	if !ok {
		return inf, -inf
	}
	if hi != inf {
		hi = floorInt(hi, d) * d
	}
	return lo, hi
}

// consistent reports whether each of names has a value.
func (f Facts) consistent(names []string) bool {
	for _, n := range names {
		if lo, hi := f.bounds(n); lo > hi {
			return false
		}
	}
	return true
}

// with returns f with name a multiple of d.
func (f Facts) with(name string, d int64) Facts {
	g := f
	g.Divides = map[string]int64{name: d}
	for n, v := range f.Divides {
		if n != name {
			g.Divides[n] = v
		}
	}
	return g
}
