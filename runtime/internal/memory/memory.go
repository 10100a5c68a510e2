package memory

import "unsafe"

// LineFloats is one cache line, the alignment of every area.
const LineFloats = 16

const (
	hugePage    = 2 << 20
	hugeFrom    = 4 * hugePage // bytes; smaller areas are not worth what is cleared for nothing
	hugeScratch = 2 * hugePage // smaller scratch areas, which every call walks through many times
)

// Floats returns n zeros that begin on a cache line, in pages that are mapped already, large
// ones where they are many.
func Floats(n int) []float32 { return floats(n, hugeFrom) }

// Scratch is Floats for what every call of a kernel walks through.
func Scratch(n int) []float32 { return floats(n, hugeScratch) }

// Bytes is Floats for n bytes.
func Bytes(n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(Floats((n+3)/4)))), n)
}

// floats returns n zeros, in large pages where they have so many bytes. Go promises only the
// alignment of the element type, so the area is cut from a larger one.
func floats(n, huge int) []float32 {
	if n == 0 {
		return nil
	}
	var s []float32
	if room := n + LineFloats - 1; 4*n >= huge {
		s = large(room)
	} else {
		s = make([]float32, room)
		populate(s)
	}
	off := 0
	if rest := uintptr(unsafe.Pointer(&s[0])) / 4 % LineFloats; rest != 0 {
		off = LineFloats - int(rest)
	}
	return s[off : off+n : off+n]
}
