//go:build amd64 && !purego

package blocked

import "unsafe"

// run transforms the weights of a for F(m x m, 3 x 3).
func (a *winoPackArgs) run(m int) {
	p := (*byte)(unsafe.Pointer(a))
	if m == 4 {
		wino_pack_f32_avx2_4(p)
	} else {
		wino_pack_f32_avx2_2(p)
	}
}
