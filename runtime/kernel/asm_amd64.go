//go:build amd64 && !purego

package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// hasAVX2 reports whether this processor runs the assembly; x/sys/cpu honours
// GODEBUG=cpu.avx2=off.
var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// hasAVX512 is the same for the parts of AVX-512 that the kernels need.
var hasAVX512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL

// dataPath is the path of this processor.
var dataPath = func() Path {
	const extended, width = 0x80000000, 0x8000001a
	if !hasAVX2 || cpuid(extended) < width {
		return PathUntold
	}
	return pathOf(cpuid(width))
}()

// pathOf reads a word of CPUID Fn8000_001A. It is 0 on virtual machines of Intel's processors
// that have the leaf.
func pathOf(width uint32) Path {
	const fp256, fp512 = 1 << 2, 1 << 3
	switch {
	case width&fp512 != 0:
		return PathWhole
	case width&fp256 != 0:
		return PathHalf
	}
	return PathUntold
}

// run computes the tiles of t with the kernel for rows x 8·vecs results. Calls are
// direct, so that argument blocks stay on the stack.
func (t *tileArgs) run(rows, vecs int) {
	p := (*byte)(unsafe.Pointer(t))
	switch rows + 6*vecs {
	case 7:
		tile_f32_avx2_1x8(p)
	case 8:
		tile_f32_avx2_2x8(p)
	case 9:
		tile_f32_avx2_3x8(p)
	case 10:
		tile_f32_avx2_4x8(p)
	case 11:
		tile_f32_avx2_5x8(p)
	case 12:
		tile_f32_avx2_6x8(p)
	case 13:
		tile_f32_avx2_1x16(p)
	case 14:
		tile_f32_avx2_2x16(p)
	case 15:
		tile_f32_avx2_3x16(p)
	case 16:
		tile_f32_avx2_4x16(p)
	case 17:
		tile_f32_avx2_5x16(p)
	case 18:
		tile_f32_avx2_6x16(p)
	default:
		panic("kernel: no tile kernel of this size")
	}
}

// run computes the sums of d with the kernel for rows x cols vectors.
func (d *dotArgs) run(rows, cols int) {
	p := (*byte)(unsafe.Pointer(d))
	switch rows + 6*cols {
	case 7:
		dot_f32_avx2_1x1(p)
	case 8:
		dot_f32_avx2_2x1(p)
	case 9:
		dot_f32_avx2_3x1(p)
	case 10:
		dot_f32_avx2_4x1(p)
	case 11:
		dot_f32_avx2_5x1(p)
	case 12:
		dot_f32_avx2_6x1(p)
	case 13:
		dot_f32_avx2_1x2(p)
	case 14:
		dot_f32_avx2_2x2(p)
	case 15:
		dot_f32_avx2_3x2(p)
	case 16:
		dot_f32_avx2_4x2(p)
	case 17:
		dot_f32_avx2_5x2(p)
	case 18:
		dot_f32_avx2_6x2(p)
	default:
		panic("kernel: no dot kernel of this size")
	}
}

// transpose turns rows (1 to 8) of 8·n floats into columns of 8 floats, dstStep
// apart; distances are in bytes.
func transpose(rows int, dst *float32, dstStep int, src *float32, srcStride, n int) {
	switch rows {
	case 1:
		transpose_f32_avx2_1(dst, dstStep, src, srcStride, n)
	case 2:
		transpose_f32_avx2_2(dst, dstStep, src, srcStride, n)
	case 3:
		transpose_f32_avx2_3(dst, dstStep, src, srcStride, n)
	case 4:
		transpose_f32_avx2_4(dst, dstStep, src, srcStride, n)
	case 5:
		transpose_f32_avx2_5(dst, dstStep, src, srcStride, n)
	case 6:
		transpose_f32_avx2_6(dst, dstStep, src, srcStride, n)
	case 7:
		transpose_f32_avx2_7(dst, dstStep, src, srcStride, n)
	case 8:
		transpose_f32_avx2_8(dst, dstStep, src, srcStride, n)
	default:
		panic("kernel: no transposition of this many rows")
	}
}

// transposePanel turns 16 rows of 8·n floats into a panel of 16 columns, and fetches what
// lies ahead of them; distances are in bytes.
func transposePanel(dst, src *float32, srcStride, n, ahead int) {
	transposepanel_f32_avx2(dst, src, srcStride, n, ahead)
}

// untranspose turns 8·n columns of 8 floats into rows (1 to 8) rows, dstStride bytes
// apart.
func untranspose(rows int, dst *float32, dstStride int, src *float32, n int) {
	switch rows {
	case 1:
		untranspose_f32_avx2_1(dst, dstStride, src, n)
	case 2:
		untranspose_f32_avx2_2(dst, dstStride, src, n)
	case 3:
		untranspose_f32_avx2_3(dst, dstStride, src, n)
	case 4:
		untranspose_f32_avx2_4(dst, dstStride, src, n)
	case 5:
		untranspose_f32_avx2_5(dst, dstStride, src, n)
	case 6:
		untranspose_f32_avx2_6(dst, dstStride, src, n)
	case 7:
		untranspose_f32_avx2_7(dst, dstStride, src, n)
	case 8:
		untranspose_f32_avx2_8(dst, dstStride, src, n)
	default:
		panic("kernel: no transposition of this many rows")
	}
}

// copyRows copies n rows of the first cols (at most 16) floats and fills up to 8
// or 16 with zeros; distances are in bytes.
func copyRows(dst *float32, dstStep int, src *float32, srcStride, n, cols int) {
	if cols > lanes {
		copyrows_f32_avx2_16(dst, dstStep, src, srcStride, n, maskOf(cols))
	} else {
		copyrows_f32_avx2_8(dst, dstStep, src, srcStride, n, maskOf(cols))
	}
}

