package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// packFilters lays filters of one channel each, windows of some taps, out as
// [C/8][taps][8] with the given taps in their order, and zeros for padding channels.
// Training does it at every step.
func packFilters(dst, w []float32, channels, window int, taps []int) {
	turned := window >= Block && window <= mostTurned && kernel.AVX2.Available()
	var columns [mostTurned * Block]float32
	for ch := 0; ch < channels; ch += Block {
		filters, from := min(Block, channels-ch), w[ch*window:]
		to := dst[ch*len(taps):][:len(taps)*Block]
		if !turned {
			packEachFilter(to, from, filters, window, taps)
			continue
		}
		kernel.Interleave(columns[:], from, filters, window, window)
		for _, tap := range taps {
			*(*[Block]float32)(to) = *(*[Block]float32)(columns[tap*Block:])
			to = to[Block:]
		}
	}
}

// packEachFilter is packFilters for one block, weight by weight: the definition.
func packEachFilter(to, from []float32, filters, window int, taps []int) {
	clear(to)
	for i, tap := range taps {
		for ch := range filters {
			to[i*Block+ch] = from[ch*window+tap]
		}
	}
}
