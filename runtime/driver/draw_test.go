package driver

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	nrt "github.com/netc-lang/netc/runtime"
)

func drawing(t *testing.T, p any) image.Image {
	t.Helper()
	fields, err := outputsOf(p)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(5, 7, 8, 9)) // 3 by 2 pixels, black
	return drawn(img, fields)
}

// TestDrawings: pixels of a small picture become squares of 120, and each kind of
// result is where it belongs.
func TestDrawings(t *testing.T) {
	const scale = 120
	at := func(img image.Image, x, y float64) color.RGBA {
		return color.RGBAModel.Convert(img.At(int(x*scale), int(y*scale))).(color.RGBA)
	}
	half := func(c color.RGBA) color.RGBA {
		return color.RGBA{uint8((int(c.R) + 1) / 2), uint8((int(c.G) + 1) / 2), uint8((int(c.B) + 1) / 2), 255}
	}
	cell, border := colourOf("cell"), colourOf("border")

	img := drawing(t, struct {
		Part nrt.Array[label] `json:"part"`
	}{nrt.Array[label]{Shape: []int{2, 3}, Values: []label{0, 1, 1, 0, 0, 1}}})
	if got, want := img.Bounds(), image.Rect(0, 0, 3*scale, 2*scale+2*lineHeight+6); got != want {
		t.Errorf("a mask of two classes: picture %v, want %v", got, want)
	}
	for k, want := range []color.RGBA{cell, border, border, cell, cell, border} {
		if got := at(img, float64(k%3)+0.5, float64(k/3)+0.5); got != half(want) {
			t.Errorf("mask: pixel %d is %v, want half of %v", k, got, want)
		}
	}

	img = drawing(t, struct {
		Heat [2][3]float32 `json:"heat"`
	}{[2][3]float32{{-1, 0, 0}, {0, 0, 3}}})
	if low, high := at(img, 0.5, 0.5), at(img, 2.5, 1.5); low != half(hue(240)) || high != half(hue(0)) {
		t.Errorf("heat: from %v to %v, want blue to red", low, high)
	}

	img = drawing(t, struct {
		Found []nrt.Detection[label] `json:"found"`
	}{[]nrt.Detection[label]{{Box: nrt.Rect{X1: 1, Y1: 0.5, X2: 2, Y2: 1.5}, Class: 1, Score: 0.5}}})
	if got, want := img.Bounds(), image.Rect(0, 0, 3*scale, 2*scale); got != want {
		t.Errorf("boxes: picture %v, want %v without a legend", got, want)
	}
	for _, p := range [][2]float64{{1.001, 1}, {1.999, 1}, {1.5, 0.501}, {1.5, 1.499}} {
		if got := at(img, p[0], p[1]); got != border {
			t.Errorf("box: %v is %v, want the frame, %v", p, got, border)
		}
	}
	if got := at(img, 1.5, 1); got != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("box: its middle is %v, want the picture", got)
	}
}

// TestAlbum writes one file a picture, and none over another.
func TestAlbum(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	a := album{dir: dir}
	fields, err := outputsOf(struct {
		Cell  label     `json:"cell"`
		Other []float32 `json:"other"`
	}{Other: []float32{1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"x/cat.jpg", "y/cat.png", "-"} {
		if err := a.add(path, image.NewRGBA(image.Rect(0, 0, 3, 2)), fields); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"cat.png", "cat-2.png", "stdin.png"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("got %d files, want 3", len(files))
	}
}
