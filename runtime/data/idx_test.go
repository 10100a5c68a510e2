package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

// idxBytes returns an IDX file with the given dimensions and content.
func idxBytes(content []byte, dims ...int) []byte {
	b := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return append(b, content...)
}

func gz(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestDecodeIDX(t *testing.T) {
	content := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	whole := idxBytes(content, 3, 2, 2)
	for name, data := range map[string][]byte{"raw": whole, "gzip": gz(whole)} {
		x, err := decodeIDX(bytes.NewReader(data), 3)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(x.dims) != 3 || x.dims[0] != 3 || x.dims[1] != 2 || x.dims[2] != 2 || !bytes.Equal(x.data, content) {
			t.Errorf("%s: got %+v", name, x)
		}
	}
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"empty":            {nil, []string{"empty"}},
		"short header":     {whole[:9], []string{"cut off", "9 bytes", "16"}},
		"one byte":         {whole[:1], []string{"cut off"}},
		"other rank":       {idxBytes(content, 12), []string{"00 00 08 01", "00 00 08 03"}},
		"floats":           {append([]byte{0, 0, 0x0d}, whole[3:]...), []string{"00 00 0d 03"}},
		"text":             {[]byte("<!DOCTYPE html><html>"), []string{"begins with 3c 21"}},
		"cut data":         {whole[:20], []string{"cut off", "announces 12 bytes", "has 4"}},
		"too long":         {append(whole[:len(whole):len(whole)], 0), []string{"announces 12 bytes", "more"}},
		"huge":             {idxBytes(nil, 1<<31, 1<<15, 1<<15), []string{"announces more than"}},
		"overflow":         {idxBytes(nil, 1<<32-1, 1<<32-1, 1<<32-1), []string{"announces more than"}},
		"cut gzip":         {gz(whole)[:20], []string{"cut off"}},
		"cut gzip header":  {gz(whole)[:5], []string{"cut off", "gzip"}},
		"damaged checksum": {damage(gz(idxBytes(bytes.Repeat(content, 100), 300, 2, 2))), []string{"damaged"}},
	} {
		_, err := decodeIDX(bytes.NewReader(c.data), 3)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", name, err, want)
			}
		}
	}
}

// damage changes the checksum at the end of a gzip file.
func damage(data []byte) []byte {
	data[len(data)-6] ^= 0xff
	return data
}

func FuzzIDX(f *testing.F) {
	whole := idxBytes([]byte{1, 2, 3, 4}, 1, 2, 2)
	f.Add(whole)
	f.Add(gz(whole))
	f.Add(idxBytes(nil, 1<<20, 28, 28))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := decodeIDX(bytes.NewReader(data), 3)
		if err == nil && len(x.data) != x.dims[0]*x.dims[1]*x.dims[2] {
			t.Fatalf("got %d bytes for %v", len(x.data), x.dims)
		}
	})
}

// TestTruncatedFile names the file and both sizes.
func TestTruncatedFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "train-images-idx3-ubyte")
	writeFile(t, path, idxBytes(make([]byte, 100), 10, 28, 28))
	writeFile(t, filepath.Join(dir, "train-labels-idx1-ubyte"), idxBytes(make([]byte, 10), 10))
	spec := digits()
	src, err := Open(spec, dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = src.Split(Train)
	for _, want := range []string{path, "7840", "100", "cut off"} {
		if !errors.Is(err, ErrData) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrData with %q", err, want)
		}
	}
	t.Logf("the user reads: netc: %v", err)
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMNISTRefuses is about files that are whole but do not belong together.
func TestMNISTRefuses(t *testing.T) {
	pictures := idxBytes(make([]byte, 2*28*28), 2, 28, 28)
	for name, c := range map[string]struct {
		images, labels []byte
		change         func(*Spec)
		want           []string
	}{
		"counts":   {pictures, idxBytes(make([]byte, 3), 3), nil, []string{"2 pictures", "3 labels"}},
		"label":    {pictures, idxBytes([]byte{0, 10}, 2), nil, []string{"record 1", "label 10", "10 names", "Digit"}},
		"size":     {idxBytes(make([]byte, 2*9), 2, 3, 3), idxBytes(make([]byte, 2), 2), nil, []string{"u8[3, 3, Gray]", "u8[28, 28, 1]"}},
		"none":     {idxBytes(nil, 0, 28, 28), idxBytes(nil, 0), nil, []string{"no pictures"}},
		"colour":   {pictures, idxBytes(make([]byte, 2), 2), func(s *Spec) { s.Fields[0].C = 3 }, []string{"u8[28, 28, 3]"}},
		"no label": {pictures, idxBytes(make([]byte, 2), 2), func(s *Spec) { s.Fields = s.Fields[:1] }, []string{"label", "none"}},
		"two labels": {pictures, idxBytes(make([]byte, 2), 2), func(s *Spec) {
			s.Fields = append(s.Fields, Field{Name: "other", Kind: Label})
		}, []string{"several"}},
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "train-images-idx3-ubyte.gz"), gz(c.images))
		writeFile(t, filepath.Join(dir, "train-labels.idx1-ubyte"), c.labels)
		spec := digits()
		if c.change != nil {
			c.change(spec)
		}
		src, err := Open(spec, dir)
		if err == nil {
			_, err = src.Split(Train)
		}
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", name, err, want)
			}
		}
	}
}

