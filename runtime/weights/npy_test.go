package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/tensor"
)

// npy returns a .npy file of version 1 with the given dictionary.
func npy(dict string, data []byte) []byte {
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(dict)), byte(len(dict)>>8))
	return append(append(out, dict...), data...)
}

func npz(t testing.TB, arrays map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range arrays {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadNPY(t *testing.T) {
	floats, _ := binary.Append(nil, binary.LittleEndian, []float32{1, -2, 3, 4, 5, 6})
	big, _ := binary.Append(nil, binary.BigEndian, []float32{1, -2, 3, 4, 5, 6})
	for name, c := range map[string]struct {
		dict  string
		data  []byte
		shape tensor.Shape
	}{
		"matrix": {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n", floats, tensor.Shape{2, 3}},
		"vector": {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", floats, tensor.Shape{6}},
		"big":    {"{'descr': '>f4', 'fortran_order': False, 'shape': (3, 1, 2), }", big, tensor.Shape{3, 1, 2}},
	} {
		x, err := ReadNPY(name, bytes.NewReader(npy(c.dict, c.data)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := x.Float32s()
		if err != nil || !x.Shape.Equal(c.shape) || !reflect.DeepEqual(got, []float32{1, -2, 3, 4, 5, 6}) {
			t.Errorf("%s: got %v of shape %v, %v", name, got, x.Shape, err)
		}
	}
	x, err := ReadNPY("scalar", bytes.NewReader(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", []byte{7})))
	if err != nil || len(x.Shape) != 0 || x.DType != tensor.U8 {
		t.Errorf("scalar: got %+v, %v", x, err)
	}
}

func TestReadNPYRefuses(t *testing.T) {
	ok := "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":   {nil, "does not begin"},
		"text":    {[]byte("not an array at all"), "does not begin"},
		"version": {[]byte("\x93NUMPY\x09\x00\x00\x00"), "version 9"},
		"cut":     {npy(ok, nil)[:20], "cut off"},
		"header":  {append([]byte("\x93NUMPY\x02\x00"), 0xff, 0xff, 0xff, 0xff), "4294967295 bytes"},
		"dict":    {npy("{'shape': (2,)}", nil), "dictionary"},
		"fortran": {npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }", nil), "Fortran"},
		"objects": {npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", nil), "|O"},
		"shape":   {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, x), }", nil), "shape is (2, x)"},
		"minus":   {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", nil), "shape is (-2,)"},
		"huge":    {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 2000000000, 2000000000), }", nil), "terabyte"},
		"short":   {npy(ok, make([]byte, 7)), "8 bytes of data, and it has 7"},
		"long":    {npy(ok, make([]byte, 9)), "8 bytes of data, and it has 9"},
	} {
		_, err := ReadNPY("a", bytes.NewReader(c.data))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want ErrFormat with %q", name, err, c.want)
		}
	}
}

func TestNPZ(t *testing.T) {
	one := npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }", []byte{1, 0, 0, 0})
	data := npz(t, map[string][]byte{"b.npy": one, "a/c.npy": one})
	path := filepath.Join(t.TempDir(), "w.npz")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Load(path)
	if err != nil || len(f.Tensors()) != 2 || f.Tensors()[0].Name != "a/c" {
		t.Errorf("got %+v, %v", f, err)
	}
	for name, data := range map[string][]byte{
		"cut":      data[:len(data)-10],
		"no array": npz(t, map[string][]byte{"readme.txt": one}),
		"damaged":  flip(data, 64),
	} {
		if _, err := ReadNPZ(bytes.NewReader(data), int64(len(data))); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v, want ErrFormat", name, err)
		}
	}
}

func flip(data []byte, at int) []byte {
	out := bytes.Clone(data)
	out[at] ^= 0x3c
	return out
}

// TestPublishedNPZ reads archives that NumPy wrote.
func TestPublishedNPZ(t *testing.T) {
	f, err := Load(testkit.Data(t, "medical/pneumoniamnist-train-val-test312.npz"))
	if err != nil {
		t.Fatal(err)
	}
	x, ok := f.Lookup("train_images")
	if !ok || !x.Shape.Equal([]int{3882, 28, 28}) || x.DType != tensor.U8 {
		t.Errorf("got %v %v of %v, want [3882 28 28] of u8", ok, x.Shape, x.DType)
	}
	z, err := zip.OpenReader(testkit.Data(t, "reference-values/image-transforms-public.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	r, err := z.Open("to_tensor_normalize.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, err := ReadNPY("n", r)
	if err != nil || !n.Shape.Equal([]int{3, 72, 96}) {
		t.Errorf("got %v, %v, want [3 72 96]", n.Shape, err)
	}
}

func FuzzNPY(f *testing.F) {
	f.Add(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", make([]byte, 8)))
	f.Add(npy("{'descr': '>f8', 'fortran_order': False, 'shape': (), }", make([]byte, 8)))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := ReadNPY("a", bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("got %v, want ErrFormat", err)
			}
			return
		}
		if n, err := io.Copy(io.Discard, x.raw); err != nil || n > int64(len(data)) {
			t.Fatalf("got %d bytes of data from a file of %d, %v", n, len(data), err)
		}
	})
}
