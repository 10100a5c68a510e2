package nrt

import "syscall"

const (
	hugeFrom       = 4 * hugeFloats // smaller arenas are not worth what is cleared for nothing
	adviseHugePage = 14             // MADV_HUGEPAGE, which package syscall does not name
)

// hugePages asks for pages of 2 MiB where buf is large. A training step walks through
// hundreds of megabytes by blocks of channels, image by image: with pages of 4 KiB nearly
// every piece begins with a walk through the page table, a tenth of the time of MobileNetV2.
// A kernel that has none to give goes on with small ones.
func hugePages(buf []float32) {
	if len(buf) < hugeFrom {
		return
	}
	buf = buf[hugeSkip(buf):]
	_ = syscall.Madvise(bytesOf(buf[:len(buf)/hugeFloats*hugeFloats]), adviseHugePage)
}
