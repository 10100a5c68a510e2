package testkit

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path"
	"strings"
	"testing"
)

// Array is the content of one .npy file, every element as float64.
type Array struct {
	Shape  []int
	Values []float64
}

// Case is one folder of reference values: what was computed and its arrays by
// file name without .npy.
type Case struct {
	Name   string
	Kind   string
	Attrs  map[string]any
	Arrays map[string]Array
}

// Float returns a number of the case's attributes, or otherwise when it is absent.
func (c Case) Float(name string, otherwise float64) float64 {
	if v, ok := c.Attrs[name].(float64); ok {
		return v
	}
	return otherwise
}

// Cases reads every folder of a zip file of the public test data, in the order
// of their names, or skips the test when the file is absent.
func Cases(t testing.TB, name string) []Case {
	t.Helper()
	z, err := zip.OpenReader(Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var cases []Case
	for _, f := range z.File {
		folder, base := path.Split(f.Name)
		if folder == "" || strings.HasSuffix(f.Name, "/") {
			continue
		}
		folder = strings.TrimSuffix(folder, "/")
		if n := len(cases); n == 0 || cases[n-1].Name != folder {
			cases = append(cases, Case{Name: folder, Arrays: map[string]Array{}})
		}
		c := &cases[len(cases)-1]
		data, err := content(f)
		if err == nil && base == "case.json" {
			err = json.Unmarshal(data, c)
		} else if stem, ok := strings.CutSuffix(base, ".npy"); err == nil && ok {
			c.Arrays[stem], err = ReadNPY(data)
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", name, f.Name, err)
		}
	}
	return cases
}

func content(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// ReadNPY decodes a version 1 .npy file of f4, f8, i4, i8, u1 or b1 in C order.
func ReadNPY(data []byte) (Array, error) {
	if len(data) < 10 || string(data[:6]) != "\x93NUMPY" {
		return Array{}, fmt.Errorf("found no .npy header")
	}
	size := int(binary.LittleEndian.Uint16(data[8:]))
	if len(data) < 10+size {
		return Array{}, io.ErrUnexpectedEOF
	}
	header, body := string(data[10:10+size]), bytes.NewReader(data[10+size:])
	var a Array
	n := 1
	if _, dims, ok := strings.Cut(header, "'shape': ("); ok {
		dims, _, _ = strings.Cut(dims, ")")
		for _, d := range strings.Split(dims, ",") {
			var v int
			if _, err := fmt.Sscan(d, &v); err == nil {
				a.Shape = append(a.Shape, v)
				n *= v
			}
		}
	}
	_, dtype, _ := strings.Cut(header, "'descr': '")
	dtype, _, _ = strings.Cut(dtype, "'")
	var err error
	switch dtype {
	case "<f4":
		a.Values, err = elements[float32](body, n)
	case "<f8":
		a.Values, err = elements[float64](body, n)
	case "<i4":
		a.Values, err = elements[int32](body, n)
	case "<i8":
		a.Values, err = elements[int64](body, n)
	case "|u1", "|b1":
		a.Values, err = elements[uint8](body, n)
	default:
		err = fmt.Errorf("found element type %q, expected <f4, <f8, <i4, <i8, |u1 or |b1", dtype)
	}
	return a, err
}

func elements[T float32 | float64 | int32 | int64 | uint8](r *bytes.Reader, n int) ([]float64, error) {
	if n < 0 || n > r.Len() {
		return nil, io.ErrUnexpectedEOF
	}
	raw := make([]T, n)
	if err := binary.Read(r, binary.LittleEndian, raw); err != nil {
		return nil, err
	}
	out := make([]float64, n)
	for i, v := range raw {
		out[i] = float64(v)
	}
	return out, nil
}

// Far returns the first position at which got and want differ by more than
// tolerance·max(1, |want|), or −1.
func Far[G, W ~float32 | ~float64](got []G, want []W, tolerance float64) int {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			return i
		}
		g, w := float64(got[i]), float64(want[i])
		if !(math.Abs(g-w) <= tolerance*math.Max(1, math.Abs(w))) {
			return i
		}
	}
	return -1
}
