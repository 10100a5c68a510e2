package vision

import "fmt"

// Picture is an 8-bit picture. Pixel (x, y) has its C channels at
// Pix[(y*W+x)*C:], without gaps between rows. C is 1 (gray) or 3 (red, green,
// blue), and 4 only for pictures with an alpha channel that a source asked for.
type Picture struct {
	W, H, C int
	Pix     []byte
}

// New returns a black picture.
func New(w, h, c int) *Picture {
	return &Picture{W: w, H: h, C: c, Pix: make([]byte, w*h*c)}
}

// Resize makes p a w by h picture with c channels and undefined content, keeping
// its memory when that is enough.
func (p *Picture) Resize(w, h, c int) {
	n := w * h * c
	if cap(p.Pix) < n {
		p.Pix = make([]byte, n)
	}
	p.W, p.H, p.C, p.Pix = w, h, c, p.Pix[:n]
}

// CopyFrom makes p equal to src.
func (p *Picture) CopyFrom(src *Picture) {
	p.Resize(src.W, src.H, src.C)
	copy(p.Pix, src.Pix)
}

// Row returns the bytes of row y.
func (p *Picture) Row(y int) []byte { return p.Pix[y*p.W*p.C : (y+1)*p.W*p.C] }

// String describes the type in the notation of .net files: u8[28, 28, 1].
func (p *Picture) String() string { return fmt.Sprintf("u8[%d, %d, %d]", p.H, p.W, p.C) }

// CHW writes p as a planar tensor with values in 0..1:
//
//	dst[c, y, x] = p[y, x, c] / 255
//
// Shapes: dst (C, H, W), exactly as long as p.
func CHW(dst []float32, p *Picture) {
	if len(dst) != len(p.Pix) {
		panic("vision: tensor of another size than the picture")
	}
	if p.C == 1 {
		for i, v := range p.Pix {
			dst[i] = unit[v]
		}
		return
	}
	plane := p.W * p.H
	for c := range p.C {
		out := dst[c*plane : (c+1)*plane]
		for i := range out {
			out[i] = unit[p.Pix[i*p.C+c]]
		}
	}
}

// unit holds v/255, rounded once; a division per element would cost more than a
// look into this kilobyte.
var unit = func() (t [256]float32) {
	for i := range t {
		t[i] = float32(i) / 255
	}
	return t
}()
