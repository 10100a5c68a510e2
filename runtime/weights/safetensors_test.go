package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/tensor"
)

func read(t *testing.T, data []byte) *File {
	t.Helper()
	f, err := both(t, data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// both returns what Read makes of data, and fails the test where View makes something else,
// but for the elements, which it has at once.
func both(t *testing.T, data []byte) (*File, error) {
	t.Helper()
	f, err := Read(bytes.NewReader(data), int64(len(data)))
	v, viewErr := View(data)
	if (err == nil) != (viewErr == nil) || err != nil && err.Error() != viewErr.Error() {
		t.Fatalf("read: %v, viewed: %v", err, viewErr)
	}
	if err != nil {
		return f, err
	}
	for i := range v.tensors {
		x := &v.tensors[i]
		want := make([]byte, x.raw.Size())
		if err := x.readAll(want); err != nil || !bytes.Equal(x.data, want) {
			t.Fatalf("tensor %s: viewed %v, read %v, %v", x.Name, x.data, want, err)
		}
		x.data = nil
	}
	if !reflect.DeepEqual(f, v) {
		t.Fatalf("read %+v, viewed %+v", f, v)
	}
	return f, nil
}

// file builds a safetensors file from a header and data, without padding.
func file(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

func TestRoundTrip(t *testing.T) {
	bools := tensor.NewDense(tensor.Bool, 3)
	bools.Data[1] = 1
	wide := tensor.NewDense(tensor.I64, 2, 1)
	copy(wide.Int64s(), []int64{-1, 1 << 40})
	arrays := []Array{
		{Name: "z", Shape: []int{2, 3}, Floats: []float32{1, -2, 3.5, 0, float32(math.Inf(1)), 1e-45}},
		{Name: "ünïcode \"quoted\" <&>", Shape: nil, Floats: []float32{7}},
		{Name: "empty", Shape: []int{0, 4}},
		{Name: "mask", Shape: []int{3}, Dense: bools},
		{Name: "count", Shape: []int{2, 1}, Dense: wide},
	}
	meta := map[string]string{"b": "2", "a": "line\nbreak"}
	data, err := Encode(arrays, meta)
	if err != nil {
		t.Fatal(err)
	}
	f := read(t, data)
	if !reflect.DeepEqual(f.Metadata, meta) {
		t.Errorf("metadata: got %v, want %v", f.Metadata, meta)
	}
	if got := len(f.Tensors()); got != len(arrays) {
		t.Fatalf("got %d tensors, want %d", got, len(arrays))
	}
	for _, a := range arrays {
		got, ok := f.Lookup(a.Name)
		if !ok || !got.Shape.Equal(a.Shape) || got.DType != a.dtype() {
			t.Errorf("%s: got %v %v %v, want shape %v of %v", a.Name, ok, got.Shape, got.DType, a.Shape, a.dtype())
			continue
		}
		d, err := got.Dense()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.Data, a.bytes()) {
			t.Errorf("%s: got % x, want % x", a.Name, d.Data, a.bytes())
		}
		if a.Dense != nil {
			if _, err := got.Float32s(); err == nil {
				t.Errorf("%s: got no error reading %v as floats", a.Name, got.DType)
			}
			continue
		}
		v, err := got.Float32s()
		if err != nil || !reflect.DeepEqual(v, append([]float32{}, a.Floats...)) {
			t.Errorf("%s: got %v, %v, want %v", a.Name, v, err, a.Floats)
		}
	}
	if _, ok := f.Lookup("absent"); ok {
		t.Error("got a tensor called absent")
	}
}

// TestDeterministic shows that order of tensors and metadata does not reach the
// file, and that data begin at a cache line.
func TestDeterministic(t *testing.T) {
	a := Array{Name: "a", Shape: []int{1}, Floats: []float32{1}}
	b := Array{Name: "b", Shape: []int{1}, Floats: []float32{2}}
	meta := map[string]string{}
	for _, k := range strings.Split("q w e r t y u i o p", " ") {
		meta[k] = k
	}
	first, err := Encode([]Array{a, b}, meta)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := Encode([]Array{b, a}, meta)
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("got other bytes for the same content (%v)", err)
		}
	}
	if n := binary.LittleEndian.Uint64(first); (8+n)%align != 0 {
		t.Errorf("data begin at byte %d, want a multiple of %d", 8+n, align)
	}
	if want := "{\"__metadata__\":"; !strings.HasPrefix(string(first[8:]), want) {
		t.Errorf("got %.20q, want %q first", first[8:], want)
	}
}

