package vision

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDecodePillow compares the decoders with Pillow. JPEG leaves some freedom
// to the inverse transform, so its values may differ a little.
func TestDecodePillow(t *testing.T) {
	z := references(t)
	for _, c := range []struct {
		file, want string
		worst      int
	}{
		{"jpeg_q90_444.jpg", "jpeg_q90_444.expected.png", 3},
		{"jpeg_q75_420.jpg", "jpeg_q75_420.expected.png", 3},
		{"jpeg_q60_422_progressive.jpg", "jpeg_q60_422_progressive.expected.png", 3},
		{"jpeg_gray.jpg", "jpeg_gray.expected.png", 1},
		{"jpeg_cmyk.jpg", "jpeg_cmyk.expected.png", 2},
		{"exif_orientation_3.jpg", "exif_orientation_3.expected.png", 3},
		{"exif_orientation_6.jpg", "exif_orientation_6.expected.png", 3},
		{"exif_orientation_8.jpg", "exif_orientation_8.expected.png", 3},
		{"palette.png", "palette.expected.png", 0},
		{"gif.gif", "gif.expected.png", 0},
		{"bmp24.bmp", "../input.png", 0},
		{"webp_lossless.webp", "../input.png", 0},
		{"tiff_lzw.tif", "../input.png", 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			img, err := Decode(bytes.NewReader(reference(t, z, "decode/"+c.file)), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := FromImage(img, 3)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimPrefix("decode/"+c.want, "decode/../")
			want := referencePicture(t, z, name)
			if got.W != want.W || got.H != want.H {
				t.Fatalf("got %v, want %v", got, want)
			}
			worst, sum := 0, 0
			for i := range got.Pix {
				d := int(got.Pix[i]) - int(want.Pix[i])
				worst = max(worst, d, -d)
				sum += max(d, -d)
			}
			if worst > c.worst {
				t.Errorf("got a difference of %d (mean %.3f), want at most %d", worst, float64(sum)/float64(len(got.Pix)), c.worst)
			}
		})
	}
}

func encoded(t testing.TB, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// announce changes the size in the header of a PNG file, with a right checksum.
func announce(data []byte, w, h uint32) []byte {
	out := bytes.Clone(data)
	for i := range 4 {
		out[16+i], out[20+i] = byte(w>>(24-8*i)), byte(h>>(24-8*i))
	}
	sum := crc32.ChecksumIEEE(out[12:29])
	for i := range 4 {
		out[29+i] = byte(sum >> (24 - 8*i))
	}
	return out
}

func TestDecodeRefuses(t *testing.T) {
	good := encoded(t, "png", noisy(40, 30))
	photo := encoded(t, "jpeg", noisy(40, 30))
	for name, c := range map[string]struct {
		data  []byte
		limit Limits
		want  string
	}{
		"empty":       {nil, Limits{}, "empty"},
		"short":       {[]byte("abc"), Limits{}, "only 3 bytes"},
		"text":        {[]byte("this is a text file"), Limits{}, "no PNG, JPEG"},
		"cut png":     {good[:len(good)/2], Limits{}, "not enough pixel data"},
		"cut header":  {good[:20], Limits{}, "cut off"},
		"cut jpeg":    {photo[:len(photo)/2], Limits{}, "damaged"},
		"checksum":    {flip(good, len(good)/2), Limits{}, "damaged"},
		"large png":   {announce(good, 1<<20, 1<<20), Limits{}, "1048576 by 1048576"},
		"wide png":    {announce(good, 1<<20, 1), Limits{}, "1048576 by 1"},
		"many pixels": {good, Limits{Bytes: 1 << 20, Pixels: 100, Side: 100}, "beyond the limit of 100"},
		"many bytes":  {good, Limits{Bytes: 10, Pixels: 1 << 20, Side: 100}, "larger than 10 bytes"},
	} {
		_, err := Decode(bytes.NewReader(c.data), c.limit)
		if !errors.Is(err, ErrPicture) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want ErrPicture with %q", name, err, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "bad.png")
	if err := os.WriteFile(path, good[:50], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := DecodeFile(path); !errors.Is(err, ErrPicture) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want ErrPicture with the path", err)
	}
	if _, err := DecodeFile(path + "s"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that the file does not exist", err)
	}
}

func flip(data []byte, at int) []byte {
	out := bytes.Clone(data)
	out[at] ^= 0x55
	return out
}

// TestDecodeAllocates nothing that a small file with a huge size would ask for.
func TestDecodeAllocates(t *testing.T) {
	data := announce(encoded(t, "png", noisy(4, 4)), 1<<30, 1<<30)
	allocated := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			if _, err := Decode(bytes.NewReader(data), Limits{}); err == nil {
				b.Fatal("got no error")
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 1<<16 {
		t.Errorf("got %d bytes allocated for a file of %d bytes", allocated, len(data))
	}
}

// noisy returns a picture of all kinds of colours.
func noisy(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.Set(i%w, i/w, color.NRGBA{byte(i * 37), byte(i * 101 >> 2), byte(i * 11), 255})
	}
	return m
}

// TestFromImageKinds converts one picture from every kind of image; all must
// agree with the slow way through color.NRGBA.
func TestFromImageKinds(t *testing.T) {
	src := noisy(7, 5)
	kinds := map[string]interface {
		image.Image
		Set(x, y int, c color.Color)
	}{
		"nrgba":    image.NewNRGBA(src.Rect),
		"rgba":     image.NewRGBA(src.Rect),
		"nrgba64":  image.NewNRGBA64(src.Rect),
		"rgba64":   image.NewRGBA64(src.Rect),
		"gray":     image.NewGray(src.Rect),
		"gray16":   image.NewGray16(src.Rect),
		"cmyk":     image.NewCMYK(src.Rect),
		"paletted": image.NewPaletted(src.Rect, palette(src)),
	}
	for name, m := range kinds {
		for i := range 35 {
			m.Set(i%7, i/7, src.At(i%7, i/7))
		}
		// A window that does not begin at the origin reads the right pixels.
		window := m.(interface {
			SubImage(image.Rectangle) image.Image
		}).SubImage(image.Rect(2, 1, 6, 5))
		for _, channels := range []int{1, 3} {
			p, err := FromImage(window, channels)
			if err != nil {
				t.Fatal(err)
			}
			if p.W != 4 || p.H != 4 || p.C != channels {
				t.Fatalf("%s: got %v, want u8[4, 4, %d]", name, p, channels)
			}
			for i := range 16 {
				n := color.NRGBAModel.Convert(m.At(2+i%4, 1+i/4)).(color.NRGBA)
				want := []byte{n.R, n.G, n.B}
				if channels == 1 {
					want = []byte{byte((19595*uint32(n.R) + 38470*uint32(n.G) + 7471*uint32(n.B) + 1<<15) >> 16)}
				}
				if got := p.Pix[i*channels : (i+1)*channels]; !bytes.Equal(got, want) {
					t.Errorf("%s, pixel %d: got %v, want %v", name, i, got, want)
				}
			}
		}
	}
	for _, channels := range []int{0, 2, 4} {
		if _, err := FromImage(src, channels); err == nil {
			t.Errorf("%d channels: got no error", channels)
		}
	}
	if _, err := FromImage(image.NewGray(image.Rect(3, 3, 3, 9)), 1); err == nil {
		t.Error("empty picture: got no error")
	}
}

func palette(m image.Image) color.Palette {
	var p color.Palette
	for i := range 35 {
		p = append(p, m.At(i%7, i/7))
	}
	return p
}

// TestAlpha drops transparency and keeps the colour.
func TestAlpha(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	m.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 0})
	m.SetNRGBA(1, 0, color.NRGBA{200, 100, 50, 128})
	p, err := FromImage(m, 3)
	if err != nil || !bytes.Equal(p.Pix, []byte{200, 100, 50, 200, 100, 50}) {
		t.Errorf("got %v, %v, want the stored colours", p.Pix, err)
	}
}

