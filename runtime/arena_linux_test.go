package nrt

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"
)

// TestLargeArenasAskForHugePages reads in the table of mappings whether the middle of an
// arena has the flag hg.
func TestLargeArenasAskForHugePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("a kernel without huge pages")
	}
	if s := Floats(2 * hugeFrom); !asksForHugePages(t, &s[len(s)/2]) {
		t.Error("an arena of 16 MiB asks for no huge pages")
	}
}

func asksForHugePages(t *testing.T, p *float32) bool {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	at, here := uintptr(unsafe.Pointer(p)), false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var lo, hi uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &lo, &hi); n == 2 {
			here = lo <= at && at < hi
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && here {
			return strings.Contains(flags+" ", " hg ")
		}
	}
	t.Skip("the kernel tells no flags of mappings")
	return false
}
