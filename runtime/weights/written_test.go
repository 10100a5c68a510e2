package weights

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// headerOf returns the header of a file of f32 tensors of the given shapes.
func headerOf(t *testing.T, shapes map[string][]int) []byte {
	t.Helper()
	var arrays []Array
	for name, shape := range shapes {
		n := 1
		for _, d := range shape {
			n *= d
		}
		arrays = append(arrays, Array{Name: name, Shape: shape, Floats: make([]float32, n)})
	}
	data, err := Encode(arrays, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data[8 : 8+binary.LittleEndian.Uint64(data)]
}

// sameAsJSON reports whether a header is read the short way, and fails the test where the
// long way reads something else or refuses it.
func sameAsJSON(t *testing.T, header []byte) bool {
	t.Helper()
	f, spans, ok := writtenHeader(string(header))
	if !ok {
		return false
	}
	want, wantSpans, err := parseHeader(header)
	if err != nil || !reflect.DeepEqual(f, want) || !reflect.DeepEqual(spans, wantSpans) {
		t.Errorf("%.300q: got %+v %v, want %+v %v and %v", header, f, spans, want, wantSpans, err)
	}
	return true
}

func TestWrittenHeader(t *testing.T) {
	shapes := map[string][]int{"scalar": {}, "empty": {0, 3}, "b.weight": {2, 3, 1, 1}, "b.bias": {1008}, "a/packed": {7}}
	if !sameAsJSON(t, headerOf(t, shapes)) {
		t.Error("the header of Encode is read the long way")
	}
	for _, header := range []string{
		`{}`,
		`{"__metadata__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`,
		`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`,
		`{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"F32","shape":[1,],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"F32","shape":[,1],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`,
		`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`,
		`{"a":{"dtype":"F32","shape":[65536,65536],"data_offsets":[0,0]}}`,
		`{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}}`,
		`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`,
		`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}}`,
		`{"a\"":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
		"{\"\xff\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
		``,
	} {
		if sameAsJSON(t, []byte(header)) {
			t.Errorf("%s: read the short way", header)
		}
	}
}

// TestWrittenHeaderDamaged changes bytes of headers: what the short way still reads, the
// long way reads alike.
func TestWrittenHeaderDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const with = `"{}[],:0123456789 \aF` + "\x00\xff"
	read := 0
	for i := range 20_000 {
		shapes := map[string][]int{}
		for range 1 + r.IntN(3) {
			shapes[fmt.Sprint("n", r.IntN(12))] = []int{r.IntN(12), 1 + r.IntN(3)}[:r.IntN(3)]
		}
		header := headerOf(t, shapes)
		for range i % 3 {
			at := r.IntN(len(header))
			switch r.IntN(3) {
			case 0:
				header[at] = with[r.IntN(len(with))]
			case 1:
				header = append(header[:at], header[at+1:]...)
			default:
				header = append(header[:at], append([]byte{with[r.IntN(len(with))]}, header[at:]...)...)
			}
		}
		if sameAsJSON(t, header) {
			read++
		}
	}
	if read < 5_000 || read > 15_000 {
		t.Errorf("%d of 20000 headers were read the short way, want what is whole and little else", read)
	}
}
