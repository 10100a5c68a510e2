//go:build amd64 && !purego

package blocked

import "unsafe"

// run transforms the weights of a for tiles of t pixels a side.
func (a *winoPackArgs) run(t int) {
	p := (*byte)(unsafe.Pointer(a))
	switch t {
	case 6:
		wino_pack_f32_avx2_4(p)
	case winoHalved:
		wino_pack_f32_avx2_2s2(p)
	default:
		wino_pack_f32_avx2_2(p)
	}
}
