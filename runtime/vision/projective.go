package vision

import "math"

// Projective is a map of the plane that keeps lines straight, as a picture is seen from
// aside: (x, y) to
//
//	(A x + B y + C) / (G x + H y + 1), (D x + E y + F) / (G x + H y + 1)
type Projective struct{ A, B, C, D, E, F, G, H float64 }

// Quad returns the map that takes the four points from to the points to; ok is false
// when there is none, as where three points lie on a line.
func Quad(from, to [4][2]float64) (m Projective, ok bool) {
	var a [8][9]float64 // the linear equations of the eight coefficients
	for i := range 4 {
		x, y, u, v := from[i][0], from[i][1], to[i][0], to[i][1]
		a[2*i] = [9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u}
		a[2*i+1] = [9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v}
	}
	for k := range 8 {
		pivot := k
		for i := k + 1; i < 8; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[pivot][k]) {
				pivot = i
			}
		}
		a[k], a[pivot] = a[pivot], a[k]
		if math.Abs(a[k][k]) < 1e-12 {
			return Projective{A: 1, E: 1}, false
		}
		for i := range 8 {
			if i == k {
				continue
			}
			f := a[i][k] / a[k][k]
			for j := k; j < 9; j++ {
				a[i][j] -= float64(f * a[k][j])
			}
		}
	}
	var s [8]float64
	for i := range s {
		s[i] = a[i][8] / a[i][i]
	}
	return Projective{s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]}, true
}

// At returns where m puts a point.
func (m Projective) At(x, y float64) (u, v float64) {
	d := float64(m.G*x) + float64(m.H*y) + 1
	return (float64(m.A*x) + float64(m.B*y) + m.C) / d, (float64(m.D*x) + float64(m.E*y) + m.F) / d
}

// Project writes to each pixel p of dst what src has at back(p), bilinear between pixel
// centres; points outside are black. Values are cut to 8 bits, as in Pillow's
// Image.transform with PERSPECTIVE and BILINEAR.
func Project(dst, src *Picture, back Projective) {
	w := warper{src: src, w: float64(src.W), h: float64(src.H)}
	n := src.C
	project(dst, src, back, func(out []byte, u, v float64) {
		i, j, du, dv := corner(u, v)
		t := w.clamped(i, j)
		for c := range out {
			out[c] = blend4(src.Pix[t[0]*n+c], src.Pix[t[1]*n+c], src.Pix[t[2]*n+c], src.Pix[t[3]*n+c], du, dv)
		}
	})
}

// ProjectNearest is Project without mixing, for masks.
func ProjectNearest(dst, src *Picture, back Projective) {
	n := src.C
	project(dst, src, back, func(out []byte, u, v float64) {
		copy(out, src.Pix[(int(v)*src.W+int(u))*n:])
	})
}

// project calls pixel for every pixel of dst that shows a point of src.
func project(dst, src *Picture, back Projective, pixel func(out []byte, u, v float64)) {
	n := src.C
	for y := range dst.H {
		row := dst.Row(y)
		for x := range dst.W {
			out := row[x*n : (x+1)*n]
			u, v := back.At(float64(x)+0.5, float64(y)+0.5)
			if !(u >= 0 && u < float64(src.W) && v >= 0 && v < float64(src.H)) {
				clear(out)
				continue
			}
			pixel(out, u, v)
		}
	}
}