// TestFill: arrays that are filled in place make the same bytes as those that exist before,
// beside wider elements and narrower ones.
func TestFill(t *testing.T) {
	wide, narrow := tensor.NewDense(tensor.I64, 3), tensor.NewDense(tensor.U8, 5)
	filled := []Array{{Name: "wide", Shape: []int{3}, Dense: wide}, {Name: "narrow", Shape: []int{5}, Dense: narrow}}
	given := slices.Clone(filled)
	for k := range 50 {
		name, n := fmt.Sprintf("t%02d", k), k*k%97
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(k*1000 + i)
		}
		given = append(given, Array{Name: name, Shape: []int{n}, Floats: x})
		filled = append(filled, Array{Name: name, Shape: []int{n}, Fill: func(dst []float32) error {
			if len(dst) != n {
				t.Errorf("%s: got room for %d floats, want %d", name, len(dst), n)
			}
			copy(dst, x)
			return nil
		}})
	}
	want, err := Encode(given, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Encode(filled, nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got another file, %v", err)
	}
	broken := errors.New("broken")
	filled[20].Fill = func([]float32) error { return broken }
	if _, err := Encode(filled, nil); err != broken {
		t.Errorf("got %v, want the error of a Fill", err)
	}
	filled[20].Fill = func([]float32) error { panic("a bug") }
	defer func() {
		if p := recover(); p != "a bug" {
			t.Errorf("got %v, want the panic of a Fill", p)
		}
	}()
	_, _ = Encode(filled, nil)
}

