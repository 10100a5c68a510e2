package memory

import (
	"os"
	"strings"
	"syscall"
	"unsafe"
)

// populateFrom is the bytes of the least area whose pages are mapped in one call: in fewer a
// call wins nothing.
const populateFrom = 64 << 10

// What package syscall does not name.
const (
	adviseHugePage      = 14 // MADV_HUGEPAGE
	advisePopulateWrite = 23 // MADV_POPULATE_WRITE, since Linux 5.14
)

// populate has the pages of s mapped before they are touched. A page fault for each takes
// longer than all in one call, twice as long in a virtual machine whose host keeps page
// tables of its own.
func populate(s []float32) {
	if 4*len(s) >= populateFrom {
		_, whole, _ := cut(bytesOf(s), os.Getpagesize())
		_ = syscall.Madvise(whole, advisePopulateWrite)
	}
}

// large returns n zeros, two huge pages at least, in pages of 2 MiB. A training step walks
// through hundreds of megabytes by blocks of channels, image by image, and Winograd's
// algorithm through tens of megabytes of weights: with pages of 4 KiB nearly every piece
// begins with a walk through the page table, a tenth of the time of MobileNetV2, a quarter of
// that of 512 channels of 14 x 14. A system that has no large ones to give goes on with small
// ones.
//
// Whole huge pages are cleared by the system when they are first touched. Small pages of an
// array that was there before are given back, or they would stay; and make would clear what
// such an array was a part of, all of it, in small pages.
func large(n int) []float32 {
	s := unknown(n)
	first, whole, last := cut(bytesOf(s), hugePage)
	clear(first)
	clear(last)
	if syscall.Madvise(whole, adviseHugePage) != nil || syscall.Madvise(whole, syscall.MADV_DONTNEED) != nil {
		clear(whole)
	}
	return s
}

// unknown returns n floats of any value. Only a Builder takes memory that is not cleared;
// nobody else has its string.
func unknown(n int) []float32 {
	var b strings.Builder
	b.Grow(4 * n)
	b.WriteByte(0)
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.StringData(b.String()))), n)
}

// cut returns what lies of b in whole pages of the given size, and before and after them.
func cut(b []byte, page int) (first, whole, last []byte) {
	lo := min(int(-uintptr(unsafe.Pointer(&b[0]))%uintptr(page)), len(b))
	hi := lo + (len(b)-lo)/page*page
	return b[:lo], b[lo:hi], b[hi:]
}

func bytesOf(s []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), 4*len(s))
}