// copyPanels deals n rows of panels times 16 floats out to panels, dstStep apart, whose rows
// lie dstRow apart; distances are in bytes.
func copyPanels(dst *float32, dstStep, dstRow int, src *float32, srcStride, n, panels int) {
	copypanels_f32_avx2(dst, dstStep, dstRow, src, srcStride, n, panels)
}

// copyTaps packs pixels [lo, hi) of a panel of 16 for every channel and tap, from
// the bytes that follow src + from (which is where pixel 0 would lie); distances
// are in bytes. Other pixels become 0, or stay as they are with merge. Only the
// first vecs vectors of the panel are touched.
func copyTaps(vecs int, merge bool, dst, src *float32, from, srcStep, channels int, offsets []int32, lo, hi int) {
	switch {
	case merge && vecs == 2:
		mergetaps_f32_avx2_16(dst, src, from, srcStep, channels, &offsets[0], len(offsets), maskOf(lo), maskOf(hi))
	case merge:
		mergetaps_f32_avx2_8(dst, src, from, srcStep, channels, &offsets[0], len(offsets), maskOf(lo), maskOf(hi))
	case vecs == 2:
		copytaps_f32_avx2_16(dst, src, from, srcStep, channels, &offsets[0], len(offsets), maskOf(lo), maskOf(hi))
	default:
		copytaps_f32_avx2_8(dst, src, from, srcStep, channels, &offsets[0], len(offsets), maskOf(lo), maskOf(hi))
	}
}

// foldLanes adds up the lanes of 8·n vectors.
func foldLanes(dst, src *float32, n int) { fold_f32_avx2(dst, src, n) }

// maxPool2 and the three below pool rows of count results with windows of 2 x 2;
// width is the bytes of a row of the plane.
func maxPool2(y *float32, at *uint8, x *float32, width, count, rows int) {
	if at == nil {
		maxpool2y_f32_avx2(y, x, width, count, rows)
	} else {
		maxpool2_f32_avx2(y, at, x, width, count, rows)
	}
}

func maxPool2DX(dx *float32, at *uint8, dy *float32, width, count, rows int) {
	maxpool2dx_f32_avx2(dx, at, dy, width, count, rows)
}

func avgPool2(y, x *float32, width, count, rows int) { avgpool2_f32_avx2(y, x, width, count, rows) }

func avgPool2DX(dx, dy *float32, width, count, rows int) {
	avgpool2dx_f32_avx2(dx, dy, width, count, rows)
}

// maxWindow and meanWindow pool one row of at least 8 results over windows of rows
// x cols inside the image, stride 1 or 2; width is in bytes, first the position of
// the first tap.
func maxWindow(stride int, y *float32, at *uint8, x *float32, width, rows, cols, count, first int) {
	switch {
	case at == nil && stride == 1:
		maxwindow_f32_avx2_s1(y, x, width, rows, cols, count)
	case at == nil:
		maxwindow_f32_avx2_s2(y, x, width, rows, cols, count)
	case stride == 1:
		maxwindowat_f32_avx2_s1(y, x, width, rows, cols, count, at, first)
	default:
		maxwindowat_f32_avx2_s2(y, x, width, rows, cols, count, at, first)
	}
}

func meanWindow(stride int, y, x *float32, width, rows, cols, count int, divisor float32) {
	if stride == 1 {
		meanwindow_f32_avx2_s1(y, x, width, rows, cols, count, &divisor)
	} else {
		meanwindow_f32_avx2_s2(y, x, width, rows, cols, count, &divisor)
	}
}

// sumRow adds n floats to 8 sums.
func sumRow(sums, src *float32, n int) { sumrow_f32_avx2(sums, src, n, maskOf(n%lanes)) }

// vectorGate is dx = y > 0 ? dy : 0.
func vectorGate(n int, dx, y, dy *float32) { gate_f32_avx2(n, dx, y, dy) }

// vectorAct applies an activation to memory.
func vectorAct(e *Epilogue, n int, y *float32) {
	switch e.Act {
	case ActTanh:
		tanh_f32_avx2(n, y, y)
	case ActSigmoid:
		sigmoid_f32_avx2(n, y, y)
	case ActSilu:
		silu_f32_avx2(n, y, y)
	case ActGelu:
		gelu_f32_avx2(n, y, y)
	case ActHardswish:
		hardswish_f32_avx2(n, y, y)
	case ActLeaky:
		leaky_f32_avx2(n, y, y, &e.Args[0])
	case ActRelu:
		bound_f32_avx2(n, y, y, &actBounds[0], &actBounds[1])
	case ActClamp:
		bound_f32_avx2(n, y, y, &e.Args[0], &e.Args[1])
	}
}

// vectorAdd is y += x.
func vectorAdd(n int, y, x *float32) { add_f32_avx2(n, y, y, x) }

// vectorSGD is the step of SGD with momentum over n weights.
func vectorSGD(nesterov bool, n int, w, g, v, lr, momentum, decay *float32) {
	if nesterov {
		nesterov_f32_avx2(n, w, v, w, g, v, lr, momentum, decay)
	} else {
		sgd_f32_avx2(n, w, v, w, g, v, lr, momentum, decay)
	}
}

// fma runs trips rounds of independent multiply-adds of set i and returns its
// operations: two for each lane of twelve accumulators, gone over twice.
func fma(i ISA, trips int) (flops float64) {
	if i == AVX512 {
		fma_f32_avx512(trips)
	} else {
		fma_f32_avx2(trips)
	}
	return float64(2*12*2*i.Lanes()) * float64(trips)
}
