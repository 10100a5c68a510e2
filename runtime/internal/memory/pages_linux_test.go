package memory

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
	if s := Floats(hugeFrom / 2); !asksForHugePages(t, unsafe.Pointer(&s[len(s)/2])) {
		t.Error("an area of 16 MiB asks for no huge pages")
	}
	if s := Bytes(2 * hugeFrom); !asksForHugePages(t, unsafe.Pointer(&s[len(s)/2])) {
		t.Error("16 MiB of bytes ask for no huge pages")
	}
	if s := Scratch(hugeScratch / 4); !asksForHugePages(t, unsafe.Pointer(&s[len(s)/2])) {
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
	if _, other, _ := cut(make([]byte, 1<<20), os.Getpagesize()); syscall.Madvise(other, advisePopulateWrite) != nil {
		t.Skip("a kernel without MADV_POPULATE_WRITE")
	}
	s := Floats(hugeFrom / 8)
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
		s := Floats(hugeFrom / 2)
		for i := range s {
			if s[i] != 0 {
				t.Fatalf("element %d of a new area: got %v, want 0", i, s[i])
			}
			s[i] = 1
		}
		runtime.GC()
	}
}

func asksForHugePages(t *testing.T, p unsafe.Pointer) bool {
	t.Helper()
	return slices.Contains(strings.Fields(testkit.Mapping(t, p, "VmFlags")), "hg")
}
