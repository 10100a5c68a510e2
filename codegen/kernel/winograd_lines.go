package kernel

import "github.com/mmcloughlin/avo/reg"

// Transforms of one line of a tile, which stand in winograd_forms.go.

// input transforms vectors 0 to pixels-1 and returns where the points are.
func (w *winoTransform) input() []int {
	r := w.r
	switch w.form {
	case winoSpread:
		w.VSUBPS(r(1), r(0), r(6))
		w.VSUBPS(r(1), r(2), r(2))
		return []int{6, 1, 2, 0, 1}
	case winoHalved:
		w.VSUBPS(r(2), r(0), r(0))
		w.VSUBPS(r(2), r(4), r(4))
		return []int{0, 2, 4, 1, 3}
	case winoF2:
		w.VSUBPS(r(2), r(0), r(0))
		w.VADDPS(r(1), r(2), r(6))
		w.VSUBPS(r(1), r(2), r(7))
		w.VSUBPS(r(3), r(1), r(8))
		return []int{0, 6, 7, 8}
	case winoF3:
		return w.input3()
	}
	five, two, half, a, b := r(11), r(12), r(13), r(14), r(15)
	w.VMOVAPS(r(4), r(6))
	w.VFNMADD231PS(r(2), two, r(6))
	w.VMOVAPS(r(3), r(7))
	w.VFNMADD231PS(r(1), two, r(7))
	w.VADDPS(r(4), r(0), r(0))
	w.VFNMADD231PS(r(2), five, r(0))
	w.VADDPS(r(1), r(5), r(5))
	w.VFNMADD231PS(r(3), five, r(5))
	w.VFNMADD213PS(r(4), half, r(2))
	w.VFNMADD213PS(r(3), half, r(1))
	w.VMULPS(a, r(7), r(7))
	w.VMULPS(b, r(1), r(1))
	w.VADDPS(r(7), r(6), r(8))
	w.VSUBPS(r(7), r(6), r(6))
	w.VADDPS(r(1), r(2), r(3))
	w.VSUBPS(r(1), r(2), r(2))
	return []int{0, 8, 6, 3, 2, 5}
}

// input3 is input of F(3, 3).
func (w *winoTransform) input3() []int {
	r := w.r
	aa, bb, a, b := r(11), r(12), r(13), r(14)
	w.VMOVAPS(r(2), r(5))
	w.VFMSUB231PS(r(0), bb, r(5)) // b² d0 - d2
	w.VMOVAPS(r(2), r(6))
	w.VFNMADD231PS(r(0), aa, r(6)) // d2 - a² d0
	w.VMOVAPS(r(3), r(7))
	w.VFMSUB231PS(r(1), bb, r(7))  // b² d1 - d3
	w.VFNMADD231PS(r(1), aa, r(3)) // d3 - a² d1
	w.VFNMADD231PS(r(2), bb, r(4))
	w.VFMADD231PS(r(5), aa, r(4))
	w.both(a, r(5), r(7), r(8))
	w.both(b, r(6), r(3), r(9))
	return []int{7, 8, 3, 9, 4}
}

// both adds factor times odd to even, and leaves the difference in minus.
func (w *winoTransform) both(factor, odd, even, minus reg.VecPhysical) {
	w.VMOVAPS(even, minus)
	w.VFNMADD231PS(odd, factor, minus)
	w.VFMADD231PS(odd, factor, even)
}

// gradient transforms vectors 0 to m-1 by the transpose of output and returns where
// the points are.
func (w *winoTransform) gradient() []int {
	r := w.r
	switch w.form {
	case winoHalved:
		w.VADDPS(r(1), r(0), r(6))
		return []int{0, 6, 1, 0, 1}
	case winoF2:
		w.VADDPS(r(1), r(0), r(6))
		w.VSUBPS(r(1), r(0), r(7))
		w.s.zero(w.Context, r(8))
		w.VSUBPS(r(1), r(8), r(8))
		return []int{0, 6, 7, 8}
	case winoF3:
		aa, bb, a, b := r(11), r(12), r(13), r(14)
		w.VMOVAPS(r(0), r(5))
		w.VFMADD231PS(r(2), aa, r(5))
		w.VFMADD231PS(r(2), bb, r(0))
		w.both(a, r(1), r(5), r(6))
		w.both(b, r(1), r(0), r(7))
		return []int{5, 6, 0, 7, 2}
	}
	two, half, a, b := r(12), r(13), r(14), r(15)
	w.VMOVAPS(r(0), r(6))
	w.VFMADD231PS(half, r(2), r(6))
	w.VMOVAPS(r(1), r(7))
	w.VFMADD231PS(half, r(3), r(7))
	w.VMOVAPS(r(0), r(8))
	w.VFMADD231PS(two, r(2), r(8))
	w.VFMADD231PS(two, r(3), r(1))
	w.VMULPS(a, r(7), r(7))
	w.VMULPS(b, r(1), r(1))
	w.VADDPS(r(7), r(6), r(4))
	w.VSUBPS(r(7), r(6), r(6))
	w.VADDPS(r(1), r(8), r(5))
	w.VSUBPS(r(1), r(8), r(8))
	return []int{0, 4, 6, 5, 8, 3}
}

