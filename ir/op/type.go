package op

import (
	"strings"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Dim is the size of one axis and, where the axis has names, its index set.
type Dim struct {
	Size sym.Expr
	Set  string // qualified name of an index set such as "RGB"; empty for a plain axis
}

// Type is what checker and IR share: element type and axes.
type Type struct {
	DType tensor.DType
	Dims  []Dim
}

// Tensor returns a plain type with unnamed axes.
func Tensor(d tensor.DType, dims ...sym.Expr) Type {
	t := Type{DType: d, Dims: make([]Dim, len(dims))}
	for i, e := range dims {
		t.Dims[i].Size = e
	}
	return t
}

// Rank returns the number of axes; a scalar has none.
func (t Type) Rank() int { return len(t.Dims) }

// Elems returns the number of elements.
func (t Type) Elems() sym.Expr {
	n := sym.Const(1)
	for _, d := range t.Dims {
		n = n.Mul(d.Size)
	}
	return n
}

// Bytes returns the size of the elements, which is that of a plain layout.
func (t Type) Bytes() sym.Expr { return t.Elems().Mul(sym.Const(int64(t.DType.Size()))) }

// Equal reports whether both have the same element type, sizes and index sets; sizes
// are compared in normal form.
func (t Type) Equal(u Type) bool { return t.SameShape(u) && t.DType == u.DType }

// SameShape compares sizes and index sets only.
func (t Type) SameShape(u Type) bool {
	if len(t.Dims) != len(u.Dims) {
		return false
	}
	for i := range t.Dims {
		if t.Dims[i].Set != u.Dims[i].Set || !t.Dims[i].Size.Equal(u.Dims[i].Size) {
			return false
		}
	}
	return true
}

// String prints the text form: f32[N, Gray:1, 28, 28].
func (t Type) String() string {
	var b strings.Builder
	b.WriteString(t.DType.String())
	if len(t.Dims) > 0 {
		b.WriteByte('[')
		for i, d := range t.Dims {
			if i > 0 {
				b.WriteString(", ")
			}
			if d.Set != "" {
				b.WriteString(d.Set + ":")
			}
			b.WriteString(d.Size.String())
		}
		b.WriteByte(']')
	}
	return b.String()
}
