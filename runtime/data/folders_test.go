package data

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"strings"
	"testing"
)

func pngBytes(t *testing.T, c color.Color, w, h int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.Set(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pets(dir string, args ...any) *Spec {
	spec := &Spec{
		Name:   "Pets",
		Source: StepCall{Name: "folders", Args: map[string]any{"dir": dir}},
		Fields: []Field{{Name: "image", Kind: Picture, C: 3, Set: "RGB"}, {Name: "label", Kind: Label, Set: "Pet", Labels: []string{"cat", "dog"}}},
		Prep: []Step{
			{Fields: []string{"image"}, Call: StepCall{Name: "resize", Args: map[string]any{"h": int64(4), "w": int64(4)}}},
			{Fields: []string{"image"}, Call: StepCall{Name: "chw"}},
		},
	}
	for i := 0; i < len(args); i += 2 {
		spec.Source.Args[args[i].(string)] = args[i+1]
	}
	return spec
}

func TestFolders(t *testing.T) {
	root := t.TempDir()
	red, blue := color.NRGBA{R: 200, A: 255}, color.NRGBA{B: 100, A: 255}
	for i := range 10 {
		writeFile(t, filepath.Join(root, "pets", "dog", fmt.Sprintf("%02d.png", i)), pngBytes(t, red, 5+i, 7))
	}
	for i := range 5 {
		writeFile(t, filepath.Join(root, "pets", "cat", "deep", fmt.Sprintf("%02d.PNG", i)), pngBytes(t, blue, 7, 5+i))
	}
	writeFile(t, filepath.Join(root, "pets", "cat", "notes.txt"), []byte("no picture"))
	writeFile(t, filepath.Join(root, "pets", ".git", "x.png"), []byte("no class"))
	split := func(spec *Spec, s Split) Dataset {
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
	all := split(pets("pets"), Train)
	if all.Len() != 15 {
		t.Fatalf("got %d pictures, want 15", all.Len())
	}
	if s := sampleOf(t, all, 0); s.Labels[1] != 0 || s.Pictures[0].Pix[2] != 100 {
		t.Errorf("got label %d and %v, want a blue cat", s.Labels[1], s.Pictures[0].Pix[:3])
	}
	if s := sampleOf(t, all, 14); s.Labels[1] != 1 || s.Pictures[0].Pix[0] != 200 {
		t.Errorf("got label %d and %v, want a red dog", s.Labels[1], s.Pictures[0].Pix[:3])
	}
	bgr := pets("pets")
	bgr.Fields[0].Set = "BGR"
	if s := sampleOf(t, split(bgr, Train), 14); s.Pictures[0].Pix[2] != 200 {
		t.Errorf("got %v, want red in the last channel of BGR", s.Pictures[0].Pix[:3])
	}
	l := loader(t, pets("pets"), all, LoaderOptions{Batch: 4, Train: true, Workers: 2})
	l.Start(0, 0)
	b, err := l.Next()
	if err != nil {
		t.Fatal(err)
	}
	if c, h, w := b.Shape("image"); c != 3 || h != 4 || w != 4 {
		t.Errorf("got pictures of %d, %d, %d, want 3, 4, 4", c, h, w)
	}

	// A share of each class is kept apart, the same one every time.
	spec := pets("pets", "val", 0.2)
	val, train := split(spec, Val), split(spec, Train)
	if val.Len() != 3 || train.Len() != 12 {
		t.Errorf("got %d and %d records, want 3 and 12", val.Len(), train.Len())
	}
	seen := map[string]int{}
	for _, set := range []Dataset{val, train} {
		for i := range set.Len() {
			seen[set.Name(i)]++
		}
	}
	if len(seen) != 15 {
		t.Errorf("got %d different pictures, want 15", len(seen))
	}
	if again := split(spec, Test); again.Name(0) != val.Name(0) || again.Len() != val.Len() {
		t.Error("test is not the part that was kept apart")
	}
}

func TestFolderSplits(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"train/cat/1.png", "train/cat/2.png", "train/dog/3.png", "test/cat/4.png"} {
		writeFile(t, filepath.Join(root, name), pngBytes(t, color.White, 2, 2))
	}
	src, err := Open(pets("."), root)
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[Split]int{Train: 3, Val: 1, Test: 1} {
		if set, err := src.Split(s); err != nil || set.Len() != want {
			t.Errorf("%s: got %v, %v, want %d pictures", s, set, err, want)
		}
	}
	if _, err := src.Split("other"); !errors.Is(err, ErrData) {
		t.Errorf("got %v for an unknown split, want ErrData", err)
	}
}

func TestFoldersRefuse(t *testing.T) {
	root := t.TempDir()
	good := pngBytes(t, color.White, 30, 30)
	writeFile(t, filepath.Join(root, "named", "bird", "1.png"), good)
	writeFile(t, filepath.Join(root, "broken", "cat", "1.png"), good)
	writeFile(t, filepath.Join(root, "broken", "dog", "2.png"), good[:len(good)-40])
	writeFile(t, filepath.Join(root, "empty", "cat", "notes.txt"), nil)
	writeFile(t, filepath.Join(root, "flat", "1.png"), good)
	writeFile(t, filepath.Join(root, "half", "cat", "1.png"), good)
	writeFile(t, filepath.Join(root, "half", "dog", "notes.txt"), nil)
	for name, c := range map[string]struct {
		spec *Spec
		want []string
	}{
		"unknown class": {pets("named"), []string{filepath.Join("named", "bird"), "Pet"}},
		"no pictures":   {pets("empty"), []string{"no pictures"}},
		"empty class":   {pets("half"), []string{filepath.Join("half", "dog"), "no pictures"}},
		"no folders":    {pets("flat"), []string{"one for each class"}},
		"absent":        {pets("absent/where"), []string{filepath.Join("absent", "where"), "--data"}},
		"share":         {pets("named", "val", 1.5), []string{"1.5"}},
		"classes":       {pets("named", "val_classes", 0.5, "val", 0.5), []string{"val_classes", "not both"}},
	} {
		src, err := Open(c.spec, root)
		if err == nil {
			_, err = src.Split(Train)
		}
		for _, want := range c.want {
			if !errors.Is(err, ErrData) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want ErrData with %q", name, err, want)
			}
		}
	}
	src, err := Open(pets("broken"), root)
	if err != nil {
		t.Fatal(err)
	}
	set, err := src.Split(Train)
	if err != nil {
		t.Fatal(err)
	}
	l := loader(t, pets("broken"), set, LoaderOptions{Batch: 2})
	l.Start(0, 0)
	if _, err := l.Next(); err == nil || !strings.Contains(err.Error(), filepath.Join("dog", "2.png")) {
		t.Errorf("got %v, want an error with the path", err)
	}
}
