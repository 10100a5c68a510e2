//go:build amd64 && !purego

package blocked

import "unsafe"

// run transforms the weights of a for tiles of a form.
func (a *winoPackArgs) run(form winoForm) {
	p := (*byte)(unsafe.Pointer(a))
	switch form {
	case winoF2:
		wino_pack_f32_avx2_2(p)
	case winoF3:
		wino_pack_f32_avx2_3(p)
	case winoF4:
		wino_pack_f32_avx2_4(p)
	default:
		wino_pack_f32_avx2_2s2(p)
	}
}
