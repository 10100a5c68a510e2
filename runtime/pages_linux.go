package nrt

import (
	"os"
	"syscall"
	"unsafe"
)

// adviseHugePage is MADV_HUGEPAGE, which package syscall does not name.
const adviseHugePage = 14

// readLarge asks the kernel to read file, which was compiled in, by pages of 2 MiB where it is
// not in memory yet, as file systems with large folios can (XFS, ext4 since Linux 6.16). A
// start then waits less for the disk, and it and all that follow take one page fault for 512
// pages, as long as the file stays in memory (decision 0021).
func readLarge(file []byte) {
	if x := wholePages(file); len(x) >= 4*settleFrom {
		_ = syscall.Madvise(x, adviseHugePage) // a kernel that cannot reads it as it would have
	}
}

// forget gives back the memory of what lies of b in whole pages, until somebody reads it.
func forget(b []float32) {
	if x := wholePages(bytesOf(b)); len(x) > 0 {
		_ = syscall.Madvise(x, syscall.MADV_DONTNEED)
	}
}

// wholePages returns what lies of x in whole pages.
func wholePages(x []byte) []byte {
	page := os.Getpagesize()
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(x))) % uintptr(page))
	if skip >= len(x) {
		return nil
	}
	return x[skip:][:(len(x)-skip)/page*page]
}
