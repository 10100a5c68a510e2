package nrt

import (
	"bytes"
	"slices"
	"testing"
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/weights"
)

// TestWeightsOfSeveralNets asserts that a weight is found under its net's name
// first, and under its own in a file for that net alone.
func TestWeightsOfSeveralNets(t *testing.T) {
	both, err := weights.Encode([]weights.Array{
		{Name: "conv", Shape: []int{1}, Floats: []float32{1}},
		{Name: "Big.conv", Shape: []int{2}, Floats: []float32{2, 3}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := weights.Encode([]weights.Array{{Name: "conv", Shape: []int{2}, Floats: []float32{4, 5}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []State{{Name: "conv", Shape: []int{2}, Net: "Big"}}
	for _, row := range []struct {
		name string
		file []byte
		want float32
	}{{"both nets", both, 3}, {"one net", alone, 5}} {
		f, err := weights.Read(bytes.NewReader(row.file), int64(len(row.file)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Bind(f, want)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
		} else if got[0][1] != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got[0][1], row.want)
		}
	}
}

// TestEmbeddedWeightsLieOnLines: few weights are read where they lie unless that is on half
// lines, which vectors of AVX-512 would split.
func TestEmbeddedWeightsLieOnLines(t *testing.T) {
	x := make([]float32, 100)
	for i := range x {
		x[i] = float32(i)
	}
	file, err := weights.Encode([]weights.Array{{Name: "conv", Shape: []int{len(x)}, Floats: x}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range []int{0, 32} {
		embedded := bytesOf(Floats(len(file)/4 + 8))[off:][:len(file)]
		copy(embedded, file)
		got, err := EmbeddedWeights(embedded, []State{{Name: "conv", Shape: []int{len(x)}}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got[0], x) {
			t.Errorf("at %d: got %v, want %v", off, got[0], x)
		}
		place := uintptr(unsafe.Pointer(&got[0][0])) - uintptr(unsafe.Pointer(&embedded[0]))
		moves := off != 0 && kernel.Selected() == kernel.AVX512
		if inside := place < uintptr(len(file)); inside == moves || moves && splits(got[0], kernel.AVX512) {
			t.Errorf("at %d: in place is %t, at %p", off, inside, &got[0][0])
		}
	}
}
