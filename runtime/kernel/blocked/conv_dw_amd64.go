//go:build amd64 && !purego

package blocked

import (
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// run computes the tiles of t. Calls are direct, so that argument blocks stay on
// the stack.
func (t *convDWArgs) run(isa kernel.ISA, taps, in, vecs int) {
	p := (*byte)(unsafe.Pointer(t))
	size := taps*100 + in*10 + vecs
	if isa == kernel.AVX512 {
		switch size {
		case 141:
			convdw_f32_avx512_1x4x1(p)
		case 171:
			convdw_f32_avx512_1x7x1(p)
		case 181:
			convdw_f32_avx512_1x8x1(p)
		case 341:
			convdw_f32_avx512_3x4x1(p)
		case 541:
			convdw_f32_avx512_5x4x1(p)
		case 142:
			convdw_f32_avx512_1x4x2(p)
		case 172:
			convdw_f32_avx512_1x7x2(p)
		case 182:
			convdw_f32_avx512_1x8x2(p)
		case 183:
			convdw_f32_avx512_1x8x3(p)
		case 332:
			convdw_f32_avx512_3x3x2(p)
		case 342:
			convdw_f32_avx512_3x4x2(p)
		case 522:
			convdw_f32_avx512_5x2x2(p)
		default:
			panic("blocked: no weight gradient of this size")
		}
		return
	}
	switch size {
	case 181:
		convdw_f32_avx2_1x8x1(p)
	case 341:
		convdw_f32_avx2_3x4x1(p)
	case 521:
		convdw_f32_avx2_5x2x1(p)
	case 142:
		convdw_f32_avx2_1x4x2(p)
	case 322:
		convdw_f32_avx2_3x2x2(p)
	case 512:
		convdw_f32_avx2_5x1x2(p)
	case 143:
		convdw_f32_avx2_1x4x3(p)
	case 124:
		convdw_f32_avx2_1x2x4(p)
	case 134:
		convdw_f32_avx2_1x3x4(p)
	default:
		panic("blocked: no weight gradient of this size")
	}
}

// run makes the sums of the wide side, or of the narrow one.
func (a *dwSumsArgs) run(wide bool) {
	if wide {
		dwsumsright_f32_avx2((*byte)(unsafe.Pointer(a)))
	} else {
		dwsumsleft_f32_avx2((*byte)(unsafe.Pointer(a)))
	}
}

// run makes the quarters of W.
func (a *dwQuartersArgs) run() { dwquarters_f32_avx2((*byte)(unsafe.Pointer(a))) }

// addTo adds src to dst; both are multiples of a block long.
func addTo(isa kernel.ISA, dst, src []float32) {
	const run = 1 << 14
	for i := 0; i < len(dst); i += run {
		n := min(run, len(dst)-i)
		if isa == kernel.AVX512 && n%16 == 0 {
			addto_f32_avx512(&dst[i], &src[i], n/16)
		} else {
			addto_f32_avx2(&dst[i], &src[i], n/8)
		}
	}
}

// transpose sets dst[o·k + e] = src[order[e] + o] for o < outs and e < len(order), at
// least 8.
func transpose(dst []float32, k, outs int, src []float32, order []int32) {
	full := len(order) / Block
	turn_f32_avx2(&dst[0], k*4, outs, &src[0], &order[0], full)
	if rest := len(order) - full*Block; rest > 0 {
		at := len(order) - Block
		turn_f32_avx2(&dst[at], k*4, outs, &src[0], &order[at], 1)
	}
}
