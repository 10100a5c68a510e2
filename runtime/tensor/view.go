package tensor

import (
	"fmt"
	"unsafe"
)

// Element is the Go type of the elements of an array that an arena can hold.
type Element interface {
	~float32 | ~int8 | ~uint8 | ~int32 | ~int64 | ~bool
}

// View returns n elements of type T stored in words, which must be long enough
// and, for 8-byte elements, begin at a multiple of 8 bytes. The two slices share
// memory: an arena is one array of float32, and values of other types live in
// parts of it that hold no float32 meanwhile.
func View[T Element](words []float32, n int) []T {
	var t T
	size := int(unsafe.Sizeof(t))
	if n < 0 || n*size > len(words)*4 {
		panic(fmt.Sprintf("tensor: %d elements of %d bytes do not fit in %d words", n, size, len(words)))
	}
	if n == 0 {
		return nil
	}
	p := unsafe.Pointer(&words[0])
	if uintptr(p)%unsafe.Alignof(t) != 0 {
		panic("tensor: misaligned view")
	}
	return unsafe.Slice((*T)(p), n)
}

// Rows views a flat tensor as rows of the array type R, such as [10]float32 for
// logits (N, 10); the two share memory. R must be an array of T, or of such
// arrays, and flat must hold whole rows.
func Rows[R any, T Element](flat []T) []R {
	var r R
	var t T
	size := int(unsafe.Sizeof(r) / unsafe.Sizeof(t))
	if size == 0 || unsafe.Sizeof(r)%unsafe.Sizeof(t) != 0 || len(flat)%size != 0 {
		panic(fmt.Sprintf("tensor: %d elements are no whole rows of %d", len(flat), size))
	}
	if len(flat) == 0 {
		return nil
	}
	return unsafe.Slice((*R)(unsafe.Pointer(&flat[0])), len(flat)/size)
}
