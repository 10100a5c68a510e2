package viz

// snap makes what should be straight exactly straight: boxes in a row of their own,
// and the lanes of one edge, move to their common line where there is room.
func (h *half) snap() {
	up := map[*unit]*unit{}
	root := func(u *unit) *unit {
		for up[u] != nil {
			u = up[u]
		}
		return u
	}
	offset := map[*unit]float64{} // of the line, from the left of the unit
	for _, p := range h.pieces {
		straight := p.a.isBox() && p.b.isBox() && h.alone(p.a, p.b) && h.alone(p.b, p.a) ||
			!p.a.isBox() && !p.b.isBox() && !p.a.port && !p.b.port
		if !straight || crosses(offset, p.a, p.da) || crosses(offset, p.b, p.db) {
			continue
		}
		if a, b := root(p.a), root(p.b); a != b {
			up[b] = a
		}
	}
	members := map[*unit][]*unit{}
	var lines []*unit
	for _, r := range h.rows {
		for _, u := range r {
			if _, ok := offset[u]; !ok {
				continue
			}
			if members[root(u)] == nil {
				lines = append(lines, root(u))
			}
			members[root(u)] = append(members[root(u)], u)
		}
	}
	for _, l := range lines {
		h.straighten(members[l], offset)
	}
}

// crosses notes where the line goes through a unit; it reports whether it goes through
// elsewhere already.
func crosses(offset map[*unit]float64, u *unit, dx float64) bool {
	if have, ok := offset[u]; ok {
		return have != dx
	}
	offset[u] = dx
	return false
}

func (h *half) straighten(line []*unit, offset map[*unit]float64) {
	low, high, sum := -1e9, 1e9, 0.0
	for _, u := range line {
		row := h.rows[u.row]
		if u.place > 0 {
			o := row[u.place-1]
			low = max(low, o.x+o.w+gapAfter(o)+offset[u])
		}
		if u.place+1 < len(row) {
			o := row[u.place+1]
			high = min(high, o.x-gapAfter(u)-u.w+offset[u])
		}
		sum += u.x + offset[u]
	}
	if low > high {
		return
	}
	at := min(max(sum/float64(len(line)), low), high)
	for _, u := range line {
		u.x = at - offset[u]
	}
}
