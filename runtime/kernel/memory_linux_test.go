package kernel

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/netc-lang/netc/internal/testkit"
)

// TestLargeAreasAskForHugePages reads in the table of mappings whether the middle of an
// area has the flag hg.
func TestLargeAreasAskForHugePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("a kernel without huge pages")
	}
	if s := Aligned(hugeFrom / 2); !asksForHugePages(t, &s[len(s)/2]) {
		t.Error("an area of 16 MiB asks for no huge pages")
	}
	c := NewCtx(nil)
	c.Reserve(hugeScratch/4, 0)
	if s := c.scratch(0, hugeScratch/4); !asksForHugePages(t, &s[len(s)/2]) {
		t.Error("scratch memory of 4 MiB asks for no huge pages")
	}
}

// TestLargeAreasAreZero holds it where an area takes the place of one that is no longer used.
func TestLargeAreasAreZero(t *testing.T) {
	for range 4 {
		s := Aligned(hugeFrom / 2)
		for i := range s {
			if s[i] != 0 {
				t.Fatalf("element %d of a new area: got %v, want 0", i, s[i])
			}
			s[i] = 1
		}
		runtime.GC()
	}
}

func asksForHugePages(t *testing.T, p *float32) bool {
	t.Helper()
	return slices.Contains(strings.Fields(testkit.Mapping(t, unsafe.Pointer(p), "VmFlags")), "hg")
}
