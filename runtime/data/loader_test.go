package data

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/runtime/data/augment"
)

func newSample(n int) *Sample { return augment.NewSample(n) }

// numbered is a set whose record i is a 4 by 3 picture filled with i, labelled i.
type numbered struct {
	n    int
	fail int // this record cannot be read
	odd  int // this record has another size
}

func (d numbered) Len() int          { return d.n }
func (d numbered) Name(i int) string { return fmt.Sprint("record ", i) }

func (d numbered) Read(i int, s *Sample) error {
	if i == d.fail {
		return errors.New("record cannot be read")
	}
	w := 4
	if i == d.odd {
		w = 5
	}
	s.Pictures[0].Resize(w, 3, 1)
	for k := range s.Pictures[0].Pix {
		s.Pictures[0].Pix[k] = byte(i)
	}
	s.Labels[1] = int32(i)
	return nil
}

func plain() *Spec {
	return &Spec{
		Name:   "Plain",
		Fields: []Field{{Name: "image", Kind: Picture, C: 1}, {Name: "label", Kind: Label}},
		Prep:   []Step{{Fields: []string{"image"}, Call: StepCall{Name: "chw"}}},
	}
}

// epoch returns the labels of each batch, checking that pictures follow them.
func epoch(t *testing.T, l *Loader, number, first int) (batches [][]int32, pixels []float32) {
	t.Helper()
	l.Start(number, first)
	for {
		b, err := l.Next()
		if err == io.EOF {
			return batches, pixels
		}
		if err != nil {
			t.Fatal(err)
		}
		labels := b.Int32("label")
		if len(labels) != b.N || len(b.Float32("image")) != 12*b.N {
			t.Fatalf("a batch of %d has %d labels and %d numbers", b.N, len(labels), len(b.Float32("image")))
		}
		batches = append(batches, slices.Clone(labels))
		pixels = append(pixels, b.Float32("image")...)
	}
}

func loader(t *testing.T, spec *Spec, set Dataset, o LoaderOptions) *Loader {
	t.Helper()
	l, err := NewLoader(spec, set, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Stop)
	return l
}

func TestLoaderOrder(t *testing.T) {
	l := loader(t, plain(), numbered{n: 10, fail: -1, odd: -1}, LoaderOptions{Batch: 4})
	got, pixels := epoch(t, l, 0, 0)
	if want := "[[0 1 2 3] [4 5 6 7] [8 9]]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	for i := range 10 {
		if want := float32(i) / 255; pixels[i*12] != want || pixels[i*12+11] != want {
			t.Errorf("picture %d: got %v, want %v", i, pixels[i*12], want)
		}
	}
	if l.Batches() != 3 || l.Len() != 10 {
		t.Errorf("got %d batches of %d records, want 3 of 10", l.Batches(), l.Len())
	}
	if _, err := l.Next(); err != io.EOF {
		t.Errorf("after the end: got %v, want EOF", err)
	}
}

// TestLoaderShuffles wants each record once, in another order for each epoch and
// seed, and the same for any number of workers.
func TestLoaderShuffles(t *testing.T) {
	set := numbered{n: 101, fail: -1, odd: -1}
	spec := plain()
	spec.Augment = []Step{{Fields: []string{"image"}, Call: StepCall{Name: "noise", Args: map[string]any{"std": 0.1}}}}
	o := LoaderOptions{Batch: 8, Train: true, Seed: 3}
	seen := map[string]bool{}
	for number := range 3 {
		var text string
		for _, workers := range []int{1, 2, 7} {
			o.Workers, o.Ahead = workers, workers
			batches, pixels := epoch(t, loader(t, spec, set, o), number, 0)
			if now := fmt.Sprint(batches, pixels); text == "" {
				text = now
			} else if now != text {
				t.Errorf("epoch %d: got other batches with %d workers", number, workers)
			}
			all := slices.Concat(batches...)
			slices.Sort(all)
			for i, v := range all {
				if int(v) != i {
					t.Fatalf("epoch %d: record %d is missing or twice", number, i)
				}
			}
		}
		if seen[text] {
			t.Errorf("epoch %d repeats an earlier one", number)
		}
		seen[text] = true
	}
	o.Seed = 4
	batches, pixels := epoch(t, loader(t, spec, set, o), 0, 0)
	if seen[fmt.Sprint(batches, pixels)] {
		t.Error("another seed gives the same batches")
	}
}

