package data

import (
	"errors"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// numbersOf returns the numbers x and y of the first batch of training records.
func numbersOf(t *testing.T, spec *Spec, root string) (x, y []float32, err error) {
	t.Helper()
	src, err := Open(spec, root)
	if err != nil {
		return nil, nil, err
	}
	set, err := src.Split(Train)
	if err != nil {
		return nil, nil, err
	}
	l, err := NewLoader(spec, set, LoaderOptions{Batch: 2})
	if err != nil {
		return nil, nil, err
	}
	defer l.Stop()
	l.Start(0, 0)
	b, err := l.Next()
	if err != nil {
		return nil, nil, err
	}
	return slices.Clone(b.Float32("x")), slices.Clone(b.Float32("y")), nil
}

// TestNumbers reads numbers of a table, one a column, and arrays of NumPy of any shape.
func TestNumbers(t *testing.T) {
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "p.png"), encode(t, image.NewGray(image.Rect(0, 0, 2, 2))))
	table := &Spec{
		Name:   "Table",
		Source: StepCall{Name: "csv", Args: map[string]any{"file": "t.csv", "image": "path"}},
		Fields: []Field{{Name: "image", Kind: Picture, C: 1, Set: "Gray"}, {Name: "x", Kind: Array, Size: 1}, {Name: "y", Kind: Array, Size: 1}},
		Prep:   []Step{{Fields: []string{"image"}, Call: StepCall{Name: "chw"}}},
	}
	writeFile(t, filepath.Join(root, "t.csv"), []byte("y,path,x\n1.5,p.png,-2\n 1e-3 ,p.png,0\n"))
	x, y, err := numbersOf(t, table, root)
	if err != nil || !slices.Equal(x, []float32{-2, 0}) || !slices.Equal(y, []float32{1.5, 1e-3}) {
		t.Errorf("csv: got %v, %v and %v", x, y, err)
	}
	for _, bad := range []string{"far", "", "NaN", "inf"} {
		writeFile(t, filepath.Join(root, "t.csv"), []byte("y,path,x\n"+bad+",p.png,-2\n"))
		if _, _, err := numbersOf(t, table, root); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "is no number for y") {
			t.Errorf("csv with %q: got %v, want an ErrData", bad, err)
		}
	}
	arrays := &Spec{
		Name: "Arrays", Source: StepCall{Name: "npz", Args: map[string]any{"file": "a.npz"}},
		Fields: []Field{{Name: "x", Kind: Array, Size: 4}, {Name: "y", Kind: Array, Size: 1}},
	}
	files := map[string][]byte{
		"x.npy": npyOf("<f4", []int{2, 2, 2}, []float32{1, 2, 3, 4, 5, 6, 7, 8}),
		"y.npy": npyOf("<f8", []int{2}, []float64{0.25, -1}),
	}
	put(t, root, "a.npz", zipped(t, files))
	x, y, err = numbersOf(t, arrays, root)
	if err != nil || !slices.Equal(x, []float32{1, 2, 3, 4, 5, 6, 7, 8}) || !slices.Equal(y, []float32{0.25, -1}) {
		t.Errorf("npz: got %v, %v and %v", x, y, err)
	}
	arrays.Fields[0].Size = 3
	if _, _, err := numbersOf(t, arrays, root); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "the sample says 3 numbers for each record") {
		t.Errorf("npz of another shape: got %v, want an ErrData", err)
	}
	b, err := RandomBatch(table, map[string][3]int{"image": {1, 2, 2}}, 3, 1)
	if err != nil || len(b.Float32("x")) != 3 || b.Float32("x")[0] == b.Float32("x")[1] {
		t.Errorf("a random batch has the numbers %v (%v)", b.Float32("x"), err)
	}
}
