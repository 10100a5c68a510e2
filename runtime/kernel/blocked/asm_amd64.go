//go:build amd64 && !purego

package blocked

import (
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// zero clears the frame.
func (f *frame) zero(dst []float32) {
	if kernel.Selected() == kernel.Generic {
		f.zeroGeneric(dst)
		return
	}
	_ = dst[f.end()-1]
	zeroframe_f32_avx2(&dst[0], f.planes, 4*f.step, f.head, f.rows, f.width, f.side, f.tail)
}

// run computes the rows of a. Calls are direct, so that argument blocks stay on the
// stack.
func (a *depthBackArgs) run(isa kernel.ISA) {
	if isa == kernel.AVX512 {
		depthback_f32_avx512((*byte)(unsafe.Pointer(a)))
	} else {
		depthback_f32_avx2((*byte)(unsafe.Pointer(a)))
	}
}

func (a *depthwiseArgs) run(k depthwiseKernel, isa kernel.ISA) {
	p := (*byte)(unsafe.Pointer(a))
	if isa == kernel.AVX512 {
		switch k {
		case depthwise3:
			depthwise_f32_avx512_k3s1d1(p)
			return
		case depthwise3d2:
			depthwise_f32_avx512_k3s1d2(p)
			return
		case depthwise5:
			depthwise_f32_avx512_k5s1d1(p)
			return
		case depthwise5s2:
			depthwise_f32_avx512_k5s2d1(p)
			return
		case depthwise7:
			depthwise_f32_avx512_k7s1d1(p)
			return
		case depthwise7s2:
			depthwise_f32_avx512_k7s2d1(p)
			return
		}
	}
	switch k {
	case depthwise3:
		depthwise_f32_avx2_k3s1d1(p)
	case depthwise3s2:
		depthwise_f32_avx2_k3s2d1(p)
	case depthwise3d2:
		depthwise_f32_avx2_k3s1d2(p)
	case depthwise5:
		depthwise_f32_avx2_k5s1d1(p)
	case depthwise5s2:
		depthwise_f32_avx2_k5s2d1(p)
	case depthwise7:
		depthwise_f32_avx2_k7s1d1(p)
	case depthwise7s2:
		depthwise_f32_avx2_k7s2d1(p)
	default:
		depthwise_f32_avx2_any(p)
	}
}

// runDouble computes the rows of a, whose x has double blocks.
func (a *depthwiseArgs) runDouble(k depthwiseKernel) {
	p := (*byte)(unsafe.Pointer(a))
	switch k {
	case depthwise3s2:
		depthwise_f32_avx512_k3s2d1_double(p)
	case depthwise5s2:
		depthwise_f32_avx512_k5s2d1_double(p)
	default:
		panic("blocked: no kernel of double blocks")
	}
}

// run pools the rows of a.
func (a *poolArgs) run(largest bool) {
	p := (*byte)(unsafe.Pointer(a))
	if largest {
		windowmax_f32_avx2(p)
	} else {
		windowmean_f32_avx2(p)
	}
}

// planeMeans writes the sums of the eight channels of each of some planes, divided; row
// and plane, from one to the next, are in floats.
func planeMeans(y, x []float32, width, rows, row, planes, plane int, divisor float64) {
	_, _ = y[planes*Block-1], x[(planes-1)*plane+(rows-1)*row+width*Block-1]
	planemeans_f32_avx2(&y[0], &x[0], width, rows, 4*row, planes, 4*plane, &divisor)
}

// repeatPixels writes each of the first n pixels of x times over.
func repeatPixels(y, x []float32, n, times int) {
	_, _ = y[n*times*Block-1], x[n*Block-1]
	repeatpixels_f32_avx2(&y[0], &x[0], n, times)
}

// mixRows writes a row between two rows of pixels, w of each.
func mixRows(y, a, b []float32, taps []columnTap, w [2]float32) {
	_ = y[len(taps)*Block-1]
	mixrows_f32_avx2(&y[0], &a[0], &b[0], (*byte)(unsafe.Pointer(&taps[0])), len(taps), &w[0])
}

// shiftLanes writes n pixels whose channels come from other lanes of two others.
func shiftLanes(y, a, b []float32, tables *[4][Block]int32, n int) {
	_, _, _ = y[n*Block-1], a[n*Block-1], b[n*Block-1]
	shiftlanes_f32_avx2(&y[0], &a[0], &b[0], &tables[0][0], n)
}

// scaleStrip writes the weights x of 16 outputs, each multiplied by the factor of its input.
func scaleStrip(isa kernel.ISA, y, x, factors []float32) {
	if isa == kernel.Generic {
		scaleStripGeneric(y, x, factors)
		return
	}
	n := len(x) / tileOuts
	_, _ = y[len(x)-1], factors[n-1]
	if isa == kernel.AVX512 {
		scaleweights_f32_avx512(&y[0], &x[0], &factors[0], n)
	} else {
		scaleweights_f32_avx2(&y[0], &x[0], &factors[0], n)
	}
}

// train does the rows of a for training.
func (a *poolArgs) train(largest, backward bool) {
	p := (*byte)(unsafe.Pointer(a))
	switch {
	case !backward:
		windowmaxat_f32_avx2(p)
	case largest:
		windowmaxdx_f32_avx2(p)
	default:
		windowmeandx_f32_avx2(p)
	}
}
