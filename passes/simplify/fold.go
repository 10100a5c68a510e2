package simplify

import (
	"math"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// maxFold is the largest constant that folding writes, in elements, unless all
// are equal: generated code must not grow by tables.
const maxFold = 4096

// fold evaluates a pure op on constants; the result is rounded to its element
// type as the op itself would. It returns nil where an operand is not constant,
// the result is too large, or a value has no spelling.
func (c *context) fold(in *ir.Instr) []*ir.Value {
	if in.Op.Effect != op.Pure || len(in.Args) == 0 || len(in.Outs) != 1 || len(in.Body) > 0 || !spellable(in.Outs[0].Type) {
		return nil
	}
	args := make([]*eval.Tensor, len(in.Args))
	for i, a := range in.Args {
		if a == nil {
			continue
		}
		if args[i] = constant(a); args[i] == nil {
			return nil
		}
	}
	outs, err := eval.Op(in.Op, in.Attrs, args)
	if err != nil || len(outs) != 1 {
		return nil
	}
	values := numbers(outs[0])
	if values == nil {
		return nil
	}
	return []*ir.Value{c.constant(in.Outs[0].Type, values)}
}

// spellable reports whether a const instruction can have type t.
func spellable(t op.Type) bool {
	for _, d := range t.Dims {
		if n, ok := d.Size.IsConst(); !ok || d.Set != "" || n < 0 || n > 1<<20 {
			return false
		}
	}
	n, ok := t.Elems().IsConst()
	return ok && n <= 1<<20 && t.DType != tensor.I64
}

// constant evaluates a const instruction, nil for other values.
func constant(v *ir.Value) *eval.Tensor {
	if v.Def == nil || v.Def.Op.Name != "const" || !spellable(v.Type) {
		return nil
	}
	outs, err := eval.Op(v.Def.Op, v.Def.Attrs, nil)
	if err != nil {
		return nil
	}
	return outs[0]
}

// numbers returns the elements rounded to their type, one if all are equal; nil
// where they are too many or not finite.
func numbers(t *eval.Tensor) []float64 {
	values := make([]float64, 0, t.Len())
	for _, x := range t.F {
		if t.Type == tensor.F32 {
			x = float64(float32(x))
		}
		values = append(values, x)
	}
	for _, x := range t.I {
		values = append(values, float64(x))
	}
	equal := len(values) > 0
	for _, x := range values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		equal = equal && math.Float64bits(x) == math.Float64bits(values[0])
	}
	switch {
	case equal:
		return values[:1]
	case len(values) > maxFold || len(values) == 0:
		return nil
	}
	return values
}

// constant emits a const instruction of type t.
func (c *context) constant(t op.Type, values []float64) *ir.Value {
	shape := make([]int64, t.Rank())
	for i, d := range t.Dims {
		shape[i], _ = d.Size.IsConst()
	}
	return c.b.One("const", op.Attrs{"dtype": t.DType.String(), "shape": shape, "values": values})
}

// splat returns the number that every element of v is, looking through shapes.
func splat(v *ir.Value) (float64, bool) {
	for v != nil && v.Def != nil {
		switch v.Def.Op.Name {
		case "const":
			values := v.Def.Attrs.Floats("values")
			if len(values) != 1 {
				return 0, false
			}
			return values[0], true
		case "broadcast", "reshape", "transpose":
			v = v.Def.Args[0]
		default:
			return 0, false
		}
	}
	return 0, false
}