// TestYCbCrWindow takes a window of a photo that begins between chroma samples.
func TestYCbCrWindow(t *testing.T) {
	img, err := jpeg.Decode(bytes.NewReader(encoded(t, "jpeg", noisy(9, 7))))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []image.Rectangle{image.Rect(1, 1, 8, 6), image.Rect(0, 0, 1, 1), image.Rect(0, 0, 9, 1), image.Rect(0, 0, 2, 7)} {
		p, err := FromImage(img.(*image.YCbCr).SubImage(r), 3)
		if err != nil || p.W != r.Dx() || p.H != r.Dy() {
			t.Errorf("%v: got %v, %v", r, p, err)
		}
	}
}

func TestImage(t *testing.T) {
	for _, channels := range []int{1, 3} {
		p, err := FromImage(noisy(6, 4), channels)
		if err != nil {
			t.Fatal(err)
		}
		again, err := FromImage(p.Image(), channels)
		if err != nil || difference(again, p) != "" {
			t.Errorf("%d channels: %v %s", channels, err, difference(again, p))
		}
	}
}

// TestOrient applies each orientation to its own inverse.
func TestOrient(t *testing.T) {
	p, err := FromImage(noisy(5, 3), 3)
	if err != nil {
		t.Fatal(err)
	}
	inverse := map[int]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
	for o, back := range inverse {
		turned := orient(p, o)
		if o != 1 && difference(turned, p) == "" {
			t.Errorf("orientation %d changes nothing", o)
		}
		if d := difference(orient(turned, back), p); d != "" {
			t.Errorf("orientation %d and back: %s", o, d)
		}
	}
	// 6 is a camera held upright: the stored left column is the top row.
	turned := orient(p, 6)
	for x := range turned.W {
		if got, want := turned.Pix[3*x], p.Pix[(p.H-1-x)*p.W*3]; got != want {
			t.Errorf("orientation 6, column %d: got %d, want %d", x, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, format := range []string{"png", "jpeg", "gif"} {
		f.Add(encoded(f, format, noisy(5, 4)))
	}
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := Decode(bytes.NewReader(data), Limits{Bytes: 1 << 16, Pixels: 1 << 16, Side: 1 << 12})
		if err != nil {
			if !errors.Is(err, ErrPicture) {
				t.Fatalf("got %v, want ErrPicture", err)
			}
			return
		}
		if _, err := FromImage(img, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := FromImage(img, 3); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x08\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := exifOrientation(data); o < 1 || o > 8 {
			t.Fatalf("got orientation %d", o)
		}
	})
}

func ExamplePicture() {
	p := New(28, 28, 1)
	fmt.Println(p)
	// Output: u8[28, 28, 1]
}