// output transforms vectors 0 to t-1 back and returns where the results are.
func (w *winoTransform) output() []int {
	r := w.r
	switch w.form {
	case winoSpread:
		w.VADDPS(r(1), r(0), r(0))
		w.VADDPS(r(1), r(2), r(2))
		return []int{3, 0, 4, 2}
	case winoHalved:
		w.VADDPS(r(1), r(0), r(0))
		w.VADDPS(r(3), r(0), r(0))
		w.VADDPS(r(2), r(1), r(1))
		w.VADDPS(r(4), r(1), r(1))
		return []int{0, 1}
	case winoF2:
		w.VADDPS(r(1), r(0), r(0))
		w.VADDPS(r(2), r(0), r(0))
		w.VSUBPS(r(2), r(1), r(1))
		w.VSUBPS(r(3), r(1), r(1))
		return []int{0, 1}
	case winoF3:
		return w.output3()
	}
	two, half, a, b := r(12), r(13), r(14), r(15)
	w.VADDPS(r(2), r(1), r(6))
	w.VSUBPS(r(2), r(1), r(1))
	w.VADDPS(r(4), r(3), r(7))
	w.VSUBPS(r(4), r(3), r(3))
	w.VMULPS(a, r(1), r(1))
	w.VMULPS(b, r(3), r(3))
	w.VADDPS(r(6), r(0), r(0))
	w.VADDPS(r(7), r(0), r(0))
	w.VADDPS(r(3), r(1), r(2))
	w.VMULPS(half, r(6), r(6))
	w.VFMADD231PS(two, r(7), r(6))
	w.VFMADD231PS(half, r(1), r(5))
	w.VFMADD231PS(two, r(3), r(5))
	return []int{0, 2, 6, 5}
}

// output3 is output of F(3, 3).
func (w *winoTransform) output3() []int {
	r := w.r
	aa, bb, a, b := r(11), r(12), r(13), r(14)
	w.VADDPS(r(1), r(0), r(5))
	w.VSUBPS(r(1), r(0), r(0))
	w.VADDPS(r(3), r(2), r(6))
	w.VSUBPS(r(3), r(2), r(2))
	w.VADDPS(r(6), r(5), r(1))
	w.VMULPS(a, r(0), r(0))
	w.VFMADD231PS(r(2), b, r(0))
	w.VFMADD231PS(r(5), aa, r(4))
	w.VFMADD231PS(r(6), bb, r(4))
	return []int{1, 0, 4}
}

// gradientBack transforms vectors 0 to t-1 to three weights and returns where they are.
func (w *winoTransform) gradientBack() []int {
	r := w.r
	switch w.form {
	case winoHalved:
		w.VADDPS(r(1), r(0), r(0))
		w.VADDPS(r(1), r(2), r(2))
		return []int{0, 3, 2}
	case winoF2:
		half := r(11)
		w.VADDPS(r(2), r(1), r(6))
		w.VSUBPS(r(2), r(1), r(7))
		w.VMULPS(half, r(7), r(7))
		w.VFMADD231PS(half, r(6), r(0))
		w.VFMADD231PS(half, r(6), r(3))
		return []int{0, 7, 3}
	case winoF3:
		return w.gradientBack3()
	}
	twoThirds, sixth, a, b, third := r(11), r(12), r(13), r(14), r(15)
	w.VADDPS(r(2), r(1), r(6))
	w.VSUBPS(r(2), r(1), r(7))
	w.VADDPS(r(4), r(3), r(8))
	w.VSUBPS(r(4), r(3), r(9))
	w.VFNMADD231PS(twoThirds, r(6), r(0))
	w.VFMADD231PS(sixth, r(8), r(0))
	w.VMULPS(a, r(7), r(7))
	w.VFMADD231PS(b, r(9), r(7))
	w.VSUBPS(r(6), r(8), r(8))
	w.VFMADD231PS(third, r(8), r(5))
	return []int{0, 7, 5}
}

// gradientBack3 is gradientBack of F(3, 3).
func (w *winoTransform) gradientBack3() []int {
	r := w.r
	overA, overB, odd, timesA, timesB := r(11), r(12), r(13), r(14), r(15)
	w.VADDPS(r(1), r(0), r(5))
	w.VSUBPS(r(1), r(0), r(0))
	w.VADDPS(r(3), r(2), r(6))
	w.VSUBPS(r(3), r(2), r(2))
	w.VADDPS(r(6), r(5), r(5))
	w.VMULPS(odd, r(5), r(5))
	w.VFMADD231PS(r(0), timesA, r(4))
	w.VFMADD231PS(r(2), timesB, r(4))
	w.VMULPS(overA, r(0), r(0))
	w.VFMADD231PS(r(2), overB, r(0))
	return []int{0, 5, 4}
}
