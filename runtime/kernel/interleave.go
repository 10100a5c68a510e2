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
