package data

import (
	"errors"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func captions() *Spec {
	return &Spec{
		Name:   "Captions",
		Source: StepCall{Name: "csv", Args: map[string]any{"file": "in/captions.csv", "image": "path", "text": "caption"}},
		Fields: []Field{{Name: "image", Kind: Picture, C: 1, Set: "Gray"}, {Name: "text", Kind: Text}},
		Prep: []Step{
			{Fields: []string{"image"}, Call: StepCall{Name: "chw"}},
			{Fields: []string{"text"}, Call: StepCall{Name: "bpe", Args: map[string]any{"file": "vocab.bpe", "length": int64(6)}}},
		},
	}
}

// TestCSV reads pictures and texts, and encodes the texts by hand-made merges: "a b"
// is 257, "ab c" 258, and a space before x is 259.
func TestCSV(t *testing.T) {
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "in", "p.png"), encode(t, image.NewGray(image.Rect(0, 0, 2, 2))))
	writeFile(t, filepath.Join(root, "in", "captions.csv"), []byte("path,caption,split\np.png,abcab x,train\np.png,\"a, very very long text\",train\np.png,,test\n"))
	writeFile(t, filepath.Join(root, "vocab.bpe"), []byte("#version: 0.2\na b\nab c\nĠ x\n"))
	spec := captions()
	src, err := Open(spec, root)
	if err != nil {
		t.Fatal(err)
	}
	for split, want := range map[Split][][]int32{
		Train: {{258, 257, 259, 0, 0, 0}, {'a' + 1, ',' + 1, ' ' + 1, 'v' + 1, 'e' + 1, 'r' + 1}},
		Val:   {{0, 0, 0, 0, 0, 0}},
	} {
		set, err := src.Split(split)
		if err != nil {
			t.Fatal(err)
		}
		l, err := NewLoader(spec, set, LoaderOptions{Batch: 4})
		if err != nil {
			t.Fatal(err)
		}
		l.Start(0, 0)
		b, err := l.Next()
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Int32("text"); !slices.Equal(got, slices.Concat(want...)) {
			t.Errorf("%s: got %v, want %v", split, got, want)
		}
		l.Stop()
	}
}

// TestCSVRefuses holds what is said about tables and vocabularies that do not fit.
func TestCSVRefuses(t *testing.T) {
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "in", "captions.csv"), []byte("path,caption\np.png,x\n"))
	writeFile(t, filepath.Join(root, "bad.bpe"), []byte("a b c\n"))
	for _, c := range []struct {
		change func(*Spec)
		want   string
	}{
		{func(s *Spec) { s.Source.Args["file"] = "none.csv" }, "there is no file"},
		{func(s *Spec) { s.Source.Args["text"] = "words" }, "has no column words for the field text; it has path, caption"},
		{func(s *Spec) { s.Source.Args["title"] = "x" }, "no argument title"},
		{func(s *Spec) {}, "vocab.bpe cannot be read"},
		{func(s *Spec) { s.Prep[1].Call.Args["file"] = "bad.bpe" }, "line 1 of"},
	} {
		spec := captions()
		c.change(spec)
		src, err := Open(spec, root)
		if err == nil {
			var set Dataset
			if set, err = src.Split(Train); err == nil {
				_, err = NewLoader(spec, set, LoaderOptions{Batch: 1})
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
		if c.want != "no argument title" && !errors.Is(err, ErrData) {
			t.Errorf("%v is no ErrData", err)
		}
	}
}
