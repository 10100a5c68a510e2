package nrt

import (
	"bytes"
	"testing"

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
