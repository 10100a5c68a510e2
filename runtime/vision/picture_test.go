package vision

import (
	"math"
	"testing"
)

func numbered(w, h, c int) *Picture {
	p := New(w, h, c)
	for i := range p.Pix {
		p.Pix[i] = byte(i*7 + 1)
	}
	return p
}

func TestCHW(t *testing.T) {
	for _, c := range []int{1, 3} {
		p := numbered(5, 4, c)
		dst := make([]float32, len(p.Pix))
		CHW(dst, p)
		for ch := range c {
			for i := range 20 {
				if got, want := dst[ch*20+i], float32(p.Pix[i*c+ch])/255; got != want {
					t.Errorf("channel %d of %d, pixel %d: got %v, want %v", ch, c, i, got, want)
				}
			}
		}
	}
}

func TestToChannels(t *testing.T) {
	p := numbered(3, 2, 1)
	var rgb, back, same Picture
	if err := ToChannels(&rgb, p, 3); err != nil {
		t.Fatal(err)
	}
	if err := ToChannels(&back, &rgb, 1); err != nil || difference(&back, p) != "" {
		t.Errorf("gray to RGB and back: %v %s", err, difference(&back, p))
	}
	if err := ToChannels(&same, p, 1); err != nil || difference(&same, p) != "" {
		t.Errorf("gray to gray: %v %s", err, difference(&same, p))
	}
	if err := ToChannels(&same, p, 4); err == nil {
		t.Error("4 channels: got no error")
	}
}

// TestCrop compares every window, also those outside, with the definition.
func TestCrop(t *testing.T) {
	src := numbered(4, 3, 3)
	var dst Picture
	for y := -4; y < 5; y++ {
		for x := -6; x < 7; x++ {
			Crop(&dst, src, x, y, 5, 4)
			for j := range 4 {
				for i := range 5 {
					for c := range 3 {
						want := byte(0)
						if u, v := x+i, y+j; u >= 0 && u < 4 && v >= 0 && v < 3 {
							want = src.Pix[(v*4+u)*3+c]
						}
						if got := dst.Pix[(j*5+i)*3+c]; got != want {
							t.Fatalf("window at (%d, %d), pixel (%d, %d): got %d, want %d", x, y, i, j, got, want)
						}
					}
				}
			}
		}
	}
}

// TestWarpMoves moves whole pixels exactly and fills with black.
func TestWarpMoves(t *testing.T) {
	for _, c := range []int{1, 3} {
		src := numbered(6, 5, c)
		dst, want := New(6, 5, c), &Picture{}
		Warp(dst, src, Identity)
		if d := difference(dst, src); d != "" {
			t.Errorf("identity: %s", d)
		}
		Warp(dst, src, Shift(2, -1))
		Crop(want, src, -2, 1, 6, 5)
		if d := difference(dst, want); d != "" {
			t.Errorf("shift: %s", d)
		}
		Warp(dst, src, Rotation(180).About(3, 2.5))
		want.CopyFrom(src)
		FlipH(want)
		FlipV(want)
		if d := difference(dst, want); d != "" {
			t.Errorf("half turn: %s", d)
		}
		Warp(dst, src, Affine{A: -1, C: 6, E: 1})
		want.CopyFrom(src)
		FlipH(want)
		if d := difference(dst, want); d != "" {
			t.Errorf("mirror: %s", d)
		}
		Warp(dst, src, Affine{A: 1, B: 1, D: 1, E: 1})
		for _, v := range dst.Pix {
			if v != 0 {
				t.Fatalf("a map without inverse: got %d, want black", v)
			}
		}
		for _, m := range []Affine{Shift(math.NaN(), 0), Shift(math.Inf(1), 0), Zoom(1e-300, 1e-300), Shift(1e300, -1e300)} {
			Warp(dst, src, m) // any map ends
		}
	}
	// The faster path for gray agrees with that for colours.
	gray, rgb, got, want := numbered(9, 7, 1), &Picture{}, New(9, 7, 1), New(9, 7, 3)
	if err := ToChannels(rgb, gray, 3); err != nil {
		t.Fatal(err)
	}
	m := Rotation(33).Then(Zoom(1.3, 0.8)).Then(Slant(10, 5)).About(4, 3)
	Warp(got, gray, m)
	Warp(want, rgb, m)
	for i, v := range got.Pix {
		if v != want.Pix[3*i] {
			t.Errorf("pixel %d: got %d, want %d", i, v, want.Pix[3*i])
		}
	}
}

