//go:build amd64 && !purego

package blocked

import (
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// run transforms the lines of a.
func (a *winoRowInArgs) run() { wino_row_in_f32_avx2((*byte)(unsafe.Pointer(a))) }

// run transforms the tiles of a back.
func (a *winoRowOutArgs) run(isa kernel.ISA) {
	if isa == kernel.AVX512 {
		wino_row_out_f32_avx512((*byte)(unsafe.Pointer(a)))
	} else {
		wino_row_out_f32_avx2((*byte)(unsafe.Pointer(a)))
	}
}
