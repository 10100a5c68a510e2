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
// lines, which vectors of AVX-512 would split; many are, and those whose owner wants so.
func TestEmbeddedWeightsLieOnLines(t *testing.T) {
	for _, row := range []struct {
		name   string
		floats int
		off    int // bytes from a line to the file
		shared bool
		moves  bool
	}{
		{"whole lines", 100, 0, false, false},
		{"half lines", 100, 32, false, kernel.Selected() == kernel.AVX512},
		{"half lines, shared", 100, 32, true, false},
		{"half lines, many", settleFrom, 32, false, false},
	} {
		x := make([]float32, row.floats)
		for i := range x {
			x[i] = float32(i)
		}
		file, err := weights.Encode([]weights.Array{{Name: "conv", Shape: []int{len(x)}, Floats: x}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		embedded := bytesOf(Floats(len(file)/4 + 8))[row.off:][:len(file)]
		copy(embedded, file)
		got, err := EmbeddedWeights(embedded, Options{SharedWeights: row.shared}, []State{{Name: "conv", Shape: []int{len(x)}}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got[0], x) {
			t.Errorf("%s: got other weights", row.name)
		}
		place := uintptr(unsafe.Pointer(&got[0][0])) - uintptr(unsafe.Pointer(&embedded[0]))
		if moves := place >= uintptr(len(file)); moves != row.moves {
			t.Errorf("%s: copied is %t, want %t", row.name, moves, row.moves)
		}
		if row.moves && splits(got[0], kernel.AVX512) {
			t.Errorf("%s: the copy lies at %p", row.name, &got[0][0])
		}
	}
}
