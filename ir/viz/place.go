package viz

import "math"

// put finds the places of the units from left to right: each row in turn moves to
// where its neighbours want it, as a least-squares problem with the distances as
// constraints. Long edges weigh most, so that they are straight (Gansner et al.
// 1993, section 4).
func (h *half) put() (width float64) {
	for _, r := range h.rows {
		x := 0.0
		for _, u := range r {
			u.x = x
			x += u.w + gapAfter(u)
		}
	}
	pulls := h.pulls()
	rounds := 60
	if len(h.pieces) < 200 {
		rounds = 400
	}
	for round := range rounds {
		for i := range h.rows {
			r := i
			if round%2 == 1 {
				r = len(h.rows) - 1 - i
			}
			h.settle(h.rows[r], pulls)
		}
	}
	h.snap()
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range h.rows {
		for _, u := range r {
			low, high = min(low, u.x), max(high, u.x+u.w)
		}
	}
	if math.IsInf(low, 0) {
		return 0
	}
	for _, r := range h.rows {
		for _, u := range r {
			u.x -= low
		}
	}
	return high - low
}

type pull struct {
	to     *unit
	dx     float64 // where to.x + dx is where the unit should be
	weight float64
}

func (h *half) pulls() map[*unit][]pull {
	out := map[*unit][]pull{}
	for _, p := range h.pieces {
		w := 1.0
		switch {
		case !p.a.isBox() && !p.b.isBox():
			w = 8
		case !p.a.isBox() || !p.b.isBox():
			w = 0.5
		case h.alone(p.a, p.b) && h.alone(p.b, p.a):
			w = 40
		}
		out[p.a] = append(out[p.a], pull{p.b, p.db - p.da, w})
		out[p.b] = append(out[p.b], pull{p.a, p.da - p.db, w})
	}
	h.through(out)
	return out
}

// alone reports whether v is the only neighbour of u on its side.
func (h *half) alone(u, v *unit) bool {
	n := 0
	for _, o := range h.next[u] {
		if o.row < u.row == (v.row < u.row) {
			n++
		}
	}
	return n == 1
}

// through pulls the places where the only result enters and leaves a group onto one
// line, so that groups in a row stand below each other.
func (h *half) through(out map[*unit][]pull) {
	var in, leave *unit
	for _, r := range h.rows {
		for _, u := range r {
			switch {
			case u.isBox() || !u.port:
			case u.enter && in == nil:
				in = u
			case !u.enter && leave == nil:
				leave = u
			default:
				return
			}
		}
	}
	if in == nil || leave == nil {
		return
	}
	out[in] = append(out[in], pull{leave, 0, 8})
	out[leave] = append(out[leave], pull{in, 0, 8})
}

// settle moves a row to the weighted means of what its units want, keeping their
// order and distances: the pool-adjacent-violators algorithm.
func (h *half) settle(row []*unit, pulls map[*unit][]pull) {
	type block struct {
		sum, weight float64 // of wishes, relative to the first unit of the row
		n           int
	}
	var blocks []block
	offset := 0.0
	offsets := make([]float64, len(row))
	for i, u := range row {
		offsets[i] = offset
		wish, weight := u.x, 0.05
		sum := wish * weight
		for _, p := range pulls[u] {
			sum += (p.to.x + p.dx) * p.weight
			weight += p.weight
		}
		blocks = append(blocks, block{sum - offset*weight, weight, 1})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if a.sum/a.weight <= b.sum/b.weight {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{a.sum + b.sum, a.weight + b.weight, a.n + b.n})
		}
		offset += u.w + gapAfter(u)
	}
	i := 0
	for _, b := range blocks {
		for range b.n {
			row[i].x = b.sum/b.weight + offsets[i]
			i++
		}
	}
}

func gapAfter(u *unit) float64 {
	if u.isBox() {
		return unitGap
	}
	return laneWidth / 2
}
