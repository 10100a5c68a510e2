package sym

import "slices"

// Verdict is what ProveEqual found. Neither Proved nor a Counterexample means that
// nothing could be decided: too many residue classes, or a minimum of several
// symbols; a where-clause that fixes a symbol or makes it a multiple decides it.
type Verdict struct {
	Proved bool
	// Counterexample gives every symbol of both sides a value that the facts allow
	// and for which the sides differ.
	Counterexample map[string]int64
	// RepairSymbol % RepairModulus == 0 is the fact with the smallest modulus up to
	// 64 that makes the sides equal; "" when there is none.
	RepairSymbol  string
	RepairModulus int64
}

// Evaluations that one proof and one search for a repair may take: milliseconds.
const (
	proofBudget  = 1 << 18
	repairBudget = 1 << 19
	largestCure  = 64
	firstLook    = 72
)

// ProveEqual decides whether a and b are equal for all values that f allows.
//
// A quasi-polynomial of period m and degree d in each symbol is zero everywhere if
// it is zero on m*(d+1) consecutive values of each, so that finitely many
// evaluations decide. The decision is complete for sums of products, floors and
// remainders by constants, and for minima and maxima that look at one symbol without
// products of floors; for others it splits cases, and may leave them undecided.
// Facts that no value meets prove everything.
//
// Cost: one subtraction when the normal forms agree, else at most 2**18 evaluations,
// and twice that for the repair of a refuted equation.
func ProveEqual(a, b Expr, f Facts) Verdict {
	d := a.Sub(b)
	if d.over {
		return Verdict{}
	}
	if c, ok := d.IsConst(); ok && c == 0 {
		return Verdict{Proved: true}
	}
	p := compile(d, d.Symbols())
	budget := proofBudget
	point, verdict := p.refute(f)
	if verdict == unknown {
		point, verdict = decide(d, f, &budget)
	}
	switch verdict {
	case yes:
		return Verdict{Proved: true}
	case unknown:
		return Verdict{}
	}
	v := Verdict{Counterexample: point}
	for _, n := range slices.Concat(a.Symbols(), b.Symbols()) {
		if _, ok := point[n]; !ok {
			point[n], _ = f.bounds(n)
		}
	}
	v.RepairSymbol, v.RepairModulus = repair(d, p, f)
	return v
}

// repair finds the smallest m and the first symbol so that symbol % m == 0 makes d
// zero. p is d compiled.
func repair(d Expr, p *program, f Facts) (string, int64) {
	budget := repairBudget
	for m := int64(2); m <= largestCure; m++ {
		for _, n := range p.names {
			if had := f.divisor(n); m == had || m%had != 0 {
				continue
			}
			g := f.with(n, m)
			if !g.consistent(p.names) {
				continue
			}
			if _, verdict := p.refute(g); verdict == no {
				continue
			}
			if _, verdict := decide(d, g, &budget); verdict == yes {
				return n, m
			}
		}
	}
	return "", 0
}

// refute looks for a point where p is not zero, on the first values of one symbol at
// a time with the others at their least: most wrong equations fail there. It answers
// yes only where f allows no point.
func (p *program) refute(f Facts) (map[string]int64, answer) {
	if !f.consistent(p.names) {
		return nil, yes
	}
	at := make([]int64, len(p.names))
	for i, n := range p.names {
		at[i], _ = f.bounds(n)
	}
	for i, n := range p.names {
		lo, hi := f.bounds(n)
		for k := range int64(firstLook) {
			if v, ok := addInt(lo, k*f.divisor(n)); !ok || v > hi {
				break
			} else {
				at[i] = v
			}
			if v, ok := p.eval(at); ok && v != 0 {
				return p.point(at), no
			}
		}
		at[i] = lo
	}
	return nil, unknown
}

// point names the values of the symbols.
func (p *program) point(at []int64) map[string]int64 {
	point := make(map[string]int64, len(at))
	for i, n := range p.names {
		point[n] = at[i]
	}
	return point
}

