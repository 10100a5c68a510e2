package blocked

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guard hands out memory that lies against an inaccessible page, at its end or at
// its beginning: an access outside an operand ends the test.
type guard struct {
	t     *testing.T
	atEnd bool
	maps  [][]byte
}

func (g *guard) bytes(n int) []byte {
	g.t.Helper()
	page := unix.Getpagesize()
	size := roundUp(max(n, 1), page)
	m, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		g.t.Fatal(err)
	}
	g.maps = append(g.maps, m)
	for _, p := range [][]byte{m[:page], m[page+size:]} {
		if err := unix.Mprotect(p, unix.PROT_NONE); err != nil {
			g.t.Fatal(err)
		}
	}
	if g.atEnd {
		return m[page+size-n : page+size : page+size]
	}
	return m[page : page+n : page+n]
}

// floats returns guarded memory that holds src; nil stays nil.
func (g *guard) floats(src []float32) []float32 {
	if len(src) == 0 {
		return nil
	}
	b := g.bytes(4 * len(src))
	s := unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(src))
	copy(s, src)
	return s
}

func (g *guard) free() {
	for _, m := range g.maps {
		if err := unix.Munmap(m); err != nil {
			g.t.Fatal(err)
		}
	}
	g.maps = nil
}

// guarded runs body with operands against the end and the beginning of a page.
func guarded(t *testing.T, body func(g *guard)) {
	t.Helper()
	for _, atEnd := range []bool{true, false} {
		g := &guard{t: t, atEnd: atEnd}
		body(g)
		g.free()
	}
}
