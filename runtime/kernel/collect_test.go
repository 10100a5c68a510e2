package kernel

import (
	"math"
	"slices"
	"testing"
)

func TestCollectAndClip(t *testing.T) {
	sum := []float32{1, 0, -1}
	Collect(nil, sum, []float32{4, 8, 0}, 0.5)
	if want := []float32{3, 4, -1}; !slices.Equal(sum, want) {
		t.Errorf("got %v, want %v", sum, want)
	}
	for _, c := range []struct {
		g    []float32
		most float32
		want []float32
	}{
		{[]float32{3, -4, 0}, 10, []float32{3, -4, 0}},
		{[]float32{3, -4, 0}, 2.5, []float32{1.5, -2, 0}},
		{[]float32{0, 0}, 1, []float32{0, 0}},
	} {
		g := slices.Clone(c.g)
		Clip(nil, g, c.most)
		for i, v := range g {
			if math.Abs(float64(v-c.want[i])) > 1e-5 {
				t.Errorf("%v clipped to %v: got %v, want %v", c.g, c.most, g, c.want)
			}
		}
	}
}
