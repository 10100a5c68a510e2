package nrt

import (
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// Alignment is what the address of an arena is a multiple of, in bytes: one cache
// line, and two AVX2 registers.
const Alignment = 64

// hugeFloats fill a huge page, of 2 MiB.
const hugeFloats = 2 << 20 / 4

// Floats returns n zeros whose address is a multiple of Alignment.
func Floats(n int) []float32 {
	if n == 0 {
		return []float32{}
	}
	return kernel.Aligned(n)
}

// hugeSkip is the number of floats of buf that lie before the first border of a huge page.
func hugeSkip(buf []float32) int {
	return int(-uintptr(unsafe.Pointer(&buf[0]))%(4*hugeFloats)) / 4
}

func bytesOf(buf []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(buf))), 4*len(buf))
}
