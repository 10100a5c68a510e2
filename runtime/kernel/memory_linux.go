package kernel

import (
	"syscall"
	"unsafe"
)

const (
	hugePage       = 2 << 20
	hugeFrom       = 4 * hugePage // smaller areas are not worth what is cleared for nothing
	hugeScratch    = 2 * hugePage // smaller scratch areas, which every call walks through many times
	adviseHugePage = 14           // MADV_HUGEPAGE, which package syscall does not name
)

// hugePages asks for pages of 2 MiB where buf, all zeros, has so many bytes, two pages at least. A training step walks
// through hundreds of megabytes by blocks of channels, image by image, and Winograd's
// algorithm through tens of megabytes of weights: with pages of 4 KiB nearly every piece
// begins with a walk through the page table, a tenth of the time of MobileNetV2, a quarter of
// that of 512 channels of 14 x 14. Small pages of an array that was there before are given
// back, or they would stay. A system that has no large ones to give goes on with small ones.
func hugePages(buf []float32, from int) {
	if len(buf) < from/4 {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&buf[0])), 4*len(buf))
	b = b[int(-uintptr(unsafe.Pointer(&b[0]))%hugePage):]
	b = b[:len(b)/hugePage*hugePage]
	if syscall.Madvise(b, adviseHugePage) == nil {
		_ = syscall.Madvise(b, syscall.MADV_DONTNEED)
	}
}
