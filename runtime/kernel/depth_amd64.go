//go:build amd64 && !purego

package kernel

import "unsafe"

// run computes the tiles of t with the depthwise kernel for rows x 8·vecs results.
func (t *depthArgs) run(rows, vecs int) {
	p := (*byte)(unsafe.Pointer(t))
	switch rows + 8*vecs {
	case 9:
		depth_f32_avx2_1x8(p)
	case 10:
		depth_f32_avx2_2x8(p)
	case 11:
		depth_f32_avx2_3x8(p)
	case 12:
		depth_f32_avx2_4x8(p)
	case 13:
		depth_f32_avx2_5x8(p)
	case 14:
		depth_f32_avx2_6x8(p)
	case 15:
		depth_f32_avx2_7x8(p)
	case 16:
		depth_f32_avx2_8x8(p)
	case 17:
		depth_f32_avx2_1x16(p)
	case 18:
		depth_f32_avx2_2x16(p)
	case 19:
		depth_f32_avx2_3x16(p)
	case 20:
		depth_f32_avx2_4x16(p)
	case 21:
		depth_f32_avx2_5x16(p)
	case 22:
		depth_f32_avx2_6x16(p)
	default:
		panic("kernel: no depthwise kernel of this size")
	}
}

// run computes the sums of t with the kernel for some taps.
func (t *depthDWArgs) run(taps int) {
	p := (*byte)(unsafe.Pointer(t))
	switch taps {
	case 1:
		depthdw_f32_avx2_1(p)
	case 2:
		depthdw_f32_avx2_2(p)
	case 3:
		depthdw_f32_avx2_3(p)
	case 4:
		depthdw_f32_avx2_4(p)
	case 5:
		depthdw_f32_avx2_5(p)
	case 6:
		depthdw_f32_avx2_6(p)
	case 7:
		depthdw_f32_avx2_7(p)
	case 8:
		depthdw_f32_avx2_8(p)
	case 9:
		depthdw_f32_avx2_9(p)
	case 10:
		depthdw_f32_avx2_10(p)
	case 11:
		depthdw_f32_avx2_11(p)
	case 12:
		depthdw_f32_avx2_12(p)
	default:
		panic("kernel: no depthwise kernel of this many taps")
	}
}

func stageCopy(t *stageArgs)   { stage_f32_avx2((*byte)(unsafe.Pointer(t))) }
func stageSplit(t *stageArgs)  { split_f32_avx2((*byte)(unsafe.Pointer(t))) }
func stageSpread(t *stageArgs) { spread_f32_avx2((*byte)(unsafe.Pointer(t))) }
