//go:build amd64 && !purego

package blocked

import (
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// run sums the products for rows x cols taps.
func (a *depthTapsArgs) run(isa kernel.ISA, rows, cols int) {
	p := (*byte)(unsafe.Pointer(a))
	switch int(isa)*100 + rows*10 + cols {
	case 133:
		depthtaps_f32_avx2_3x3(p)
	case 115:
		depthtaps_f32_avx2_1x5(p)
	case 111:
		depthtaps_f32_avx2_1x1(p)
	case 233:
		depthtaps_f32_avx512_3x3(p)
	case 215:
		depthtaps_f32_avx512_1x5(p)
	case 211:
		depthtaps_f32_avx512_1x1(p)
	default:
		panic("blocked: no depthwise weight gradient of this size")
	}
}

// run sums the products for filters of 3x3.
func (a *depthFilterArgs) run(isa kernel.ISA, stride int) {
	p := (*byte)(unsafe.Pointer(a))
	switch int(isa)*10 + stride {
	case 11:
		depthfilter_f32_avx2_s1(p)
	case 12:
		depthfilter_f32_avx2_s2(p)
	case 21:
		depthfilter_f32_avx512_s1(p)
	case 22:
		depthfilter_f32_avx512_s2(p)
	default:
		panic("blocked: no depthwise weight gradient of this stride")
	}
}

// turnFilters writes blocks of sums of 3x3 filters, 9 vectors each, as weights.
func turnFilters(dw, sums []float32) {
	turnfilters_f32_avx2(&dw[0], &sums[0], len(dw)/(9*Block))
}
