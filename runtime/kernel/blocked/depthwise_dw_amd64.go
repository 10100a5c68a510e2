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
