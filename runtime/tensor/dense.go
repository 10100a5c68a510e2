package tensor

import (
	"fmt"
	"unsafe"
)

// Shape is the size of each axis, slowest first. An empty shape is a scalar.
type Shape []int

// Elems returns the number of elements, 1 for a scalar.
func (s Shape) Elems() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Equal reports whether s and t have the same axes.
func (s Shape) Equal(t Shape) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if s[i] != t[i] {
			return false
		}
	}
	return true
}

// Dense is a contiguous row-major array. Data holds the elements in the byte
// order of the machine; its length is Shape.Elems() * DType.Size().
type Dense struct {
	DType DType
	Shape Shape
	Data  []byte
}

// NewDense returns a zeroed array. The backing store is 8-byte aligned.
func NewDense(d DType, shape ...int) *Dense {
	n := Shape(shape).Elems() * d.Size()
	words := make([]uint64, (n+7)/8)
	var data []byte
	if n > 0 {
		data = unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), n)
	}
	return &Dense{DType: d, Shape: append(Shape(nil), shape...), Data: data}
}

// Float32s returns the elements of an f32 array as a view. It panics on
// another element type or on a misaligned backing store.
func (d *Dense) Float32s() []float32 { return Of[float32](d, F32) }

// Int32s returns the elements of an i32 array as a view.
func (d *Dense) Int32s() []int32 { return Of[int32](d, I32) }

// Int64s returns the elements of an i64 array as a view.
func (d *Dense) Int64s() []int64 { return Of[int64](d, I64) }

// Of views the elements of d as T, which must be the Go type of want.
func Of[T any](d *Dense, want DType) []T {
	if d.DType != want {
		panic(fmt.Sprintf("tensor: array of %v viewed as %v", d.DType, want))
	}
	if len(d.Data) == 0 {
		return nil
	}
	var t T
	p := unsafe.Pointer(&d.Data[0])
	if uintptr(p)%unsafe.Alignof(t) != 0 {
		panic("tensor: misaligned array")
	}
	return unsafe.Slice((*T)(p), d.Shape.Elems())
}
