package kernel

import (
	"os"
	"syscall"
	"unsafe"
)

const (
	hugePage     = 2 << 20
	hugeFrom     = 4 * hugePage // smaller areas are not worth what is cleared for nothing
	hugeScratch  = 2 * hugePage // smaller scratch areas, which every call walks through many times
	populateFrom = 64 << 10     // in fewer bytes a call wins nothing

	// What package syscall does not name.
	adviseHugePage      = 14 // MADV_HUGEPAGE
	advisePopulateWrite = 23 // MADV_POPULATE_WRITE, since Linux 5.14
)

// takePages has the pages of buf, all zeros, mapped before they are touched: of 2 MiB where
// buf has at least huge bytes, which are two such pages or more. A page fault for each small
// one takes longer than all in one call, twice as long in a virtual machine whose host keeps
// page tables of its own.
func takePages(buf []float32, huge int) {
	switch size := 4 * len(buf); {
	case size >= huge:
		hugePages(buf)
	case size >= populateFrom:
		_ = syscall.Madvise(wholePages(buf, os.Getpagesize()), advisePopulateWrite)
	}
}

// hugePages asks for pages of 2 MiB. A training step walks through hundreds of megabytes by
// blocks of channels, image by image, and Winograd's algorithm through tens of megabytes of
// weights: with pages of 4 KiB nearly every piece begins with a walk through the page table, a
// tenth of the time of MobileNetV2, a quarter of that of 512 channels of 14 x 14. Small pages
// of an array that was there before are given back, or they would stay. A system that has no
// large ones to give goes on with small ones.
func hugePages(buf []float32) {
	b := wholePages(buf, hugePage)
	if syscall.Madvise(b, adviseHugePage) == nil {
		_ = syscall.Madvise(b, syscall.MADV_DONTNEED)
	}
}

// wholePages returns the bytes of buf that lie in whole pages of the given size.
func wholePages(buf []float32, page int) []byte {
	b := unsafe.Slice((*byte)(unsafe.Pointer(&buf[0])), 4*len(buf))
	b = b[int(-uintptr(unsafe.Pointer(&b[0]))%uintptr(page)):]
	return b[:len(b)/page*page]
}
