package gogen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/runtime/tensor"
)

// goTypes are the Go element types of what generated code can hold.
var goTypes = map[tensor.DType]string{
	tensor.F32: "float32", tensor.I8: "int8", tensor.U8: "uint8", tensor.I32: "int32", tensor.I64: "int64", tensor.Bool: "bool",
}

// slice returns the Go expression of the elements of v, a slice of its element
// type with exactly as many elements as v has in its layout.
func (l *lowering) slice(v *ir.Value) string {
	if v == nil {
		return "nil"
	}
	if e, ok := l.places[v]; ok {
		return e
	}
	e := l.locate(v)
	if l.group != nil {
		e = l.ofGroup(v, e)
	}
	l.places[v] = e
	return e
}

// scalar returns the Go expression of the one element of v.
func (l *lowering) scalar(v *ir.Value) string {
	e := l.slice(v)
	if lo, _, ok := strings.Cut(e, ":"); ok && strings.HasPrefix(e, "a[") {
		return lo + "]"
	}
	return e + "[0]"
}

func (l *lowering) locate(v *ir.Value) string {
	if v.Def != nil && (v.Def.Op.Name == "const" || v.Def.Op.Name == "iota") {
		return l.u.constant(l, v)
	}
	if v.Def != nil && isView(v.Def) {
		return l.slice(v.Def.Args[0])
	}
	switch v.Mem.Space {
	case ir.ArenaSpace:
		return l.arena(v)
	case ir.GradientSpace:
		return l.h.gradient(l, v)
	case ir.StateSpace:
		if ir.IsRows(v.Def) {
			at, _ := v.Mem.Offset.IsConst()
			return fmt.Sprintf("%s[%d:%d]", l.h.raw(l, v), at/4, at/4+int64(l.stored(v).fixed))
		}
		return l.h.raw(l, v)
	case ir.ElidedSpace:
		return l.unusedResult(v)
	case ir.SetupSpace:
		return l.h.setup(l, v)
	case ir.InputSpace:
		return l.inputs[v]
	}
	l.bug("value %%%d of %s has no place", v.ID, l.fn.Name)
	return ""
}

// arena returns the slice of the arena that holds v, or of a block of it. Offsets in
// the plan are bytes; the arena is float32, and other element types are views of it.
func (l *lowering) arena(v *ir.Value) string {
	if l.late != nil {
		block := fmt.Sprintf("b[%d]", v.Mem.Block-1)
		if at := l.floats(v.Mem.Offset); !at.equal(constant(0)) {
			block += fmt.Sprintf("[%s:]", at)
		}
		return view(v.Type.DType, block, l.stored(v))
	}
	if l.group != nil && v.Mem.Segment == 0 {
		return l.ofBatch(v)
	}
	off, ok1 := sizeOf(v.Mem.Offset, l.batch)
	n := l.stored(v)
	if !ok1 || off.slope%4 != 0 || off.fixed%4 != 0 {
		l.bug("value %%%d of %s has offset %s", v.ID, l.fn.Name, v.Mem.Offset)
	}
	return within("a", v.Type.DType, size{slope: off.slope / 4, fixed: off.fixed / 4}, n, size.String)
}

// within returns n elements of type d that begin lo floats into the slice floats; text
// writes sizes.
func within(floats string, d tensor.DType, lo, n size, text func(size) string) string {
	if d == tensor.F32 {
		return fmt.Sprintf("%s[%s:%s]", floats, text(lo), text(lo.add(n)))
	}
	bytes, _ := n.mul(constant(int64(d.Size())))
	return fmt.Sprintf("tensor.View[%s](%s[%s:%s], %s)", goTypes[d], floats, text(lo), text(lo.add(bytes.ceilDiv(4))), text(n))
}

// unusedResult returns scratch for a result that nobody reads but its kernel
// writes. The results of one instruction lie side by side; instructions share the
// scratch.
func (l *lowering) unusedResult(v *ir.Value) string {
	if v.Def == nil || l.read[v] > 0 || l.group != nil {
		l.bug("value %%%d of %s has no place", v.ID, l.fn.Name)
	}
	lo := constant(0)
	var e string
	for _, o := range v.Def.Outs {
		if o.Mem.Space != ir.ElidedSpace {
			continue
		}
		n := l.elems(o)
		bytes, _ := n.mul(constant(int64(o.Type.DType.Size())))
		hi := lo.add(bytes.ceilDiv(4 * line))
		if o == v {
			base := l.self + ".unused"
			if l.atLoad {
				base = fmt.Sprintf("make([]float32, %s)", hi.times(line))
			}
			e = view(o.Type.DType, fmt.Sprintf("%s[%s:%s]", base, lo.times(line), hi.times(line)), n)
		}
		lo = hi
	}
	if total := lo.times(line).String(); !l.atLoad && !slices.Contains(l.unused, total) {
		l.unused = append(l.unused, total)
	}
	return e
}

// view returns floats, an expression of type []float32, as n elements of type d.
func view(d tensor.DType, floats string, n size) string {
	if d == tensor.F32 {
		return fmt.Sprintf("%s[:%s]", floats, n)
	}
	return fmt.Sprintf("tensor.View[%s](%s, %s)", goTypes[d], floats, n)
}

// stored returns the elements of v in memory, from the first to the last: those of
// its halo and its padding channels too, and what lies between its images where they
// are parts of larger ones.
func (l *lowering) stored(v *ir.Value) size {
	if v.Layout.Plain() {
		return l.elems(v)
	}
	image := l.floats(v.Map().Bytes())
	if l.groupChannels() > 0 && v.Mem.Segment > 0 {
		image = constant(image.fixed / l.group.groups)
	}
	images := l.images(v)
	if v.Mem.Whole() {
		n, _ := images.mul(image)
		return n
	}
	step := l.floats(v.Mem.Step)
	n, _ := images.mul(step)
	return n.add(step.times(-1)).add(image)
}

// images returns the number of images of v; one of [C, H, W] is one.
func (l *lowering) images(v *ir.Value) size {
	if v.Type.Rank() == 4 {
		return l.dim(v, 0)
	}
	return constant(1)
}

// elems returns the number of elements of v.
func (l *lowering) elems(v *ir.Value) size {
	n := constant(1)
	for i := range v.Type.Dims {
		d := l.dim(v, i)
		n = l.product(n, d)
	}
	return n
}

// product returns s times t, which may grow with a power of the batch.
func (l *lowering) product(s, t size) size {
	if p, ok := s.mul(t); ok {
		return p
	}
	if l.powers == nil {
		l.powers = newSizeNames(l.fn, l.batch)
	}
	return l.powers.size(l.powers.expr(s).Mul(l.powers.expr(t)))
}

// dim returns the size of axis i of v.
func (l *lowering) dim(v *ir.Value, i int) size {
	if l.late != nil {
		return l.late.size(v.Type.Dims[i].Size)
	}
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
		l.refuse(v.Def, "axis %d of %s must be known when the package is compiled", i, v.Type)
	}
	return d.fixed
}
