package nrt

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/netc-lang/netc/internal/testkit"
)

// TestEmbeddedFilesAreReadLarge reads in the table of mappings whether a file has the flag hg,
// large ones alone.
func TestEmbeddedFilesAreReadLarge(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("a kernel without huge pages")
	}
	for _, tt := range []struct {
		size int
		want bool
	}{{8 << 20, true}, {1 << 20, false}} {
		path := filepath.Join(t.TempDir(), "weights")
		if err := os.WriteFile(path, make([]byte, tt.size), 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := syscall.Mmap(int(f.Fd()), 0, tt.size, syscall.PROT_READ, syscall.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Munmap(b)
		readLarge(b[100 : tt.size-100]) // lies anywhere in pages
		flags := strings.Fields(testkit.Mapping(t, unsafe.Pointer(&b[tt.size/2]), "VmFlags"))
		if got := slices.Contains(flags, "hg"); got != tt.want {
			t.Errorf("%d bytes: asked for huge pages: %t, want %t", tt.size, got, tt.want)
		}
	}
}

func TestWholePages(t *testing.T) {
	page := os.Getpagesize()
	b, err := syscall.Mmap(-1, 0, 4*page, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(b)
	for _, tt := range []struct{ lo, hi, from, to int }{
		{0, 4 * page, 0, 4},
		{1, 4*page - 1, 1, 3},
		{page, 2*page + 1, 1, 2},
		{1, page + 1, 1, 1},
		{1, page - 1, 1, 1},
		{7, 7, 1, 1},
	} {
		got := wholePages(b[tt.lo:tt.hi])
		if n := (tt.to - tt.from) * page; len(got) != n || n > 0 && &got[0] != &b[tt.from*page] {
			t.Errorf("bytes %d to %d: got %d bytes, want pages %d to %d", tt.lo, tt.hi, len(got), tt.from, tt.to)
		}
	}
	if got := wholePages(nil); len(got) != 0 {
		t.Errorf("of nothing: got %d bytes", len(got))
	}
}
