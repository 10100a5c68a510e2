package nrt

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// settles reports whether a copy of b is better, since it can have huge pages or lies on
// whole cache lines, and b can be had again from a file when its memory is given back: a
// packer of programs unfolds them into memory that belongs to no file.
func settles(b []float32) bool {
	return (hasHugePages() || splits(b, kernel.Selected())) && ofFile(b)
}

func hasHugePages() bool {
	mode, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	return err == nil && !strings.Contains(string(mode), "[never]")
}

// ofFile reports whether mappings of files hold all of b. They are several where the kernel
// was told something about a part ([readLarge]).
func ofFile(b []float32) bool {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return false
	}
	defer maps.Close()
	at := uintptr(unsafe.Pointer(&b[0]))
	end := at + 4*uintptr(len(b))
	for lines := bufio.NewScanner(maps); lines.Scan(); { // by address
		var lo, hi, offset uintptr
		var mode, device string
		var inode int64
		n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s %x %s %d", &lo, &hi, &mode, &offset, &device, &inode)
		if n == 6 && lo <= at && at < hi {
			if inode == 0 {
				return false
			}
			if at = hi; at >= end {
				return true
			}
		}
	}
	return false
}
