package kernel

// Interleave turns rows (1 to 8) of 8·n floats, stride floats apart, into 8·n columns
// of 8 floats side by side; the places of missing rows become 0. It is a kernel of
// AVX2: callers have seen that the processor has it.
func Interleave(dst, src []float32, rows, stride, n int) {
	_, _ = dst[64*n-1], src[(rows-1)*stride+8*n-1]
	transpose(rows, &dst[0], 4*lanes, &src[0], 4*stride, n)
}

// Deinterleave turns 8·n columns of 8 floats into 8 rows of 8·n, stride floats apart.
// It is a kernel of AVX2, as [Interleave] is.
func Deinterleave(dst, src []float32, stride, n int) {
	_, _ = dst[7*stride+8*n-1], src[64*n-1]
	untranspose(&dst[0], 4*stride, &src[0], n)
}
