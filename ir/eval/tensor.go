package eval

import (
	"fmt"
	"math"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Tensor is a concrete row-major array. Elements of float types lie in F as
// float64 whatever the type; elements of integer types and bool (0 or 1) lie in
// I. The other slice is nil.
type Tensor struct {
	Type  tensor.DType
	Shape []int
	F     []float64
	I     []int64
}

// New returns a zeroed tensor.
func New(d tensor.DType, shape ...int) *Tensor {
	t := &Tensor{Type: d, Shape: append([]int(nil), shape...)}
	n := tensor.Shape(shape).Elems()
	if d.Float() {
		t.F = make([]float64, n)
	} else {
		t.I = make([]int64, n)
	}
	return t
}

// Floats returns an f32 tensor that owns a copy of the values; their number must
// be the product of the shape.
func Floats(shape []int, values ...float64) *Tensor {
	t := New(tensor.F32, shape...)
	if copy(t.F, values) != len(values) || len(values) != len(t.F) {
		panic(fmt.Sprintf("eval: %d values for shape %v", len(values), shape))
	}
	return t
}

// Ints returns a tensor of an integer type or bool that owns a copy of the
// values; their number must be the product of the shape.
func Ints(d tensor.DType, shape []int, values ...int64) *Tensor {
	t := New(d, shape...)
	if copy(t.I, values) != len(values) || len(values) != len(t.I) {
		panic(fmt.Sprintf("eval: %d values for shape %v", len(values), shape))
	}
	return t
}

// Scalar returns an f32 tensor without axes.
func Scalar(v float64) *Tensor { return Floats(nil, v) }

// Len returns the number of elements.
func (t *Tensor) Len() int { return tensor.Shape(t.Shape).Elems() }

// Clone returns a copy that shares nothing.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{t.Type, append([]int(nil), t.Shape...), append([]float64(nil), t.F...), append([]int64(nil), t.I...)}
}

// OpType returns the type of t as the table of operations sees it: constant
// sizes, no index sets.
func (t *Tensor) OpType() op.Type {
	dims := make([]sym.Expr, len(t.Shape))
	for i, d := range t.Shape {
		dims[i] = sym.Const(int64(d))
	}
	return op.Tensor(t.Type, dims...)
}

// String names type and shape, such as f32[2 3].
func (t *Tensor) String() string { return fmt.Sprintf("%v%v", t.Type, t.Shape) }

// isFloat reports where the elements lie.
func (t *Tensor) isFloat() bool { return t.Type.Float() }

// at returns element i as float64, whatever the type.
func (t *Tensor) at(i int) float64 {
	if t.isFloat() {
		return t.F[i]
	}
	return float64(t.I[i])
}

// setInt stores an integer that an operation computed, wrapped to its type.
func (t *Tensor) setInt(i int, v int64) { t.I[i] = wrap(t.Type, v) }

// wrap keeps the low bits of v that type d has, as Go's conversions do.
func wrap(d tensor.DType, v int64) int64 {
	switch d {
	case tensor.I8:
		return int64(int8(v))
	case tensor.U8:
		return int64(uint8(v))
	case tensor.I32:
		return int64(int32(v))
	case tensor.Bool:
		if v != 0 {
			return 1
		}
		return 0
	}
	return v
}

// RoundAll rounds the floats of t in place to its element type, so that an
// operand is exactly what compiled code would read.
func RoundAll(t *Tensor) {
	for i, v := range t.F {
		t.F[i] = round(t.Type, v)
	}
}

// round rounds v to the nearest value of float type d, ties to even.
func round(d tensor.DType, v float64) float64 {
	switch d {
	case tensor.F32:
		return float64(float32(v))
	case tensor.F16:
		return roundTo(v, 11, -14, 65504)
	case tensor.BF16:
		return roundTo(v, 8, -126, 0x1.FEp127)
	}
	return v
}

// roundTo rounds to a binary format of the given precision in bits (with the
// hidden one), smallest normal exponent and largest finite value.
func roundTo(v float64, precision, minExp int, largest float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	exp := max(math.Ilogb(v), minExp)
	unit := math.Ldexp(1, exp-precision+1) // distance of neighbours at v
	r := math.RoundToEven(v/unit) * unit
	if math.Abs(r) > largest {
		return math.Inf(int(math.Copysign(1, v)))
	}
	return r
}

// unravel writes the coordinates of flat position i into at.
func unravel(at []int, shape []int, i int) {
	for a := len(shape) - 1; a >= 0; a-- {
		at[a] = i % shape[a]
		i /= shape[a]
	}
}

// ravel returns the flat position of coordinates.
func ravel(shape, at []int) int {
	i := 0
	for a, d := range shape {
		i = i*d + at[a]
	}
	return i
}

// span splits a shape at an axis: outer · size · inner elements, so that element
// (o, k, i) lies at (o*size+k)*inner + i.
func span(shape []int, axis int) (outer, size, inner int) {
	outer, inner = 1, 1
	for _, d := range shape[:axis] {
		outer *= d
	}
	for _, d := range shape[axis+1:] {
		inner *= d
	}
	return outer, shape[axis], inner
}
