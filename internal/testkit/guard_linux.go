package testkit

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// Guard hands out memory between pages that cannot be touched: an access outside an
// operand ends the test.
type Guard struct {
	tb    testing.TB
	place guardPlace
	maps  [][]byte
}

// guardPlace is where operands lie between the pages.
type guardPlace int

const (
	atEnd   guardPlace = iota // an access behind an operand is seen
	atBegin                   // one before it
	askew                     // a float from the beginning: no vector is aligned
	guardPlaces
)

// Guarded runs body with operands against the end of their pages, against the beginning,
// and where no vector is aligned.
func Guarded(tb testing.TB, body func(g *Guard)) {
	tb.Helper()
	for place := range guardPlaces {
		g := &Guard{tb: tb, place: place}
		body(g)
		g.free()
	}
}

// Bytes returns n guarded bytes.
func (g *Guard) Bytes(n int) []byte {
	g.tb.Helper()
	page, offset := os.Getpagesize(), 0
	if g.place == askew {
		offset = 4
	}
	size := (max(n, 1) + offset + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		g.tb.Fatal(err)
	}
	g.maps = append(g.maps, m)
	for _, p := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(p, syscall.PROT_NONE); err != nil {
			g.tb.Fatal(err)
		}
	}
	from := page + offset
	if g.place == atEnd {
		from = page + size - n
	}
	return m[from : from+n : from+n]
}

// Floats returns guarded memory that holds src; nothing stays nil.
func (g *Guard) Floats(src []float32) []float32 {
	g.tb.Helper()
	if len(src) == 0 {
		return nil
	}
	b := g.Bytes(4 * len(src))
	s := unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(src))
	copy(s, src)
	return s
}

func (g *Guard) free() {
	for _, m := range g.maps {
		if err := syscall.Munmap(m); err != nil {
			g.tb.Fatal(err)
		}
	}
	g.maps = nil
}
