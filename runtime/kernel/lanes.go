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
	for i := 0; i < size; i += laneRun {
		n := min(laneRun, size-i)
		if n >= lanes {
			transpose(count, &dst[i*lanes], lanes*4, &src[i], size*4, n/lanes)
		}
		if n%lanes != 0 { // the last 8 elements once more: they overlap
			transpose(count, &dst[(i+n-lanes)*lanes], lanes*4, &src[i+n-lanes], size*4, 1)
		}
	}
}

// laneRun bounds one call of a transposition: 128 KiB.
const laneRun = 4096

// unpackLanes is the way back, for count images. tmp holds 64 floats.
func unpackLanes(x, src []float32, size, first, count int, tmp []float32) {
	dst := x[first*size:]
	if size < lanes || count < lanes {
		unpackSome(dst, src, size, count, tmp)
		return
	}
	for i := 0; i < size; i += laneRun {
		n := min(laneRun, size-i)
		if n >= lanes {
			untranspose(&dst[i], size*4, &src[i*lanes], n/lanes)
		}
		if n%lanes != 0 {
			untranspose(&dst[i+n-lanes], size*4, &src[(i+n-lanes)*lanes], 1)
		}
	}
}

// unpackSome moves fewer than 8 images, or images of fewer than 8 elements.
func unpackSome(dst, src []float32, size, count int, tmp []float32) {
	for i := 0; i < size; i += lanes {
		n := min(lanes, size-i)
		if n == lanes {
			transpose(lanes, &tmp[0], lanes*4, &src[i*lanes], lanes*4, 1)
			for l := range count {
				copy(dst[l*size+i:][:lanes], tmp[l*lanes:])
			}
			continue
		}
		for k := range n {
			for l := range count {
				dst[l*size+i+k] = src[(i+k)*lanes+l]
			}
		}
	}
}
