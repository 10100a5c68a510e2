package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// goTypes are the Go element types of what generated code can hold.
var goTypes = map[tensor.DType]string{
	tensor.F32: "float32", tensor.I8: "int8", tensor.U8: "uint8", tensor.I32: "int32", tensor.I64: "int64", tensor.Bool: "bool",
}

// slice returns the Go expression of the elements of v, a slice of its element
// type with exactly as many elements as v has.
func (l *lowering) slice(v *ir.Value) string {
	if v == nil {
		return "nil"
	}
	if e, ok := l.places[v]; ok {
		return e
	}
	e := l.locate(v)
	l.places[v] = e
	return e
}

// scalar returns the Go expression of the one element of v.
func (l *lowering) scalar(v *ir.Value) string { return l.slice(v) + "[0]" }

func (l *lowering) locate(v *ir.Value) string {
	switch v.Mem.Space {
	case ir.ArenaSpace:
		if e, ok := l.h.gradient(l, v); ok {
			return e
		}
		return l.arena(v)
	case ir.StateSpace:
		return l.h.raw(l, v)
	case ir.ConstSpace:
		return l.u.constant(l, v)
	case ir.SetupSpace:
		return l.h.setup(l, v)
	case ir.InputSpace:
		if v.Def != nil && len(v.Def.Args) > 0 { // a view of an input
			return l.slice(v.Def.Args[0])
		}
		return l.inputs[v]
	}
	l.bug("value %%%d of %s has no place", v.ID, l.fn.Name)
	return ""
}

// arena returns the slice of the arena that holds v. Offsets in the plan are
// bytes; the arena is float32, and other element types are views of it.
func (l *lowering) arena(v *ir.Value) string {
	off, ok1 := sizeOf(v.Mem.Offset, l.batch)
	n := l.elems(v)
	if !ok1 || off.slope%4 != 0 || off.fixed%4 != 0 {
		l.bug("value %%%d of %s has offset %s", v.ID, l.fn.Name, v.Mem.Offset)
	}
	lo := size{off.slope / 4, off.fixed / 4}
	if v.Type.DType == tensor.F32 {
		return fmt.Sprintf("a[%s:%s]", lo, lo.add(n))
	}
	bytes, _ := n.mul(constant(int64(v.Type.DType.Size())))
	return fmt.Sprintf("tensor.View[%s](a[%s:%s], %s)", goTypes[v.Type.DType], lo, lo.add(bytes.ceilDiv(4)), n)
}

// elems returns the number of elements of v.
func (l *lowering) elems(v *ir.Value) size {
	n := constant(1)
	for i := range v.Type.Dims {
		d := l.dim(v, i)
		p, ok := n.mul(d)
		if !ok {
			l.refuse(v.Def, "%s has a size that is not linear in the batch", v.Type)
		}
		n = p
	}
	return n
}

// dim returns the size of axis i of v.
func (l *lowering) dim(v *ir.Value, i int) size {
	s, ok := sizeOf(v.Type.Dims[i].Size, l.batch)
	if !ok {
		l.refuse(v.Def, "axis %d of %s is known only at run time; this version compiles one run-time size, the batch", i, v.Type)
	}
	return s
}

// fixed returns the size of axis i of v, which must not depend on the batch.
func (l *lowering) fixed(v *ir.Value, i int) int64 {
	d := l.dim(v, i)
	if !d.isConst() {
		l.refuse(v.Def, "axis %d of %s must not depend on the batch", i, v.Type)
	}
	return d.fixed
}

// sameStorage reports whether a and b begin at the same place.
func (l *lowering) sameStorage(a, b *ir.Value) bool {
	if a.Mem.Space != b.Mem.Space {
		return false
	}
	switch a.Mem.Space {
	case ir.ArenaSpace:
		return a.Mem.Offset.Equal(b.Mem.Offset)
	case ir.StateSpace:
		return a.Mem.State == b.Mem.State
	case ir.InputSpace:
		return true // only views live there besides the inputs themselves
	}
	return false
}
