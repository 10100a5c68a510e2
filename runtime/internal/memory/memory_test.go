package memory

import (
	"testing"
	"unsafe"
)

// TestAreas checks lengths, and that what is not empty begins on a cache line.
func TestAreas(t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 15, 16, 17, 1000, 5 << 20} {
		floats, bytes := Floats(n), Bytes(n)
		if len(floats) != n || len(bytes) != n {
			t.Errorf("got %d floats and %d bytes, want %d", len(floats), len(bytes), n)
		}
		if cap(bytes) != n {
			t.Errorf("%d bytes have room for %d", n, cap(bytes))
		}
		for _, p := range []unsafe.Pointer{unsafe.Pointer(unsafe.SliceData(floats)), unsafe.Pointer(unsafe.SliceData(bytes))} {
			if uintptr(p)%(4*LineFloats) != 0 && n > 0 {
				t.Errorf("an area of %d begins at %#x, which is no multiple of %d", n, uintptr(p), 4*LineFloats)
			}
		}
	}
}