// TestLoaderMiddle starts where an interrupted epoch stopped.
func TestLoaderMiddle(t *testing.T) {
	l := loader(t, plain(), numbered{n: 50, fail: -1, odd: -1}, LoaderOptions{Batch: 8, Train: true, Workers: 3})
	whole, _ := epoch(t, l, 5, 0)
	for _, first := range []int{1, 4, 7} {
		got, _ := epoch(t, l, 5, first)
		if fmt.Sprint(got) != fmt.Sprint(whole[first:]) {
			t.Errorf("from batch %d: got %v, want %v", first, got, whole[first:])
		}
	}
	// Starting again in the middle drops what was prepared.
	l.Start(5, 0)
	for range 3 {
		if _, err := l.Next(); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := epoch(t, l, 5, 0)
	if fmt.Sprint(got) != fmt.Sprint(whole) {
		t.Errorf("after a restart: got %v, want %v", got, whole)
	}
}

func TestLoaderErrors(t *testing.T) {
	for _, c := range []struct {
		set  numbered
		want []string
	}{
		{numbered{n: 40, fail: 17, odd: -1}, []string{"record cannot be read"}},
		{numbered{n: 40, fail: -1, odd: 17}, []string{"record 17", "5 by 3", "4 by 3", "resize"}},
	} {
		l := loader(t, plain(), c.set, LoaderOptions{Batch: 4, Workers: 3})
		for range 2 { // a loader can be started again after an error
			l.Start(0, 0)
			var err error
			n := 0
			for ; err == nil; n++ {
				_, err = l.Next()
			}
			if n != 5 {
				t.Errorf("got the error at batch %d, want 5: order holds for errors too", n)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*Spec, *LoaderOptions)
		want   string
	}{
		"batch":   {func(_ *Spec, o *LoaderOptions) { o.Batch = 0 }, "batch of 0"},
		"unknown": {func(s *Spec, _ *LoaderOptions) { s.Prep[0].Call.Name = "mosaic" }, "`mosaic`"},
		"field":   {func(s *Spec, _ *LoaderOptions) { s.Prep[0].Fields[0] = "picture" }, "no field picture"},
		"label":   {func(s *Spec, _ *LoaderOptions) { s.Prep[0].Fields[0] = "label" }, "label is a label"},
		"after chw": {func(s *Spec, _ *LoaderOptions) {
			s.Prep = append(s.Prep, Step{[]string{"image"}, StepCall{Name: "hflip"}})
		}, "after chw"},
		"no argument": {func(s *Spec, _ *LoaderOptions) { s.Eval = []Step{{[]string{"image"}, StepCall{Name: "center_crop"}}} }, "h is missing"},
	} {
		spec, o := plain(), LoaderOptions{Batch: 4}
		c.change(spec, &o)
		if _, err := NewLoader(spec, numbered{n: 4, fail: -1, odd: -1}, o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := NewLoader(plain(), numbered{}, LoaderOptions{Batch: 1}); !errors.Is(err, ErrData) {
		t.Errorf("got %v for an empty set, want ErrData", err)
	}
}

// TestLoaderAllocates nothing for a batch once an epoch runs.
func TestLoaderAllocates(t *testing.T) {
	spec := plain()
	spec.Augment = []Step{
		{Fields: []string{"image"}, Call: StepCall{Name: "rotate", Args: map[string]any{"degrees": [2]float64{-20, 20}}}},
		{Fields: []string{"image"}, Call: StepCall{Name: "brightness", Args: map[string]any{"by": [2]float64{0.5, 1.5}}}},
	}
	l := loader(t, spec, numbered{n: 100_000, fail: -1, odd: -1}, LoaderOptions{Batch: 8, Train: true})
	l.Start(0, 0)
	next := func() {
		if _, err := l.Next(); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		next()
	}
	if n := testing.AllocsPerRun(500, next); n > 0 {
		t.Errorf("got %v allocations a batch, want none", n)
	}
}

func TestBatchPanics(t *testing.T) {
	b := NewBatch(2)
	b.AddLabel("label")
	for name, f := range map[string]func(){
		"absent":             func() { b.Float32("image") },
		"label as a picture": func() { b.Float32("label") },
		"absent label":       func() { b.Int32("image") },
		"absent shape":       func() { b.Shape("image") },
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

func TestFolderRoot(t *testing.T) {
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "sub", "file"), nil)
	never := func(string) bool { return false }
	if got, err := folder(root, "sub", never); err != nil || got != filepath.Join(root, "sub") {
		t.Errorf("got %s, %v, want the folder that is there, whose content is judged later", got, err)
	}
	if _, err := folder(root, filepath.Join(root, "absent"), never); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("got %v, want an error with the absolute path", err)
	}
}

// TestLoaderVaries: batches of pictures of two sizes hold one record where they are
// measured, and as many as were asked for, of one size, where they train.
func TestLoaderVaries(t *testing.T) {
	l := loader(t, plain(), numbered{n: 3, fail: -1, odd: 1}, LoaderOptions{Batch: 2, Varied: true})
	if l.Batches() != 3 || l.Name() != "no record" {
		t.Errorf("got %d batches and %q before the first, want 3 and no record", l.Batches(), l.Name())
	}
	for number := range 2 { // what a batch keeps fits the next size
		l.Start(number, 0)
		for i, width := range []int{4, 5, 4} {
			b, err := l.Next()
			if err != nil {
				t.Fatal(err)
			}
			_, h, w := b.Shape("image")
			if b.N != 1 || h != 3 || w != width || len(b.Float32("image")) != 3*width || b.Float32("image")[3*width-1] != float32(i)/255 || l.Name() != fmt.Sprint("record ", i) {
				t.Errorf("record %d: got %d of %d by %d, %v, %q", i, b.N, w, h, b.Float32("image"), l.Name())
			}
		}
		if _, err := l.Next(); err != io.EOF {
			t.Errorf("got %v at the end, want io.EOF", err)
		}
	}
	train := loader(t, plain(), numbered{n: 4, fail: -1, odd: -1}, LoaderOptions{Batch: 2, Varied: true, Train: true})
	if batches, _ := epoch(t, train, 0, 0); len(batches) != 2 || len(batches[0]) != 2 {
		t.Errorf("got batches %v, want two of two records", batches)
	}
	mixed := loader(t, plain(), numbered{n: 4, fail: -1, odd: 1}, LoaderOptions{Batch: 4, Varied: true, Train: true})
	mixed.Start(0, 0)
	if _, err := mixed.Next(); err == nil || !strings.Contains(err.Error(), "others of its batch are") || !strings.HasSuffix(err.Error(), ", or set batch = 1") {
		t.Errorf("got %v for a batch of two sizes, want an error that tells what to do", err)
	}
}
