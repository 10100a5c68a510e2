package blocked

import (
	"slices"
	"testing"
)

// TestPackFilters compares the packing of filters by vectors with that of weight by weight.
func TestPackFilters(t *testing.T) {
	for _, row := range []struct {
		channels, window int
		taps             []int
	}{
		{24, 9, []int{8, 7, 6, 5, 4, 3, 2, 1, 0}},
		{19, 9, []int{4}},
		{5, 25, []int{24, 0, 12, 3}},
		{11, 4, []int{3, 1}},
		{8, 49, []int{48, 0}},
	} {
		w := make([]float32, row.channels*row.window)
		for i := range w {
			w[i] = float32(i + 1)
		}
		size := len(row.taps) * Block
		got, want := make([]float32, ceilDiv(row.channels, Block)*size), make([]float32, ceilDiv(row.channels, Block)*size)
		for i := range got {
			got[i], want[i] = -1, -1
		}
		packFilters(got, w, row.channels, row.window, row.taps)
		for ch := 0; ch < row.channels; ch += Block {
			packEachFilter(want[ch/Block*size:][:size], w[ch*row.window:], min(Block, row.channels-ch), row.window, row.taps)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d channels, taps %v of %d: got %v, want %v", row.channels, row.taps, row.window, got, want)
		}
	}
}
