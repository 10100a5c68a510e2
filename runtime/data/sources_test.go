package data

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/data/augment"
)

// put writes a file below dir.
func put(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

// dot is a picture of w by h pixels of one colour.
func dot(t *testing.T, w, h int, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(t *testing.T, spec *Spec, root string, s Split) Dataset {
	t.Helper()
	src, err := Open(spec, root)
	if err != nil {
		t.Fatal(err)
	}
	set, err := src.Split(s)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func read(t *testing.T, spec *Spec, set Dataset, i int) *Sample {
	t.Helper()
	s := augment.NewSample(len(spec.Fields))
	if err := set.Read(i, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func pictureAndLabel(source StepCall, set string) *Spec {
	c := 3
	if set == "Gray" {
		c = 1
	}
	return &Spec{Name: "D", Source: source, Fields: []Field{{Name: "image", Kind: Picture, C: c, Set: set}, {Name: "label", Kind: Label}}}
}

func call(name, arg string, v any) StepCall {
	return StepCall{Name: name, Args: map[string]any{arg: v}}
}

func TestCIFAR10(t *testing.T) {
	dir := t.TempDir()
	file := func(labels ...byte) []byte {
		var b []byte
		for _, l := range labels {
			b = append(b, l)
			for plane := range 3 {
				for at := range 32 * 32 {
					b = append(b, byte(50*plane+at%32+int(l)))
				}
			}
		}
		return b
	}
	for i := range 5 {
		put(t, dir, fmt.Sprintf("c/cifar-10-batches-bin/data_batch_%d.bin", i+1), file(byte(i), 9))
	}
	put(t, dir, "c/cifar-10-batches-bin/test_batch.bin", file(7))
	for _, order := range []string{"RGB", "BGR"} {
		spec := pictureAndLabel(call("cifar10", "dir", "c"), order)
		set := opened(t, spec, dir, Train)
		if set.Len() != 10 || !slices.Equal(set.(Classed).Classes(), []int32{0, 9, 1, 9, 2, 9, 3, 9, 4, 9}) {
			t.Errorf("got %d records of the classes %v", set.Len(), set.(Classed).Classes())
		}
		s := read(t, spec, set, 4)
		p := s.Pictures[0]
		want := []byte{2 + 5, 52 + 5, 102 + 5}
		if order == "BGR" {
			slices.Reverse(want)
		}
		if got := p.Row(3)[3*5 : 3*6]; s.Labels[1] != 2 || !bytes.Equal(got, want) {
			t.Errorf("%s: got the label %d and the pixel %v, want 2 and %v", order, s.Labels[1], got, want)
		}
	}
	if n := opened(t, pictureAndLabel(call("cifar10", "dir", "c"), "RGB"), dir, Val).Len(); n != 1 {
		t.Errorf("got %d records of validation, want those of the test", n)
	}
	put(t, dir, "c/cifar-10-batches-bin/data_batch_3.bin", []byte{1, 2})
	src, _ := Open(pictureAndLabel(call("cifar10", "dir", "c"), "RGB"), dir)
	if _, err := src.Split(Train); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "data_batch_3.bin has 2 bytes") {
		t.Errorf("a file that is cut off: got %v", err)
	}
}

// npyOf writes an array of NumPy.
func npyOf(code string, shape []int, data any) []byte {
	var b bytes.Buffer
	var dims []string
	for _, d := range shape {
		dims = append(dims, fmt.Sprint(d))
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }\n", code, strings.Join(dims, ", "))
	b.WriteString("\x93NUMPY\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(head)))
	b.WriteString(head)
	binary.Write(&b, binary.LittleEndian, data)
	return b.Bytes()
}

func zipped(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNPZ(t *testing.T) {
	dir := t.TempDir()
	files := map[string][]byte{
		"train_images.npy": npyOf("|u1", []int{2, 2, 3}, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
		"train_labels.npy": npyOf("<i8", []int{2, 1}, []int64{3, 0}),
		"test_images.npy":  npyOf("|u1", []int{1, 2, 3}, []byte{20, 21, 22, 23, 24, 25}),
		"test_labels.npy":  npyOf("|u1", []int{1, 1}, []byte{1}),
	}
	put(t, dir, "d/a.npz", zipped(t, files))
	spec := pictureAndLabel(call("npz", "file", "d/a.npz"), "Gray")
	set := opened(t, spec, dir, Train)
	s := read(t, spec, set, 1)
	if p := s.Pictures[0]; set.Len() != 2 || s.Labels[1] != 0 || p.W != 3 || p.H != 2 || p.Pix[0] != 7 || p.Pix[5] != 12 {
		t.Errorf("got %d records, the second %v with the label %d", set.Len(), p.Pix, s.Labels[1])
	}
	if !slices.Equal(set.(Classed).Classes(), []int32{3, 0}) {
		t.Errorf("got the classes %v", set.(Classed).Classes())
	}
	val := opened(t, spec, filepath.Join(dir, "d"), Val) // the user pointed at the folder itself
	if s := read(t, spec, val, 0); s.Labels[1] != 1 || s.Pictures[0].Pix[0] != 20 {
		t.Errorf("val: got the label %d", s.Labels[1])
	}
	files["train_labels.npy"] = npyOf("<i8", []int{3, 1}, []int64{3, 0, 1})
	put(t, dir, "bad.npz", zipped(t, files))
	src, err := Open(pictureAndLabel(call("npz", "file", "bad.npz"), "Gray"), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := src.Split(Train); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "train_labels has 3 records, and another array 2") {
		t.Errorf("arrays of two lengths: got %v", err)
	}
	if _, err := Open(pictureAndLabel(call("npz", "file", "no.npz"), "Gray"), dir); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "no.npz") {
		t.Errorf("no file: got %v", err)
	}
	// Real pictures: chest X-rays of MedMNIST.
	real := pictureAndLabel(call("npz", "file", testkit.Data(t, "medical/pneumoniamnist-train-val-test312.npz")), "Gray")
	if n := opened(t, real, "", Train).Len(); n != 3882 {
		t.Errorf("got %d X-rays, want 3,882", n)
	}
}

func TestCOCO(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "coco/annotations/instances_val2017.json", []byte(`{"info": {"year": 2017},
 "images": [{"id": 7, "file_name": "a.png", "height": 20, "width": 30}, {"id": 9, "file_name": "b.png"}],
 "annotations": [
  {"image_id": 9, "category_id": 3, "bbox": [25, 2.5, 30, 4], "segmentation": [[1, 2, 3]], "iscrowd": 0},
  {"image_id": 9, "category_id": 1, "bbox": [0, 0, 5, 6], "iscrowd": 1},
  {"image_id": 9, "category_id": 1, "bbox": [1, 2, 3, 4]}],
 "categories": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}]}`))
	put(t, dir, "coco/val2017/a.png", dot(t, 30, 20, color.White))
	put(t, dir, "coco/val2017/b.png", dot(t, 30, 20, color.Black))
	spec := &Spec{Name: "D", Source: call("coco", "dir", "coco"), Fields: []Field{
		{Name: "image", Kind: Picture, C: 3, Set: "RGB"}, {Name: "truth", Kind: Boxes, Set: "Thing", Labels: []string{"car", "person"}},
	}}
	set := opened(t, spec, dir, Test)
	if s := read(t, spec, set, 0); set.Len() != 2 || len(s.Boxes[1]) != 0 || s.Pictures[0].W != 30 {
		t.Errorf("got %d records, the first with the boxes %v", set.Len(), s.Boxes[1])
	}
	want := []Box{{X1: 25, Y1: 2.5, X2: 30, Y2: 6.5}, {X1: 1, Y1: 2, X2: 4, Y2: 6, Class: 1}}
	if s := read(t, spec, set, 1); !slices.Equal(s.Boxes[1], want) {
		t.Errorf("got the boxes %v, want %v", s.Boxes[1], want)
	}
	spec.Fields[1].Labels = []string{"person"}
	src, _ := Open(spec, dir)
	if _, err := src.Split(Val); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), `"car", which is no name of Thing`) {
		t.Errorf("a category without a name: got %v", err)
	}
	if _, err := src.Split(Train); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "instances_train*.json") {
		t.Errorf("no split: got %v", err)
	}
}

func TestTar(t *testing.T) {
	dir := t.TempDir()
	shard := func(name string, files ...any) {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for i := 0; i < len(files); i += 2 {
			content := files[i+1].([]byte)
			w.WriteHeader(&tar.Header{Name: files[i].(string), Size: int64(len(content)), Mode: 0o666, Typeflag: tar.TypeReg})
			w.Write(content)
		}
		w.Close()
		put(t, dir, name, b.Bytes())
	}
	white, black := dot(t, 5, 4, color.White), dot(t, 5, 4, color.Black)
	shard("s/train-0.tar", "x/01.png", white, "x/01.cls", []byte("2\n"), "x/01.txt", []byte("a white one\n"), "x/01.json", []byte("{}"))
	shard("s/train-1.tar", "x/02.cls", []byte("dark"), "x/02.png", black, "x/02.txt", []byte("a black one"))
	shard("s/val-0.tar", "v.png", black, "v.cls", []byte("0"), "v.txt", []byte("v"))
	spec := &Spec{Name: "D", Source: call("tar", "pattern", "s/*.tar"), Fields: []Field{
		{Name: "text", Kind: Text}, {Name: "image", Kind: Picture, C: 3, Set: "RGB"}, {Name: "label", Kind: Label, Set: "Shade", Labels: []string{"light", "dark", "white"}},
	}}
	set := opened(t, spec, dir, Train)
	a, b := read(t, spec, set, 0), read(t, spec, set, 1)
	if set.Len() != 2 || a.Texts[0] != "a white one" || a.Labels[2] != 2 || a.Pictures[1].Pix[0] != 255 || b.Texts[0] != "a black one" || b.Labels[2] != 1 || b.Pictures[1].Pix[0] != 0 {
		t.Errorf("got %d records: %v %v, %v %v", set.Len(), a.Texts, a.Labels, b.Texts, b.Labels)
	}
	if n := opened(t, spec, dir, Test).Len(); n != 1 {
		t.Errorf("got %d records of the test, want that of validation", n)
	}
	shard("s/train-2.tar", "y.png", white, "y.txt", []byte("no label"))
	src, _ := Open(spec, dir)
	if _, err := src.Split(Train); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "the record y has no label for the field label") {
		t.Errorf("a record without a label: got %v", err)
	}
}

func TestTextFile(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "words.txt", []byte("\ufeffone\n\n  two words \r\n"))
	spec := &Spec{Name: "D", Source: call("text", "file", "words.txt"), Fields: []Field{{Name: "line", Kind: Text}}}
	set := opened(t, spec, dir, Val)
	if set.Len() != 2 || read(t, spec, set, 1).Texts[0] != "two words" || !strings.HasSuffix(set.Name(1), "words.txt:3") {
		t.Errorf("got %d lines, the second %q at %s", set.Len(), read(t, spec, set, 1).Texts[0], set.Name(1))
	}
}
