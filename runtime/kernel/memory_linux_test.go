package kernel

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
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

// TestAreasHavePages counts the page faults of who touches an area first.
func TestAreasHavePages(t *testing.T) {
	faults := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return u.Minflt
	}
	s := Aligned(hugeFrom / 8)
	if syscall.Madvise(wholePages(s, os.Getpagesize()), advisePopulateWrite) != nil {
		t.Skip("a kernel without MADV_POPULATE_WRITE")
	}
	page := os.Getpagesize() / 4
	before := faults()
	for i := 0; i < len(s); i += page {
		s[i] = 1
	}
	// Other threads of the process have some of their own.
	if got, most := faults()-before, int64(len(s)/page/4); got > most {
		t.Errorf("%d page faults in an area of %d pages, want at most %d", got, len(s)/page, most)
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
