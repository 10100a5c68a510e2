package kernel

// squareRun bounds the columns of one call of a transposition: 128 KiB.
const squareRun = 4096

// Interleave turns rows (1 to 8) of n floats, stride floats apart, into n columns of 8
// floats side by side; the places of missing rows become 0. n is 8 at least: the last
// square of 8 x 8 may overlap the one before. It is a kernel of AVX2: callers have seen
// that the processor has it.
func Interleave(dst, src []float32, rows, stride, n int) {
	InterleaveBy(dst, lanes, src, rows, stride, n)
}

// InterleaveBy is Interleave with columns step floats apart, at least 8.
func InterleaveBy(dst []float32, step int, src []float32, rows, stride, n int) {
	_, _ = dst[step*(n-1)+lanes-1], src[(rows-1)*stride+n-1]
	for i := 0; i < n; i += squareRun {
		run := min(squareRun, n-i)
		if run >= lanes {
			transpose(rows, &dst[i*step], 4*step, &src[i], 4*stride, run/lanes)
		}
		if run%lanes != 0 {
			last := i + run - lanes
			transpose(rows, &dst[last*step], 4*step, &src[last], 4*stride, 1)
		}
	}
}

// InterleavePanel turns 16 rows of n floats, a multiple of 8, stride floats apart, into n
// columns of 16 floats side by side. It is a kernel of AVX2, as [Interleave] is, and asks for
// the 16 rows that follow.
func InterleavePanel(dst, src []float32, stride, n int) {
	const wide = 16
	_, _ = dst[wide*n-1], src[(wide-1)*stride+n-1]
	transposePanel(&dst[0], &src[0], 4*stride, n/lanes, 4*wide*stride)
}

// Deal deals n rows of a multiple of 16 floats, stride floats apart, out to panels of 16
// columns, step floats apart. It is a kernel of AVX2, as [Interleave] is.
func Deal(dst []float32, step int, src []float32, stride, n, columns int) {
	const wide = 16
	panels := columns / wide
	if panels == 0 || n == 0 {
		return
	}
	_, _ = dst[step*(panels-1)+wide*n-1], src[(n-1)*stride+wide*panels-1]
	copyPanels(&dst[0], 4*step, 4*wide, &src[0], 4*stride, n, panels)
}

// Deinterleave turns n columns of 8 floats into rows (1 to 8) of n, stride floats
// apart; n is 8 at least. It is a kernel of AVX2, as [Interleave] is.
func Deinterleave(dst, src []float32, rows, stride, n int) {
	_, _ = dst[(rows-1)*stride+n-1], src[lanes*n-1]
	for i := 0; i < n; i += squareRun {
		run := min(squareRun, n-i)
		if run >= lanes {
			untranspose(rows, &dst[i], 4*stride, &src[i*lanes], run/lanes)
		}
		if run%lanes != 0 {
			last := i + run - lanes
			untranspose(rows, &dst[last], 4*stride, &src[last*lanes], 1)
		}
	}
}