func TestAffine(t *testing.T) {
	m := Rotation(30).Then(Zoom(2, 3)).Then(Slant(5, 7)).Then(Shift(-4, 9))
	inv, ok := m.Inverse()
	if !ok {
		t.Fatal("got no inverse")
	}
	id := m.Then(inv)
	for i, v := range []float64{id.A - 1, id.B, id.C, id.D, id.E - 1, id.F} {
		if math.Abs(v) > 1e-12 {
			t.Errorf("coefficient %d of the product differs by %v", i, v)
		}
	}
	// Counter-clockwise as seen: what is right of the centre moves up.
	q := Rotation(90)
	if x, y := q.A*1+q.B*0, q.D*1+q.E*0; x != 0 || y != -1 {
		t.Errorf("a quarter turn moves (1, 0) to (%v, %v), want (0, -1)", x, y)
	}
	for _, d := range []float64{-450, -90, 0, 90, 180, 270, 360, 720} {
		s, c := math.Sincos(d * math.Pi / 180)
		got := Rotation(d)
		if math.Abs(got.A-c) > 1e-12 || math.Abs(got.B-s) > 1e-12 || got.A != math.Trunc(got.A) {
			t.Errorf("Rotation(%v): got %+v", d, got)
		}
	}
}

// TestResampleKeeps a flat picture flat, whatever the sizes.
func TestResampleKeeps(t *testing.T) {
	for f := range Filter(len(kernels)) {
		for _, from := range [][2]int{{1, 1}, {7, 3}, {30, 41}} {
			for _, to := range [][2]int{{1, 1}, {3, 7}, {50, 2}, {30, 20}, {7, 3}} {
				src, dst := New(from[0], from[1], 3), New(to[0], to[1], 3)
				for i := range src.Pix {
					src.Pix[i] = 200
				}
				Resample(dst, &Picture{}, src, f)
				for _, v := range dst.Pix {
					if v != 200 {
						t.Fatalf("filter %d, %v to %v: got %d, want 200", f, from, to, v)
					}
				}
			}
		}
	}
}

func TestColoursOfGray(t *testing.T) {
	p := numbered(4, 4, 1)
	want := &Picture{}
	want.CopyFrom(p)
	Saturation(p, 0)
	SwapRGB(p)
	if d := difference(p, want); d != "" {
		t.Errorf("saturation and order of a gray picture: %s", d)
	}
	flat := New(3, 3, 1)
	Equalize(flat)
	Contrast(flat, 2)
	for _, v := range flat.Pix {
		if v != 0 {
			t.Errorf("black became %d", v)
		}
	}
}

func TestPictureReuse(t *testing.T) {
	p := New(10, 10, 3)
	first := &p.Pix[0]
	p.Resize(5, 7, 1)
	if &p.Pix[0] != first || len(p.Pix) != 35 {
		t.Error("a smaller picture did not reuse the memory")
	}
	for name, f := range map[string]func(){
		"CHW":      func() { CHW(make([]float32, 3), p) },
		"Warp":     func() { Warp(New(2, 2, 3), p, Identity) },
		"Resample": func() { Resample(New(2, 2, 3), &Picture{}, p, Box) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic", name)
				}
			}()
			f()
		}()
	}
}

func BenchmarkWarpGray28(b *testing.B) {
	src, dst := numbered(28, 28, 1), New(28, 28, 1)
	m := Rotation(7).About(14, 14)
	for range b.N {
		Warp(dst, src, m)
	}
}

func BenchmarkResize(b *testing.B) {
	src, dst, tmp := numbered(500, 375, 3), New(224, 224, 3), &Picture{}
	for range b.N {
		Resample(dst, tmp, src, Bilinear)
	}
}
