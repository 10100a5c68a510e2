package viz

import "slices"

// rank gives every unit its row, and reports whether the level is folded: one half
// runs down, the other up beside it.
func (l *level) rank() bool {
	if l.fold() {
		return true
	}
	first := 0
	for _, u := range l.units {
		if !u.isBox() && u.enter {
			first = 1
		}
	}
	preds := l.preds()
	row := map[*unit]int{}
	var visit func(u *unit) int
	visit = func(u *unit) int {
		if r, ok := row[u]; ok {
			return r
		}
		row[u] = 0 // a circle ends here
		r := 0
		if u.isBox() {
			r = first
		}
		for _, p := range preds[u] {
			r = max(r, visit(p)+1)
		}
		row[u] = r
		return r
	}
	last := 0
	for _, u := range l.units {
		u.row = visit(u)
		last = max(last, u.row)
	}
	for _, u := range l.units {
		if !u.isBox() && !u.enter {
			u.row = last
			if slices.ContainsFunc(l.units, func(o *unit) bool { return o.isBox() && o.row == last }) {
				u.row = last + 1
			}
		}
	}
	l.sink(preds)
	return false
}

func (l *level) preds() map[*unit][]*unit {
	preds := map[*unit][]*unit{}
	for _, k := range l.links {
		preds[k.to] = append(preds[k.to], k.from)
	}
	return preds
}

// sink moves what nothing leads to next to its readers.
func (l *level) sink(preds map[*unit][]*unit) {
	for i := len(l.units) - 1; i >= 0; i-- {
		u := l.units[i]
		if !u.isBox() || len(preds[u]) > 0 {
			continue
		}
		low := -1
		for _, k := range l.links {
			if k.from == u && (low < 0 || k.to.row < low) {
				low = k.to.row
			}
		}
		if low > 0 {
			u.row = low - 1
		}
	}
}

// fold tries to lay a level out in two halves: it has a unit that enlarges its maps,
// and at least two results from before it are read behind it.
func (l *level) fold() bool {
	if l.group.Up != nil {
		return false
	}
	right := map[*unit]bool{}
	grows := l.growing()
	for changed := true; changed; {
		changed = false
		for _, u := range l.units {
			if grows[u] && !right[u] {
				right[u], changed = true, true
			}
		}
		for _, k := range l.links {
			if right[k.from] && !right[k.to] {
				right[k.to], changed = true, true
			}
		}
	}
	sources := map[*unit]bool{}
	for _, k := range l.links {
		if !right[k.from] && right[k.to] {
			sources[k.from] = true
		}
	}
	if len(sources) < 3 || len(right) < 3 || len(l.units)-len(right) < 3 {
		return false
	}
	r := newRows(l, right)
	if !r.solve() {
		return false
	}
	paired := map[*unit]bool{}
	for _, u := range l.units {
		for _, k := range l.links {
			if k.from != u || right[k.from] || !right[k.to] || paired[k.from] || paired[k.to] {
				continue
			}
			old := r.same[k.to]
			r.same[k.to] = k.from
			if !r.solve() {
				r.same[k.to] = old
				continue
			}
			paired[k.from], paired[k.to] = true, true
		}
	}
	r.solve()
	for _, u := range l.units {
		u.row, u.right = r.row[r.root(u)], right[u]
	}
	r.lower(l)
	return true
}

// growing returns the units in which a map is larger than what it is made from.
func (l *level) growing() map[*unit]bool {
	preds, _ := l.g.neighbours()
	grows := map[*unit]bool{}
	for _, n := range l.g.Nodes {
		var most int64
		for _, p := range preds[n.ID] {
			most = max(most, l.g.Nodes[p].area)
		}
		if most > 0 && n.area > most && !n.result {
			grows[l.at[n.ID]] = true
		}
	}
	return grows
}

// rows finds the rows of a folded level: units that share a row are joined, links
// of the left half lead down and those of the right half up.
type rows struct {
	l     *level
	right map[*unit]bool
	same  map[*unit]*unit
	row   map[*unit]int
}

func newRows(l *level, right map[*unit]bool) *rows {
	return &rows{l: l, right: right, same: map[*unit]*unit{}}
}

func (r *rows) root(u *unit) *unit {
	for r.same[u] != nil {
		u = r.same[u]
	}
	return u
}

// above calls do for each pair of units of which the first must be above the second.
func (r *rows) above(do func(a, b *unit)) {
	for _, k := range r.l.links {
		switch {
		case !r.right[k.from] && !r.right[k.to]:
			do(r.root(k.from), r.root(k.to))
		case r.right[k.from] && r.right[k.to]:
			do(r.root(k.to), r.root(k.from))
		}
	}
}

// solve gives each joined unit the highest row that is allowed; it fails when there
// is none.
func (r *rows) solve() bool {
	r.row = map[*unit]int{}
	for round := 0; ; round++ {
		changed := false
		r.above(func(a, b *unit) {
			if r.row[b] <= r.row[a] {
				r.row[b], changed = r.row[a]+1, true
			}
		})
		if !changed {
			return true
		}
		if round > len(r.l.units) {
			return false
		}
	}
}

// lower moves units of the left half down to their readers where nothing holds
// them up: inputs, and what only connects the halves.
func (r *rows) lower(l *level) {
	partner := map[*unit]bool{}
	for u, v := range r.same {
		partner[u], partner[v] = true, true
	}
	preds := l.preds()
	for _, u := range l.units {
		if u.right || partner[u] || len(preds[u]) > 0 {
			continue
		}
		low := -1
		for _, k := range l.links {
			if k.from == u && !k.to.right && (low < 0 || k.to.row < low) {
				low = k.to.row
			}
		}
		if low > 0 {
			u.row = low - 1
		}
	}
}
