package driver

import (
	"testing"

	nrt "github.com/netc-lang/netc/runtime"
)

// label is a class whose JSON form is a word.
type label int

func (l label) MarshalText() ([]byte, error) { return []byte([]string{"cell", "border"}[l]), nil }

// TestArrayOutputs: a line of text sums an array up, JSON has all of it.
func TestArrayOutputs(t *testing.T) {
	out, err := outputsOf(struct {
		Tissue nrt.Array[label]   `json:"tissue"`
		Sure   nrt.Array[float32] `json:"sure"`
		Mask   [2][3]label        `json:"mask"`
		Pair   [2]float32         `json:"pair"`
	}{
		nrt.Array[label]{Shape: []int{1, 4}, Values: []label{1, 0, 1, 1}},
		nrt.Array[float32]{Shape: []int{2}, Values: []float32{0.5, 0.25}},
		[2][3]label{{1, 0, 0}, {0, 0, 1}},
		[2]float32{1, 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := out.text("a.png"), "a.png: tissue 1x4 border 75 %, cell 25 %  sure 2 from 0.25 to 0.5  mask 2x3 cell 66.7 %, border 33.3 %  pair [1,2]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := out.json("a.png"), `{"image":"a.png","tissue":{"shape":[1,4],"values":["border","cell","border","border"]},"sure":{"shape":[2],"values":[0.5,0.25]},"mask":[["border","cell","cell"],["cell","cell","border"]],"pair":[1,2]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
