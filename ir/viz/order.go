package viz

import (
	"cmp"
	"slices"
)

// half is the units of one half of a level, row by row, and the pieces of links
// between neighbouring rows.
type half struct {
	rows   [][]*unit
	pieces []piece
	next   map[*unit][]*unit // neighbours in the rows above and below
}

// piece joins two units of neighbouring rows; dx are where it meets them, from
// their left.
type piece struct {
	a, b   *unit
	da, db float64
}

// halfOf collects a half.
func (l *level) halfOf(right bool, rows int) *half {
	h := &half{rows: make([][]*unit, rows), next: map[*unit][]*unit{}}
	for _, u := range l.units {
		if u.right == right {
			h.rows[u.row] = append(h.rows[u.row], u)
		}
	}
	for _, r := range h.rows {
		slices.SortStableFunc(r, func(a, b *unit) int { return cmp.Compare(a.order, b.order) })
	}
	seen := map[[2]*unit]bool{}
	for _, k := range l.links {
		chain := append(append([]*unit{k.from}, k.lanes...), k.to)
		for i := 1; i < len(chain); i++ {
			a, b := chain[i-1], chain[i]
			if a.right != right || b.right != right || a.row == b.row || seen[[2]*unit{a, b}] {
				continue
			}
			seen[[2]*unit{a, b}] = true
			h.pieces = append(h.pieces, piece{a, b, a.leave(k.src), b.meet(k.src)})
			h.next[a] = append(h.next[a], b)
			h.next[b] = append(h.next[b], a)
		}
	}
	h.number()
	return h
}

// leave and meet tell where the result src goes out of a unit and comes into it.
func (u *unit) leave(src int) float64 {
	if u.group != nil {
		if x, ok := u.group.out[src]; ok {
			return x
		}
	}
	return u.w / 2
}

func (u *unit) meet(src int) float64 {
	if u.group != nil {
		if x, ok := u.group.in[src]; ok {
			return x
		}
	}
	return u.w / 2
}

func (h *half) number() {
	for _, r := range h.rows {
		for i, u := range r {
			u.place = i
		}
	}
}

// sort orders the rows so that few pieces cross: each unit goes to the mean place
// of its neighbours, down and up again, and the best order that was seen stays.
func (h *half) sort() {
	best, fewest := h.snapshot(), h.crossings()
	for round := 0; round < 12 && fewest > 0; round++ {
		down := round%2 == 0
		for i := range h.rows {
			r := i
			if !down {
				r = len(h.rows) - 1 - i
			}
			h.bary(h.rows[r], down)
		}
		if c := h.crossings(); c < fewest {
			best, fewest = h.snapshot(), c
		}
	}
	for i, r := range best {
		copy(h.rows[i], r)
	}
	h.number()
}

func (h *half) snapshot() [][]*unit {
	out := make([][]*unit, len(h.rows))
	for i, r := range h.rows {
		out[i] = slices.Clone(r)
	}
	return out
}

func (h *half) bary(row []*unit, down bool) {
	mean := map[*unit]float64{}
	for _, u := range row {
		sum, n := 0.0, 0.0
		for _, v := range h.next[u] {
			if v.row < u.row == down {
				sum, n = sum+(float64(v.place)+0.5)/float64(len(h.rows[v.row])), n+1
			}
		}
		mean[u] = (float64(u.place) + 0.5) / float64(len(row))
		if n > 0 {
			mean[u] = sum / n
		}
	}
	slices.SortStableFunc(row, func(a, b *unit) int { return cmp.Compare(mean[a], mean[b]) })
	for i, u := range row {
		u.place = i
	}
}

// crossings counts pairs of pieces between the same rows that cross.
func (h *half) crossings() int {
	byRow := map[int][]piece{}
	for _, p := range h.pieces {
		if p.a.row > p.b.row {
			p.a, p.b = p.b, p.a
		}
		byRow[p.a.row] = append(byRow[p.a.row], p)
	}
	n := 0
	for r := range h.rows {
		ps := byRow[r]
		for i := range ps {
			for j := range i {
				if (ps[i].a.place-ps[j].a.place)*(ps[i].b.place-ps[j].b.place) < 0 {
					n++
				}
			}
		}
	}
	return n
}