// TestOpenFinds looks for the data below the root, and in the root itself.
func TestOpenFinds(t *testing.T) {
	root := t.TempDir()
	for _, sub := range []string{"a/data/mnist", "b/mnist", "c"} {
		for _, name := range []string{"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"} {
			writeFile(t, filepath.Join(root, sub, name), idxBytes(make([]byte, 784), 1, 28, 28))
		}
		for _, name := range []string{"train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"} {
			writeFile(t, filepath.Join(root, sub, name), idxBytes(make([]byte, 1), 1))
		}
	}
	for _, sub := range []string{"a", "b", "c"} {
		src, err := Open(digits(), filepath.Join(root, sub))
		if err != nil {
			t.Errorf("%s: %v", sub, err)
			continue
		}
		for _, s := range []Split{Train, Val, Test} {
			if set, err := src.Split(s); err != nil || set.Len() != 1 {
				t.Errorf("%s: split %s: %v", sub, s, err)
			}
		}
	}
	_, err := Open(digits(), filepath.Join(root, "d"))
	if want := filepath.Join(root, "d", "data", "mnist"); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("got %v, want the path %s and --data", err, want)
	}
	spec := digits()
	spec.Source.Name = "lmdb"
	if _, err := Open(spec, root); err == nil || !strings.Contains(err.Error(), "`lmdb`") {
		t.Errorf("got %v, want a refusal of the source", err)
	}
	spec = digits()
	spec.Source.Args["dirs"] = "x"
	if _, err := Open(spec, filepath.Join(root, "c")); err == nil || !strings.Contains(err.Error(), "dirs") {
		t.Errorf("got %v, want a refusal of the argument", err)
	}
}

func TestRealMNIST(t *testing.T) {
	for _, name := range []string{"mnist", "fashion-mnist"} {
		t.Run(name, func(t *testing.T) {
			src, err := Open(digits(), filepath.Dir(testkit.Data(t, name+"/t10k-images-idx3-ubyte.gz")))
			if err != nil {
				t.Fatal(err)
			}
			set, err := src.Split(Test)
			if err != nil {
				t.Fatal(err)
			}
			s := sampleOf(t, set, 0)
			sum := 0
			for _, v := range s.Pictures[0].Pix {
				sum += int(v)
			}
			first := map[string][2]int{"mnist": {7, 18454}, "fashion-mnist": {9, 33440}}[name]
			if set.Len() != 10000 || int(s.Labels[1]) != first[0] {
				t.Errorf("got %d records, the first of class %d; want 10000 and %d", set.Len(), s.Labels[1], first[0])
			}
			if name == "mnist" && sum != first[1] {
				t.Errorf("got the sum %d of the first picture, want %d", sum, first[1])
			}
		})
	}
}

func sampleOf(t *testing.T, set Dataset, i int) *Sample {
	t.Helper()
	s := newSample(2)
	if err := set.Read(i, s); err != nil {
		t.Fatal(err)
	}
	return s
}
