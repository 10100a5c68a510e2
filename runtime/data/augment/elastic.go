package augment

// spacing is the distance of the knots of an elastic bend, in pixels.
const spacing = 32

// elastic(alpha) bends the picture by a smooth field: a cubic B-spline over random
// knots, so that no point moves by more than alpha pixels each way.
//
// Source: Simard et al. 2003, with the splines of Ronneberger et al. 2015,
// arXiv:1505.04597, in place of a blurred field.
func elastic(a *Args) op {
	alpha := a.Float("alpha", 0)
	if !(alpha >= 0) {
		a.fail("alpha is %v, and should not be negative", alpha)
	}
	return op{bend: func(r *Source, w, h int, s *scratch) {
		columns, rows := w/spacing+4, h/spacing+4
		s.grid = grown(s.grid, 2*columns*rows)
		for i := range s.grid {
			s.grid[i] = float32(alpha * (2*r.Float64() - 1))
		}
		s.field = grown(s.field, 2*w*h)
		for y := range h {
			j, v := spline(y)
			for x := range w {
				i, u := spline(x)
				var dx, dy float32
				for b := range 4 {
					knots := s.grid[2*((j+b)*columns+i):]
					for c := range 4 {
						weight := float32(v[b] * u[c])
						dx += float32(weight * knots[2*c])
						dy += float32(weight * knots[2*c+1])
					}
				}
				k := 2 * (y*w + x)
				s.field[k], s.field[k+1] = float32(x)+0.5+dx, float32(y)+0.5+dy
			}
		}
	}}
}

// spline returns the first of the four knots around x and their weights.
func spline(x int) (knot int, w [4]float32) {
	t := (float32(x%spacing) + 0.5) / spacing
	s := 1 - t
	tt, ss := float32(t*t), float32(s*s)
	w[0] = float32(ss*s) / 6
	w[3] = float32(tt*t) / 6
	w[1] = 2.0/3 - tt + float32(float32(tt*t)/2)
	w[2] = 1 - w[0] - w[1] - w[3]
	return x / spacing, w
}

func grown(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
