package data

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/runtime/data/augment"
	"github.com/netc-lang/netc/runtime/vision"
)

func encode(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func slides(images, masks string, val float64, labels ...string) *Spec {
	return &Spec{
		Name:   "Slides",
		Source: StepCall{Name: "pairs", Args: map[string]any{"images": images, "masks": masks, "val": val}},
		Fields: []Field{{Name: "image", Kind: Picture, C: 1, Set: "Gray"}, {Name: "truth", Kind: Mask, Set: "Tissue", Labels: labels}},
		Prep:   []Step{{Fields: []string{"image"}, Call: StepCall{Name: "chw"}}},
	}
}

// TestPairs reads masks of every form, and keeps a share apart.
func TestPairs(t *testing.T) {
	root := t.TempDir()
	gray := image.NewGray(image.Rect(0, 0, 3, 2))
	gray.Pix[4] = 255
	palette := image.NewPaletted(image.Rect(0, 0, 3, 2), color.Palette{color.Black, color.White})
	palette.Pix[4] = 1
	colours := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	colours.Set(1, 1, color.NRGBA{R: 1, G: 1, B: 1, A: 255})
	for name, mask := range map[string]image.Image{"a.png": gray, "b.png": palette, "c.png": colours} {
		writeFile(t, filepath.Join(root, "in", name), encode(t, gray))
		writeFile(t, filepath.Join(root, "out", name), encode(t, mask))
	}
	src, err := Open(slides("in/*.png", "out/*.png", 0, "no", "yes"), root)
	if err != nil {
		t.Fatal(err)
	}
	set, err := src.Split(Train)
	if err != nil || set.Len() != 3 {
		t.Fatalf("got %v, %v, want 3 records", set, err)
	}
	for i := range 3 {
		s := sampleOf(t, set, i)
		if got := s.Pictures[1].Pix; !bytes.Equal(got, []byte{0, 0, 0, 0, 1, 0}) {
			t.Errorf("mask %s reads as %v", set.Name(i), got)
		}
	}
	src, err = Open(slides("in/*.png", "out/*.png", 0.4, "no", "yes"), root)
	if err != nil {
		t.Fatal(err)
	}
	train, _ := src.Split(Train)
	val, _ := src.Split(Val)
	if train.Len() != 2 || val.Len() != 1 || val.Name(0) == train.Name(0) || val.Name(0) == train.Name(1) {
		t.Errorf("got %d and %d records, want 2 and 1 apart", train.Len(), val.Len())
	}
}

// TestPairsRefuses holds what is said about pictures and masks that do not fit.
func TestPairsRefuses(t *testing.T) {
	root := t.TempDir()
	small, wide := image.NewGray(image.Rect(0, 0, 3, 2)), image.NewGray(image.Rect(0, 0, 4, 2))
	high := image.NewGray(image.Rect(0, 0, 3, 2))
	high.Pix[1] = 9
	red := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	red.Set(0, 0, color.NRGBA{R: 200, A: 255})
	for name, img := range map[string]image.Image{"in/a.png": small, "wide/a.png": wide, "high/a.png": high, "red/a.png": red, "two/a.png": small, "two/b.png": small} {
		writeFile(t, filepath.Join(root, filepath.FromSlash(name)), encode(t, img))
	}
	for masks, want := range map[string]string{
		"none/*.png": "no file is called", "two/*.png": "1 pictures in/*.png and 2 masks", "wide/*.png": "its mask",
		"high/*.png": "has the class 9, and Tissue counts 3 names", "red/*.png": "has a colour",
	} {
		src, err := Open(slides("in/*.png", masks, 0, "a", "b", "c"), root)
		if err == nil {
			var set Dataset
			if set, err = src.Split(Train); err == nil {
				s := augment.NewSample(2)
				err = set.Read(0, s)
			}
		}
		if !errors.Is(err, ErrData) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an ErrData with %q", masks, err, want)
		}
	}
}

// TestIgnoredLabel: a label that the loss leaves out may be in the data, and is no class.
func TestIgnoredLabel(t *testing.T) {
	for _, c := range []struct {
		labels []string
		ignore int
		want   []uint8 // nil for an error
	}{
		{[]string{"a", "b"}, 0, []uint8{0, 1, 1}}, // black and white
		{[]string{"a", "b"}, 255, []uint8{0, 1, 255}},
		{[]string{"a", "b", "c"}, 255, []uint8{0, 1, 255}},
		{[]string{"a", "b", "c"}, 254, nil},
		{[]string{"a", "b", "c"}, 0, nil},
	} {
		img := image.NewGray(image.Rect(0, 0, 3, 1))
		copy(img.Pix, []uint8{0, 1, 255})
		var p vision.Picture
		err := setMask(&p, img, Field{Set: "Part", Labels: c.labels, Ignore: c.ignore})
		if (err != nil) != (c.want == nil) || err == nil && !slices.Equal(p.Pix, c.want) {
			t.Errorf("%v, ignoring %d: got %v and %v, want %v", c.labels, c.ignore, p.Pix, err, c.want)
		}
	}
	spec := &Spec{Fields: []Field{{Name: "label", Kind: Label, Labels: []string{"a", "b"}, Ignore: 9}}}
	if err := checkLabel(spec, 0, 9, "x"); err != nil {
		t.Errorf("got %v for the label that is ignored", err)
	}
	if err := checkLabel(spec, 0, 2, "x"); err == nil {
		t.Error("got no error for a label that is no class")
	}
}

// TestVOC reads boxes, which count from 1, and leaves out defective ones.
func TestVOC(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "blood")
	writeFile(t, filepath.Join(dir, "JPEGImages", "x.png"), encode(t, image.NewGray(image.Rect(0, 0, 30, 20))))
	writeFile(t, filepath.Join(dir, "Annotations", "x.xml"), []byte(`<annotation><object><name>dog</name><bndbox>
<xmin>3</xmin><ymin>5</ymin><xmax>12</xmax><ymax>40</ymax></bndbox></object>
<object><name>cat</name><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>
<object><name>cat</name><bndbox><xmin>40</xmin><ymin>9</ymin><xmax>50</xmax><ymax>12</ymax></bndbox></object></annotation>`))
	writeFile(t, filepath.Join(dir, "ImageSets", "Main", "train.txt"), []byte("x\n"))
	spec := &Spec{
		Name: "Blood", Source: StepCall{Name: "voc", Args: map[string]any{"dir": "blood"}},
		Fields: []Field{{Name: "image", Kind: Picture, C: 3, Set: "RGB"}, {Name: "truth", Kind: Boxes, Set: "Thing", Labels: []string{"cat", "dog"}}},
	}
	src, err := Open(spec, root)
	if err != nil {
		t.Fatal(err)
	}
	set, err := src.Split(Train)
	if err != nil {
		t.Fatal(err)
	}
	s := sampleOf(t, set, 0)
	want := []Box{{X1: 2, Y1: 4, X2: 12, Y2: 20, Class: 1}, {X1: 8, Y1: 8, X2: 9, Y2: 9}}
	if got := s.Boxes[1]; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := src.Split(Val); !errors.Is(err, ErrData) {
		t.Errorf("got %v for a split without a list", err)
	}
	spec.Fields[1].Labels = []string{"cat"}
	if err := set.Read(0, s); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), `"dog"`) {
		t.Errorf("got %v, want that dog is no name", err)
	}
}
