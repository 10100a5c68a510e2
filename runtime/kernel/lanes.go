package kernel

// Image lanes: the layout that the convolutions of small images use for batches.
// Eight images lie side by side in the lanes of a vector,
//
//	[channel][row][column][8 images]
//
// so that a filter slides over whole vectors: no borders inside a vector, no
// waste whatever the width of an image, any stride and dilation, and padding is
// skipped instead of multiplied. A block is one or two such groups, one after the
// other. Getting there and back is a transposition, some 3 % of the work of a
// 5 x 5 filter on 6 channels.
const (
	blockImages = 2 * lanes

	// laneBytes bounds a block of source and destination: it has to stay in the
	// second cache.
	laneBytes = 640 << 10
)

// lanesWorth decides for image lanes: enough images to fill the vectors, and blocks
// that stay in cache.
func lanesWorth(n, floatsPerImage int) bool {
	return n >= lanes-2 && floatsPerImage*blockImages*4 <= laneBytes
}

// packLanes lays images first to first+count (at most 8) of x, each of size
// floats, out in lanes: dst[i·8 + l] = x[(first+l)·size + i]; absent images are 0.
func packLanes(dst, x []float32, size, first, count int) {
	src := x[first*size:]
	if size < lanes {
		for i := range size {
			row := dst[i*lanes:][:lanes]
			clear(row[count:])
			for l := range count {
				row[l] = src[l*size+i]
			}
		}
		return
	}
	Interleave(dst, src, count, size, size)
}

// unpackLanes is the way back, for count images.
func unpackLanes(x, src []float32, size, first, count int) {
	dst := x[first*size:]
	if size < lanes {
		for i := range size {
			for l := range count {
				dst[l*size+i] = src[i*lanes+l]
			}
		}
		return
	}
	Deinterleave(dst, src, count, size, size)
}
