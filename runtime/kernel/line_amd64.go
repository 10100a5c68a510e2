//go:build amd64 && !purego

package kernel

// The vector forms of line.go take at most vectorRun elements, and at least one.

func vectorLineMax(x []float32) (y float64) {
	linemax_f32_avx2(len(x), &x[0], maskOf(len(x)%lanes), &y)
	return y
}

func vectorLineSum(x []float32) (y float64) {
	linesum_f32_avx2(len(x), &x[0], maskOf(len(x)%lanes), &y)
	return y
}

func vectorLineDot(x, z []float32) (y float64) {
	linedot_f32_avx2(len(x), &x[0], &z[:len(x)][0], maskOf(len(x)%lanes), &y)
	return y
}

func vectorLineDeviation(x []float32, mean float64) (y float64) {
	linedev_f32_avx2(len(x), &x[0], &mean, maskOf(len(x)%lanes), &y)
	return y
}

func vectorExpLess(n int, y, x, top *float32)           { expless_f32_avx2(n, y, x, top) }
func vectorScale(n int, y, x, scale *float32)           { scale_f32_avx2(n, y, x, scale) }
func vectorStandard(n int, y, x, mean, invstd *float32) { standard_f32_avx2(n, y, x, mean, invstd) }
func vectorAffine(n int, y, x, mean, invstd, w, b *float32) {
	affine_f32_avx2(n, y, x, mean, invstd, w, b)
}
