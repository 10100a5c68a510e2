package data

// framed returns the size of the first picture of s, which boxes lie in.
func (s *Spec) framed(x *Sample) [2]int {
	for i, f := range s.Fields {
		if f.Kind == Picture {
			return [2]int{x.Pictures[i].W, x.Pictures[i].H}
		}
	}
	return [2]int{1, 1}
}

// relative appends boxes in 0..1 of a picture of the given size to to.
func relative(to, boxes []Box, size [2]int) []Box {
	w, h := float32(size[0]), float32(size[1])
	for _, b := range boxes {
		to = append(to, Box{X1: b.X1 / w, Y1: b.Y1 / h, X2: b.X2 / w, Y2: b.Y2 / h, Class: b.Class})
	}
	return to
}

// match writes for each prior box the class of the true box that it overlaps most, if
// by t.IoU or more, else t.Classes. Every true box gets at least the prior that
// overlaps it most, in the order of the boxes; a later box takes a prior from an
// earlier one only where it overlaps it more. box is [cx, cy, w, h] in 0..1, that of
// the background is the prior itself.
//
// Source: Liu et al. 2015, arXiv:1512.02325, section 2.2.
func (t *Target) match(cls []int32, box []float32, truth []Box) {
	rows := len(cls)
	best := make([]float32, rows)
	own := make([]int, rows)
	forced := make([]float32, rows)
	for i := range own {
		own[i] = -1
	}
	for k, b := range truth {
		most, at := float32(0), -1
		for i := range rows {
			share := overlap(b, t.Priors[4*i:4*i+4])
			if share > best[i] {
				best[i] = share
				if float64(share) >= t.IoU && forced[i] == 0 {
					own[i] = k
				}
			}
			if share > most {
				most, at = share, i
			}
		}
		if at >= 0 && most > forced[at] {
			own[at], forced[at] = k, most
		}
	}
	for i, k := range own {
		to := box[4*i : 4*i+4]
		if k < 0 {
			cls[i] = int32(t.Classes)
			copy(to, t.Priors[4*i:4*i+4])
			continue
		}
		b := truth[k]
		cls[i] = b.Class
		to[0], to[1], to[2], to[3] = (b.X1+b.X2)/2, (b.Y1+b.Y2)/2, b.X2-b.X1, b.Y2-b.Y1
	}
}

// overlap is the area that a box and a prior [cx, cy, w, h] have in common, by that of
// both together.
func overlap(b Box, p []float32) float32 {
	x1, x2 := p[0]-p[2]/2, p[0]+p[2]/2
	y1, y2 := p[1]-p[3]/2, p[1]+p[3]/2
	w, h := min(b.X2, x2)-max(b.X1, x1), min(b.Y2, y2)-max(b.Y1, y1)
	if w <= 0 || h <= 0 {
		return 0
	}
	common := w * h
	return common / ((b.X2-b.X1)*(b.Y2-b.Y1) + p[2]*p[3] - common)
}
