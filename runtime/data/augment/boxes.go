package augment

// visible is the share of a box that must be left in the picture: a smaller rest says
// little about what it holds.
const visible = 0.2

// move maps boxes in place by a map of points: each becomes the smallest upright one
// around its corners.
func move(boxes []Box, m func(x, y float64) (u, v float64)) []Box {
	for i := range boxes {
		b := &boxes[i]
		var at [8]float32
		for k, c := range [4][2]float32{{b.X1, b.Y1}, {b.X2, b.Y1}, {b.X1, b.Y2}, {b.X2, b.Y2}} {
			x, y := m(float64(c[0]), float64(c[1]))
			at[k], at[4+k] = float32(x), float32(y)
		}
		b.X1, b.X2 = min(at[0], at[1], at[2], at[3]), max(at[0], at[1], at[2], at[3])
		b.Y1, b.Y2 = min(at[4], at[5], at[6], at[7]), max(at[4], at[5], at[6], at[7])
	}
	return boxes
}

// cut keeps what lies in a picture of w by h pixels, in place.
func cut(boxes []Box, w, h int) []Box {
	kept := boxes[:0]
	for _, b := range boxes {
		area := (b.X2 - b.X1) * (b.Y2 - b.Y1)
		b.X1, b.X2 = max(b.X1, 0), min(b.X2, float32(w))
		b.Y1, b.Y2 = max(b.Y1, 0), min(b.Y2, float32(h))
		if b.X2-b.X1 >= 1 && b.Y2-b.Y1 >= 1 && (b.X2-b.X1)*(b.Y2-b.Y1) >= visible*area {
			kept = append(kept, b)
		}
	}
	return kept
}

// bent moves boxes by what a field does at their corners.
func bent(boxes []Box, field []float32, w, h int) []Box {
	at := func(x, y float32) (dx, dy float32) {
		i, j := min(max(int(x), 0), w-1), min(max(int(y), 0), h-1)
		k := 2 * (j*w + i)
		// The field tells where content comes from: it goes the other way.
		return float32(i) + 0.5 - field[k], float32(j) + 0.5 - field[k+1]
	}
	for i := range boxes {
		b := &boxes[i]
		ax, ay := at(b.X1, b.Y1)
		bx, by := at(b.X2, b.Y1)
		cx, cy := at(b.X1, b.Y2)
		dx, dy := at(b.X2, b.Y2)
		b.X1, b.X2 = min(b.X1+ax, b.X1+cx), max(b.X2+bx, b.X2+dx)
		b.Y1, b.Y2 = min(b.Y1+ay, b.Y1+by), max(b.Y2+cy, b.Y2+dy)
	}
	return boxes
}
