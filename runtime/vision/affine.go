package vision

import "math"

// Affine is a map of the plane: (x, y) to (A x + B y + C, D x + E y + F). Pixel
// (i, j) covers the unit square with its centre at (i + ½, j + ½).
type Affine struct{ A, B, C, D, E, F float64 }

// Identity leaves every point where it is.
var Identity = Affine{A: 1, E: 1}

// Then returns the map that applies m first and next second.
func (m Affine) Then(next Affine) Affine {
	return Affine{
		A: next.A*m.A + next.B*m.D, B: next.A*m.B + next.B*m.E, C: next.A*m.C + next.B*m.F + next.C,
		D: next.D*m.A + next.E*m.D, E: next.D*m.B + next.E*m.E, F: next.D*m.C + next.E*m.F + next.F,
	}
}

// About returns m applied around the point (x, y) instead of the origin.
func (m Affine) About(x, y float64) Affine {
	return Shift(-x, -y).Then(m).Then(Shift(x, y))
}

// At returns where m puts a point.
func (m Affine) At(x, y float64) (u, v float64) {
	return float64(m.A*x) + float64(m.B*y) + m.C, float64(m.D*x) + float64(m.E*y) + m.F
}

// Inverse returns the inverse map; ok is false when m flattens the plane.
func (m Affine) Inverse() (inv Affine, ok bool) {
	det := m.A*m.E - m.B*m.D
	if det == 0 || math.IsNaN(det) || math.IsInf(det, 0) {
		return Identity, false
	}
	inv = Affine{A: m.E / det, B: -m.B / det, D: -m.D / det, E: m.A / det}
	inv.C = -(inv.A*m.C + inv.B*m.F)
	inv.F = -(inv.D*m.C + inv.E*m.F)
	return inv, true
}

// Shift moves by (x, y) pixels.
func Shift(x, y float64) Affine { return Affine{A: 1, C: x, E: 1, F: y} }

// Rotation turns counter-clockwise, as seen on the screen, about the origin.
func Rotation(degrees float64) Affine {
	// Right angles are exact, so that a quarter turn moves pixels and blends none.
	if q := degrees / 90; q == math.Trunc(q) {
		quarter := [4][2]float64{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}[int(math.Mod(q, 4)+4)%4]
		return Affine{A: quarter[0], B: quarter[1], D: -quarter[1], E: quarter[0]}
	}
	s, c := math.Sincos(degrees * math.Pi / 180)
	return Affine{A: c, B: s, D: -s, E: c}
}

// Zoom enlarges by the factors x and y about the origin.
func Zoom(x, y float64) Affine { return Affine{A: x, E: y} }

// Slant shears about the origin by two angles in degrees: x grows with y by the
// first, y with x by the second.
func Slant(x, y float64) Affine {
	return Affine{A: 1, B: math.Tan(x * math.Pi / 180), D: math.Tan(y * math.Pi / 180), E: 1}
}

// Warp moves the content of src by the map m and writes what is then seen in a
// window of the size of dst, whose size must be set:
//
//	dst[p] = src at m⁻¹(p), bilinear between pixel centres; 0 where m⁻¹(p) lies outside src
//
// Near the border the outer pixels extend by half a pixel. Values are cut to 8
// bits, as in Pillow's Image.transform with BILINEAR, with which the result
// agrees bit for bit. dst and src have as many channels and share no memory; a
// map without an inverse gives a black picture.
//
// Cost: about 10 ns a pixel and channel.
func Warp(dst, src *Picture, m Affine) {
	if dst.C != src.C {
		panic("vision: pictures with different numbers of channels")
	}
	inv, ok := m.Inverse()
	if !ok {
		clear(dst.Pix)
		return
	}
	w := warper{src: src, inv: inv, w: float64(src.W), h: float64(src.H)}
	for y := range dst.H {
		if dst.C == 1 {
			w.gray(dst.Row(y), y)
		} else {
			w.colours(dst.Row(y), y)
		}
	}
}

// warper is what a row of Warp needs. Products are converted to float64 before
// they are added, which keeps every machine from fusing the two: all get the same
// bits.
type warper struct {
	src  *Picture
	inv  Affine
	w, h float64
}

// gray writes row y of a picture with one channel.
func (w *warper) gray(row []byte, y int) {
	m, pix, width := w.inv, w.src.Pix, w.src.W
	py := float64(y) + 0.5
	bu, bv := float64(m.B*py), float64(m.E*py)
	for x := range row {
		px := float64(x) + 0.5
		u, v := float64(m.A*px)+bu+m.C, float64(m.D*px)+bv+m.F
		row[x] = 0
		if !(u >= 0 && u < w.w && v >= 0 && v < w.h) {
			continue
		}
		i, j, du, dv := corner(u, v)
		var a, b, c, d byte
		if uint(i) < uint(width-1) && uint(j) < uint(w.src.H-1) {
			upper, lower := pix[j*width+i:], pix[(j+1)*width+i:]
			a, b, c, d = upper[0], upper[1], lower[0], lower[1]
		} else {
			t := w.clamped(i, j)
			a, b, c, d = pix[t[0]], pix[t[1]], pix[t[2]], pix[t[3]]
		}
		if a|b|c|d != 0 { // most of a drawing is empty
			row[x] = blend4(a, b, c, d, du, dv)
		}
	}
}

// colours writes row y of a picture with several channels.
func (w *warper) colours(row []byte, y int) {
	m, pix, n := w.inv, w.src.Pix, w.src.C
	py := float64(y) + 0.5
	bu, bv := float64(m.B*py), float64(m.E*py)
	for x := 0; x*n < len(row); x++ {
		px := float64(x) + 0.5
		u, v := float64(m.A*px)+bu+m.C, float64(m.D*px)+bv+m.F
		out := row[x*n : (x+1)*n]
		if !(u >= 0 && u < w.w && v >= 0 && v < w.h) {
			clear(out)
			continue
		}
		i, j, du, dv := corner(u, v)
		t := w.clamped(i, j)
		for c := range out {
			out[c] = blend4(pix[t[0]*n+c], pix[t[1]*n+c], pix[t[2]*n+c], pix[t[3]*n+c], du, dv)
		}
	}
}

// corner returns the pixel whose centre is left of and above (u, v), which is not
// negative, and the way from there.
func corner(u, v float64) (i, j int, du, dv float64) {
	u, v = u-0.5, v-0.5
	i, j = int(u), int(v)
	if u < 0 {
		i = -1
	}
	if v < 0 {
		j = -1
	}
	return i, j, u - float64(i), v - float64(j)
}

// clamped returns the four pixels around, with the outer ones repeated.
func (w *warper) clamped(i, j int) [4]int {
	x0, x1 := max(i, 0), min(i+1, w.src.W-1)
	y0, y1 := max(j, 0)*w.src.W, min(j+1, w.src.H-1)*w.src.W
	return [4]int{y0 + x0, y0 + x1, y1 + x0, y1 + x1}
}

func blend4(p00, p01, p10, p11 byte, du, dv float64) byte {
	a, b, c, d := float64(p00), float64(p01), float64(p10), float64(p11)
	top := a + float64((b-a)*du)
	bottom := c + float64((d-c)*du)
	return byte(top + float64((bottom-top)*dv))
}
