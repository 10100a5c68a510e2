//go:build amd64 && !purego

package tiles

import "unsafe"

// Drain does all that is left.
func (s *Side) Drain(isa ISA) {
	if s.Left == 0 {
		return
	}
	s.Per = s.Left
	if isa == AVX512 {
		sidedrain_f32_avx512((*byte)(unsafe.Pointer(s)))
	} else {
		sidedrain_f32_avx2((*byte)(unsafe.Pointer(s)))
	}
}
