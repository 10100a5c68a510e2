package kernel

import "unsafe"

// lineFloats is one cache line, the alignment of every scratch area.
const lineFloats = 16

// Aligned returns n zeros that begin on a cache line, in pages that are mapped already, large
// ones where they are many.
func Aligned(n int) []float32 {
	s := aligned(n)
	takePages(s, hugeFrom)
	return s
}

// aligned is Aligned in pages that are mapped when they are touched. Go promises only the
// alignment of the element type, so the array is cut from a larger one.
func aligned(n int) []float32 {
	if n == 0 {
		return nil
	}
	s := make([]float32, n+lineFloats-1)
	off := 0
	if rest := uintptr(unsafe.Pointer(&s[0])) / 4 % lineFloats; rest != 0 {
		off = lineFloats - int(rest)
	}
	return s[off : off+n : off+n]
}
