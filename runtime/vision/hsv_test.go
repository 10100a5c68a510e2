package vision

import (
	"bytes"
	"testing"
)

// TestHSV turns pure colours by thirds of the circle.
func TestHSV(t *testing.T) {
	for _, c := range []struct {
		h, s, v  float64
		in, want []byte
	}{
		{1.0 / 3, 1, 1, []byte{200, 0, 0}, []byte{0, 200, 0}},
		{2.0 / 3, 1, 1, []byte{200, 0, 0}, []byte{0, 0, 200}},
		{-1.0 / 3, 1, 1, []byte{200, 100, 0}, []byte{100, 0, 200}},
		{0, 0, 1, []byte{200, 100, 0}, []byte{200, 200, 200}},
		{0.4, 3, 0.5, []byte{80, 80, 80}, []byte{40, 40, 40}},
		{0, 1, 9, []byte{100, 50, 0}, []byte{255, 128, 0}},
		{0, 1, 1, []byte{17, 230, 99}, []byte{17, 230, 99}},
	} {
		p := &Picture{W: 1, H: 1, C: 3, Pix: bytes.Clone(c.in)}
		HSV(p, c.h, c.s, c.v)
		if !bytes.Equal(p.Pix, c.want) {
			t.Errorf("%v by %g, %g, %g is %v, want %v", c.in, c.h, c.s, c.v, p.Pix, c.want)
		}
	}
}

// TestBlur spreads a point and keeps what is even.
func TestBlur(t *testing.T) {
	p, tmp := New(9, 9, 1), &Picture{}
	p.Pix[4*9+4] = 255
	Blur(p, tmp, 1)
	// the middle of a Gaussian of deviation 1 weighs 0.3991 each way, its neighbour 0.2420
	if p.Pix[40] != 41 || p.Pix[41] != p.Pix[39] || p.Pix[41] != 25 {
		t.Errorf("got %d in the middle and %d beside it, want 41 and 25", p.Pix[40], p.Pix[41])
	}
	for i := range p.Pix {
		p.Pix[i] = 77
	}
	if Blur(p, tmp, 2.5); bytes.Count(p.Pix, []byte{77}) != 81 {
		t.Errorf("an even picture became %v", p.Pix)
	}
}
