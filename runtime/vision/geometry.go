package vision

// Crop writes the w by h window of src whose upper left corner is (x, y); what
// lies outside src is 0. dst may not be src.
func Crop(dst, src *Picture, x, y, w, h int) {
	dst.Resize(w, h, src.C)
	lo, hi := max(-x, 0), min(w, src.W-x) // columns of dst that src covers
	for j := range h {
		row := dst.Row(j)
		if y+j < 0 || y+j >= src.H || lo >= hi {
			clear(row)
			continue
		}
		clear(row[:lo*src.C])
		copy(row[lo*src.C:hi*src.C], src.Row(y + j)[(x+lo)*src.C:])
		clear(row[hi*src.C:])
	}
}

// Border says what pixels beyond the edge of a picture are.
type Border uint8

// Black pixels, the edge repeated, or the picture mirrored without repeating the
// edge.
const (
	Black Border = iota
	Edge
	Reflect
)

// Pad adds n pixels on every side. dst may not be src; Reflect needs n to be less
// than both sides.
func Pad(dst, src *Picture, n int, border Border) {
	if border == Black {
		Crop(dst, src, -n, -n, src.W+2*n, src.H+2*n)
		return
	}
	dst.Resize(src.W+2*n, src.H+2*n, src.C)
	for y := range dst.H {
		from, to := src.Row(inside(y-n, src.H, border)), dst.Row(y)
		for x := range dst.W {
			copy(to[x*src.C:(x+1)*src.C], from[inside(x-n, src.W, border)*src.C:])
		}
	}
}

// inside maps coordinate i to 0..n-1.
func inside(i, n int, border Border) int {
	if border == Edge {
		return min(max(i, 0), n-1)
	}
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*(n-1) - i
	}
	return i
}

// FlipH mirrors p left to right, in place.
func FlipH(p *Picture) {
	for y := range p.H {
		row := p.Row(y)
		for i, j := 0, (p.W-1)*p.C; i < j; i, j = i+p.C, j-p.C {
			for c := range p.C {
				row[i+c], row[j+c] = row[j+c], row[i+c]
			}
		}
	}
}

// FlipV mirrors p top to bottom, in place.
func FlipV(p *Picture) {
	for i, j := 0, p.H-1; i < j; i, j = i+1, j-1 {
		a, b := p.Row(i), p.Row(j)
		for k := range a {
			a[k], b[k] = b[k], a[k]
		}
	}
}

// SwapRGB exchanges the first and third channel, in place: RGB to BGR and back.
func SwapRGB(p *Picture) {
	if p.C < 3 {
		return
	}
	for i := 0; i+2 < len(p.Pix); i += p.C {
		p.Pix[i], p.Pix[i+2] = p.Pix[i+2], p.Pix[i]
	}
}
