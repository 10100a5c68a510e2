package viz

// arrange places the units of the level in both directions and draws its links.
func (l *level) arrange(fold bool) *frame {
	count := 0
	for _, u := range l.units {
		count = max(count, u.row+1)
	}
	left := l.halfOf(false, count)
	left.sort()
	width := left.put()
	if fold {
		right := l.halfOf(true, count)
		right.sort()
		shift := width + 3*unitGap
		w := right.put()
		for _, r := range right.rows {
			for _, u := range r {
				u.x += shift
			}
		}
		width = shift + w
	}
	tops, bottoms, height := l.stack(count)
	f := &frame{in: map[int]float64{}, out: map[int]float64{}}
	l.route(f, tops, bottoms)
	l.finish(f, width, height)
	return f
}

// stack finds the rows from top to bottom.
func (l *level) stack(count int) (tops, bottoms []float64, height float64) {
	heights, crossing := make([]float64, count), make([]int, count)
	for _, u := range l.units {
		heights[u.row] = max(heights[u.row], u.h)
	}
	for _, k := range l.links {
		if k.from.right != k.to.right {
			crossing[max(k.from.row, k.to.row)]++
		}
	}
	y := 0.0
	for r := range count {
		tops = append(tops, y)
		y += heights[r]
		bottoms = append(bottoms, y)
		gap := rowGap
		if heights[r] == 0 || r+1 < count && heights[r+1] == 0 {
			gap = portGap
		}
		y += gap + float64(crossing[r])*channel
	}
	if count > 0 {
		height = bottoms[count-1]
		if n := crossing[count-1]; n > 0 {
			height += rowGap/2 + float64(n)*channel
		}
	}
	for _, u := range l.units {
		u.y = tops[u.row] + (heights[u.row]-u.h)/2
	}
	return tops, bottoms, height
}

// route draws the links.
func (l *level) route(f *frame, tops, bottoms []float64) {
	used := make([]int, len(tops))
	reads := map[*unit]int{}
	for _, k := range l.links {
		reads[k.to]++
	}
	for _, k := range l.links {
		ln := line{long: len(k.lanes) > 0, arrow: k.to.node != nil}
		ln.points = append(ln.points, k.from.exit(k.src, tops, bottoms)...)
		row := max(k.from.row, k.to.row)
		crossed := k.from.right == k.to.right
		cross := func(x float64) {
			y := bottoms[row] + rowGap/2 + float64(used[row])*channel
			used[row]++
			from := ln.points[len(ln.points)-1].x
			ln.points = append(ln.points, point{from, y}, point{x, y})
			ln.square, ln.long, crossed = true, true, true
		}
		for _, u := range k.lanes {
			x := u.x + u.w/2
			if u.right && !crossed {
				cross(x)
			}
			if u.right {
				ln.points = append(ln.points, point{x, bottoms[u.row]}, point{x, tops[u.row]})
			} else {
				ln.points = append(ln.points, point{x, tops[u.row]}, point{x, bottoms[u.row]})
			}
		}
		if !crossed {
			cross(k.to.x + k.to.meet(k.src))
		}
		ln.points = append(ln.points, k.to.entry(k.src, tops, bottoms)...)
		f.lines = append(f.lines, ln)
	}
}

// exit returns where a result leaves a unit and its row.
func (u *unit) exit(src int, tops, bottoms []float64) []point {
	x := u.x + u.leave(src)
	if u.right {
		return []point{{x, u.y}, {x, tops[u.row]}}
	}
	return []point{{x, u.y + u.h}, {x, bottoms[u.row]}}
}

// entry returns where a result comes into the row of a unit and into the unit.
func (u *unit) entry(src int, tops, bottoms []float64) []point {
	x := u.x + u.meet(src)
	if u.right {
		return []point{{x, bottoms[u.row]}, {x, u.y + u.h}}
	}
	return []point{{x, tops[u.row]}, {x, u.y}}
}

// finish adds the border and the header, turns the level over where it runs
// upwards, and tells where results enter and leave.
func (l *level) finish(f *frame, width, height float64) {
	top, side := header, border
	if l.group.Up == nil {
		top, side = 0, 0
	}
	title := 0.0
	if l.group.Up != nil {
		title = groupTitleWidth(l.group) + 2*border
	}
	extra := max(0, title-width-2*side) / 2
	f.w, f.h = width+2*(side+extra), height+top+side
	place := func(x, y float64) point {
		if l.up {
			y = height - y
		}
		return point{x + side + extra, y + top}
	}
	for i := range f.lines {
		for j, p := range f.lines[i].points {
			f.lines[i].points[j] = place(p.x, p.y)
		}
	}
	for _, u := range l.units {
		y := u.y
		if l.up {
			y += u.h
		}
		p := place(u.x, y)
		u.x, u.y = p.x, p.y
		switch {
		case u.isBox():
			f.boxes = append(f.boxes, u)
		case u.enter:
			f.in[u.src] = u.x + u.w/2
		case u.port:
			f.out[u.src] = u.x + u.w/2
		}
	}
	l.lead(f, height)
}

// lead draws the way between the border of a group and its first and last rows.
func (l *level) lead(f *frame, height float64) {
	enter, leave := 0.0, f.h
	if l.up {
		enter, leave = f.h, 0
	}
	for i, k := range l.links {
		ps := f.lines[i].points
		if !k.from.isBox() {
			f.lines[i].points = append([]point{{ps[0].x, enter}}, ps...)
		}
		if !k.to.isBox() {
			f.lines[i].points = append(f.lines[i].points, point{ps[len(ps)-1].x, leave})
		}
	}
}
