package train

import (
	"math"
	"testing"
)

// TestConfusion holds the means over classes against counts made by hand.
func TestConfusion(t *testing.T) {
	// rows by label: of 4 zeros 3 are found, of 2 ones 1; nothing is a two
	counts := []float64{3, 1, 0, 1, 1, 0, 0, 0, 0}
	ms := []Metric{{Name: "acc", Reduce: "mean", Size: 0}, {Name: "iou", Reduce: "mean_iou", Size: 9}, {Name: "p", Reduce: "precision", Size: 9}, {Name: "r", Reduce: "recall", Size: 9}, {Name: "f", Reduce: "f1", Size: 9}}
	all := []float64{12}
	for range 4 {
		all = append(all, counts...)
	}
	if sums(ms) != len(all) {
		t.Fatalf("got %d numbers, want %d", sums(ms), len(all))
	}
	want := []float64{2, (3.0/5 + 1.0/3) / 2, (3.0/4 + 1.0/2) / 2, (3.0/4 + 1.0/2) / 2, (6.0/8 + 2.0/4) / 2}
	for i, v := range values(ms, all, 6) {
		if math.Abs(v-want[i]) > 1e-12 {
			t.Errorf("%s is %g, want %g", ms[i].Name, v, want[i])
		}
	}
	if got := values([]Metric{{Name: "top", Reduce: "share", Size: 2}}, []float64{3, 8}, 100)[0]; got != 3.0/8 {
		t.Errorf("share of 3 of 8 is %g", got)
	}
	// a class that is only found counts against the mean
	if got := values([]Metric{{Name: "iou", Reduce: "mean_iou", Size: 4}}, []float64{0, 1, 0, 0}, 1)[0]; got != 0 {
		t.Errorf("mean_iou of nothing right is %g", got)
	}
}