type answer uint8

const (
	unknown answer = iota
	yes
	no
)

// decide asks whether d is zero wherever f holds; a no comes with a point.
func decide(d Expr, f Facts, budget *int) (map[string]int64, answer) {
	names := d.Symbols()
	if !f.consistent(names) {
		return nil, yes
	}
	base := map[string]int64{}
	for _, n := range names {
		base[n], _ = f.bounds(n)
	}
	d = Simplify(d, f)
	if c, ok := d.IsConst(); ok && c == 0 {
		return nil, yes
	}
	if v, err := d.Eval(base); err != nil {
		return nil, unknown
	} else if v != 0 {
		return base, no
	}
	// d is zero at base, so it is zero everywhere if no component ever changes.
	all := yes
	for _, c := range components(d) {
		point, got := c.steady(f, budget)
		switch got {
		case no:
			for n, v := range point {
				base[n] = v
			}
			return base, no
		case unknown:
			all = unknown
		}
	}
	if all == unknown && d.deep(isExtreme) && splits(d, f, nil, 6, budget) {
		all = yes
	}
	return nil, all
}

// components splits d into sums that share no symbol. The constant is left out.
func components(d Expr) []Expr {
	var sums []Expr
	for _, t := range d.terms {
		one := Expr{terms: []term{t}}
		if t.key == "" {
			continue
		}
		for i := 0; i < len(sums); {
			if slices.ContainsFunc(sums[i].Symbols(), one.has) {
				one = one.Add(sums[i])
				sums = without(sums, i)
			} else {
				i++
			}
		}
		sums = append(sums, one)
	}
	return sums
}

// axis is the values lo, lo+step, ... of one symbol that a proof looks at.
type axis struct{ lo, step, count int64 }

// steady decides whether c has the same value everywhere; a no comes with a point
// where it differs from the first one.
func (c Expr) steady(f Facts, budget *int) (map[string]int64, answer) {
	names := c.Symbols()
	axes := make([]axis, len(names))
	all, points := yes, int64(1)
	for i, n := range names {
		var complete bool
		axes[i], complete = c.axis(n, f)
		if !complete {
			all = unknown
		}
		if points *= axes[i].count; points > int64(*budget) {
			// too many to prove; the first ones may still refute
			all, points = unknown, int64(*budget)
		}
	}
	p := compile(c, names)
	at := make([]int64, len(names))
	for i := range at {
		at[i] = axes[i].lo
	}
	first, ok := p.eval(at)
	if !ok {
		return nil, unknown
	}
	for range points {
		*budget--
		v, ok := p.eval(at)
		if !ok {
			return nil, unknown
		}
		if v != first {
			return p.point(at), no
		}
		step(at, axes)
	}
	return nil, all
}

// step moves to the next point, the first symbol fastest.
func step(at []int64, axes []axis) {
	for i := range at {
		at[i] += axes[i].step
		if at[i] < axes[i].lo+axes[i].step*axes[i].count {
			return
		}
		at[i] = axes[i].lo
	}
}

// axis returns the values of name that decide c, and whether they do.
func (c Expr) axis(name string, f Facts) (axis, bool) {
	lo, hi := f.bounds(name)
	a := axis{lo: lo, step: f.divisor(name), count: maxPeriod}
	if hi != inf && hi-lo >= 0 && (hi-lo)/a.step < a.count {
		a.count = (hi-lo)/a.step + 1
	}
	finite := a.count < maxPeriod
	m, ok := c.period(name)
	from, calm := c.settled(name)
	if !ok || !calm {
		if !finite {
			a.count = 64 // enough to look for a counterexample
		}
		return a, finite
	}
	need := m / gcd(a.step, m) * (c.degree(name) + 1)
	if wait, ok := addInt(from, -lo); !ok {
		need = maxPeriod
	} else if wait > 0 {
		need += min(wait/a.step, maxPeriod) + 1
	}
	if need < a.count {
		a.count, finite = need, true
	}
	return a, finite
}
