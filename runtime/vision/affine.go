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
	if src.C == 1 {
		warpGray(dst, src, inv)
		return
	}
	w, h := float64(src.W), float64(src.H)
	for y := range dst.H {
		row := dst.Row(y)
		for x := range dst.W {
			u, v := inv.at(x, y)
			out := row[x*dst.C : (x+1)*dst.C]
			if !(u >= 0 && u < w && v >= 0 && v < h) {
				clear(out)
				continue
			}
			t := tapsOf(u-0.5, v-0.5, src)
			for c := range out {
				out[c] = t.blend(src.Pix[c:], src.C)
			}
		}
	}
}

// warpGray is Warp for one channel, where the loop over channels would cost as
// much as the blend.
func warpGray(dst, src *Picture, inv Affine) {
	w, h := float64(src.W), float64(src.H)
	for y := range dst.H {
		row := dst.Row(y)
		for x := range row {
			u, v := inv.at(x, y)
			if !(u >= 0 && u < w && v >= 0 && v < h) {
				row[x] = 0
				continue
			}
			t := tapsOf(u-0.5, v-0.5, src)
			row[x] = t.blend(src.Pix, 1)
		}
	}
}

// at maps the centre of pixel (x, y). The conversions keep every machine from
// fusing a product into a sum: all get the same bits.
func (m Affine) at(x, y int) (u, v float64) {
	px, py := float64(x)+0.5, float64(y)+0.5
	return float64(float64(m.A*px)+float64(m.B*py)) + m.C, float64(float64(m.D*px)+float64(m.E*py)) + m.F
}

// taps are the four pixels around a point, as indices of pixels, and its place
// between them.
type taps struct {
	i00, i01, i10, i11 int
	dx, dy             float64
}

func tapsOf(u, v float64, p *Picture) taps {
	fx, fy := math.Floor(u), math.Floor(v)
	x, y := int(fx), int(fy)
	x0, x1 := max(x, 0), min(x+1, p.W-1)
	y0, y1 := max(y, 0)*p.W, min(y+1, p.H-1)*p.W
	return taps{y0 + x0, y0 + x1, y1 + x0, y1 + x1, u - fx, v - fy}
}

func (t *taps) blend(pix []byte, stride int) byte {
	a, b := float64(pix[t.i00*stride]), float64(pix[t.i01*stride])
	c, d := float64(pix[t.i10*stride]), float64(pix[t.i11*stride])
	top := a + float64((b-a)*t.dx)
	bottom := c + float64((d-c)*t.dx)
	return byte(top + float64((bottom-top)*t.dy))
}
