package vision

// WarpNearest is Warp without mixing: dst[p] is the pixel of src that holds m⁻¹(p), 0
// where that lies outside. It is for masks.
func WarpNearest(dst, src *Picture, m Affine) {
	inv, ok := m.Inverse()
	if !ok {
		clear(dst.Pix)
		return
	}
	n := src.C
	for y := range dst.H {
		row, py := dst.Row(y), float64(y)+0.5
		bu, bv := float64(inv.B*py), float64(inv.E*py)
		for x := range dst.W {
			px := float64(x) + 0.5
			u, v := float64(inv.A*px)+bu+inv.C, float64(inv.D*px)+bv+inv.F
			out := row[x*n : (x+1)*n]
			if !(u >= 0 && u < float64(src.W) && v >= 0 && v < float64(src.H)) {
				clear(out)
				continue
			}
			copy(out, src.Pix[(int(v)*src.W+int(u))*n:])
		}
	}
}

// Displace writes to each pixel of dst what src has at the point that field names, x
// and y a pixel, bilinear; points outside are black. dst and src have one size.
func Displace(dst, src *Picture, field []float32) {
	w := warper{src: src, w: float64(src.W), h: float64(src.H)}
	n := src.C
	for k := range dst.W * dst.H {
		u, v := float64(field[2*k]), float64(field[2*k+1])
		out := dst.Pix[k*n : (k+1)*n]
		if !(u >= 0 && u < w.w && v >= 0 && v < w.h) {
			clear(out)
			continue
		}
		i, j, du, dv := corner(u, v)
		t := w.clamped(i, j)
		for c := range out {
			out[c] = blend4(src.Pix[t[0]*n+c], src.Pix[t[1]*n+c], src.Pix[t[2]*n+c], src.Pix[t[3]*n+c], du, dv)
		}
	}
}

// DisplaceNearest is Displace without mixing, for masks.
func DisplaceNearest(dst, src *Picture, field []float32) {
	n := src.C
	for k := range dst.W * dst.H {
		u, v := field[2*k], field[2*k+1]
		out := dst.Pix[k*n : (k+1)*n]
		if !(u >= 0 && u < float32(src.W) && v >= 0 && v < float32(src.H)) {
			clear(out)
			continue
		}
		copy(out, src.Pix[(int(v)*src.W+int(u))*n:])
	}
}