func TestEncodeRefuses(t *testing.T) {
	one := []float32{1}
	for name, arrays := range map[string][]Array{
		"twice":    {{Name: "a", Shape: []int{1}, Floats: one}, {Name: "a", Shape: []int{1}, Floats: one}},
		"reserved": {{Name: "__metadata__", Shape: []int{1}, Floats: one}},
		"size":     {{Name: "a", Shape: []int{2}, Floats: one}},
	} {
		if _, err := Encode(arrays, nil); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestWiden(t *testing.T) {
	le := binary.LittleEndian
	half := []struct {
		bits uint16
		want float32
	}{
		{0x0000, 0}, {0x8000, float32(math.Copysign(0, -1))}, {0x3c00, 1}, {0xc000, -2}, {0x7bff, 65504},
		{0x0001, 1.0 / (1 << 24)}, {0x83ff, -1023.0 / (1 << 24)}, {0x0400, 1.0 / (1 << 14)},
		{0x7c00, float32(math.Inf(1))}, {0xfc00, float32(math.Inf(-1))}, {0x3555, 0.33325195},
	}
	var data []byte
	for _, h := range half {
		data = le.AppendUint16(data, h.bits)
	}
	f := read(t, file(`{"h":{"dtype":"F16","shape":[11],"data_offsets":[0,22]}}`, data))
	h, _ := f.Lookup("h")
	got, err := h.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range half {
		if math.Float32bits(got[i]) != math.Float32bits(c.want) {
			t.Errorf("half %#04x: got %v, want %v", c.bits, got[i], c.want)
		}
	}
	if v := halfToFloat32(0x7e01); v == v {
		t.Errorf("half NaN: got %v", v)
	}
	data = le.AppendUint16(nil, 0xc0a0)
	data = le.AppendUint64(data, math.Float64bits(0.1))
	f = read(t, file(`{"d":{"dtype":"F64","shape":[1],"data_offsets":[2,10]},"b":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}`, data))
	for name, want := range map[string]float32{"b": -5, "d": 0.1} {
		x, _ := f.Lookup(name)
		if got, err := x.Float32s(); err != nil || got[0] != want {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, want)
		}
	}
}

// TestLargeTensor covers the piecewise conversion.
func TestLargeTensor(t *testing.T) {
	want := make([]float32, 50_001)
	for i := range want {
		want[i] = float32(i)
	}
	data, err := Encode([]Array{{Name: "w", Shape: []int{50_001}, Floats: want}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, _ := read(t, data).Lookup("w")
	got, err := w.Float32s()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got other numbers back, %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	one := make([]byte, 4)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":           {nil, "at least 8"},
		"text":            {[]byte("this is no tensor file"), "announces a header"},
		"huge header":     {file("{", nil)[:8], "announces a header"},
		"no object":       {file("[]", nil), "begin with {"},
		"broken json":     {file(`{"a":`, nil), "entry"},
		"cut json":        {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`, one), "ends early"},
		"two objects":     {file(`{}{}`, nil), "follows"},
		"twice":           {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)), "twice"},
		"dtype":           {file(`{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, one), "element type"},
		"negative":        {file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, one), "size"},
		"fraction":        {file(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, one), "size"},
		"overflow":        {file(`{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,4]}}`, one), "larger than any file"},
		"zero overflow":   {file(`{"a":{"dtype":"F32","shape":[0,2147483647],"data_offsets":[0,4]}}`, one), "takes 0 bytes"},
		"wrong size":      {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, one), "takes 8 bytes"},
		"one offset":      {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`, one), "offsets"},
		"backward":        {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, one), "offsets"},
		"cut data":        {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, one), "cut off"},
		"overlap":         {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, make([]byte, 6)), "overlaps"},
		"gap":             {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)), "belong to no tensor"},
		"rest":            {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 8)), "belong to no tensor"},
		"metadata":        {file(`{"__metadata__":{"a":1}}`, nil), "strings"},
		"metadata number": {file(`{"__metadata__":7}`, nil), "strings"},
	} {
		_, err := both(t, c.data)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want ErrFormat with %q", name, err, c.want)
		}
	}
}

// TestForeignTypes reads a file with an element type netc cannot use.
func TestForeignTypes(t *testing.T) {
	f := read(t, file(`{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}`, []byte{1, 2}))
	a, _ := f.Lookup("a")
	if a.DType != tensor.Invalid || a.Type() != "F8_E4M3" {
		t.Errorf("got %v %s, want invalid F8_E4M3", a.DType, a.Type())
	}
	if _, err := a.Dense(); err == nil {
		t.Error("Dense: got no error")
	}
	if _, err := a.Float32s(); err == nil {
		t.Error("Float32s: got no error")
	}
}

// TestPublished reads files that other programs wrote.
func TestPublished(t *testing.T) {
	for name, want := range map[string]struct {
		tensor string
		shape  tensor.Shape
		dtype  tensor.DType
	}{
		"models/resnet20-cifar10/resnet20.safetensors":            {"conv1.weight", tensor.Shape{16, 3, 3, 3}, tensor.F32},
		"models/mobilenetv2-imagenet/mobilenetv2_f16.safetensors": {"", nil, tensor.F16},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Load(testkit.Data(t, name))
			if err != nil {
				t.Fatal(err)
			}
			half := false
			for _, x := range f.Tensors() {
				half = half || x.DType == want.dtype
				if !x.DType.Float() {
					continue
				}
				v, err := x.Float32s()
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range v {
					if math.IsNaN(float64(e)) || math.Abs(float64(e)) > 1e4 {
						t.Fatalf("%s holds %v", x.Name, e)
					}
				}
			}
			if !half {
				t.Errorf("got no tensor of type %v", want.dtype)
			}
			if got, ok := f.Lookup(want.tensor); want.tensor != "" && (!ok || !got.Shape.Equal(want.shape)) {
				t.Errorf("%s: got %v %v, want %v", want.tensor, ok, got.Shape, want.shape)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	data, err := Encode([]Array{{Name: "a", Shape: []int{2}, Floats: []float32{1, 2}}}, map[string]string{"k": "v"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(file(`{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[0],"data_offsets":[2,2]}}`, []byte{1, 2}))
	f.Add(file(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := both(t, data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("got %v, want ErrFormat", err)
			}
			return
		}
		total := 0
		for _, x := range file.Tensors() {
			if x.DType == tensor.Invalid {
				continue
			}
			d, err := x.Dense()
			if err != nil {
				t.Fatalf("%s: %v", x.Name, err)
			}
			if total += len(d.Data); total > len(data) {
				t.Fatal("more was read than the file holds")
			}
			if x.DType.Float() {
				if _, err := x.Float32s(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
