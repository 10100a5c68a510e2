package vision

import (
	"errors"
	"image"
	"slices"
	"strings"
	"testing"
)

func TestNetpbm(t *testing.T) {
	for _, c := range []struct {
		name, file string
		channels   int
		want       []uint8
	}{
		{"grey", "P5 3 2 255\n\x00\x01\x02\x80\xfe\xff", 1, []uint8{0, 1, 2, 128, 254, 255}},
		{"comments", "P5\n# made by hand\n2 # wide\n1\n255\n#\n", 1, []uint8{'#', '\n'}},
		{"fewer values", "P5 3 1 4 \x00\x02\x04", 1, []uint8{0, 128, 255}},
		{"two bytes", "P5 2 1 65535 \xff\xff\x80\x00", 1, []uint8{255, 128}},
		{"colour", "P6 2 1 255\n\x01\x02\x03\xfd\xfe\xff", 3, []uint8{1, 2, 3, 253, 254, 255}},
		{"colour of two bytes", "P6 1 1 1023\n\x03\xff\x00\x00\x02\x00", 3, []uint8{255, 0, 128}},
	} {
		img, err := Decode(strings.NewReader(c.file), Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		p, err := FromImage(img, c.channels)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.Pix, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, p.Pix, c.want)
		}
	}
}

func TestNetpbmRefuses(t *testing.T) {
	for _, c := range []struct{ file, want string }{
		{"P5 3 2 255\n\x00\x01\x02\x80\xfe", "cut off"},
		{"P5 30000 30000 255\n12345678", "beyond the limit"},
		{"P5 10000 10000 255\n12345678", "cut off"},
		{"P5 0 4 255\n12345678", "0 by 4 pixels"},
		{"P5 4 4 0\n1234567812345678", "its largest value is 0"},
		{"P5 4 4 70000\n1234567812345678", "its largest value is 70000"},
		{"P5 4 x 255\n12345678", "header"},
		{"P5 12345678901 4 255\n12345678", "header"},
		{"P6 4 4", "fewer"},
		{"P6 4 4 255", "cut off"},
	} {
		_, err := Decode(strings.NewReader(c.file), Limits{})
		if !errors.Is(err, ErrPicture) || !strings.Contains(err.Error(), c.want) && c.want != "fewer" {
			t.Errorf("%q: got %v, want %q", c.file, err, c.want)
		}
	}
}

func FuzzNetpbm(f *testing.F) {
	f.Add([]byte("P5 3 2 255\n\x00\x01\x02\x80\xfe\xff"))
	f.Add([]byte("P6 1 1 1023\n\x03\xff\x00\x00\x02\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if img, err := decode(data, Limits{Bytes: 1 << 20, Pixels: 1 << 16, Side: 1 << 10}); err == nil && img.Bounds() == (image.Rectangle{}) {
			t.Error("a picture without pixels")
		}
	})
}
