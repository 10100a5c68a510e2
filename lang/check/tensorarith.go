package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// tensorOps maps operators to ops; a pair swaps its operands.
var tensorOps = map[string]struct {
	op   string
	swap bool
	not  bool
}{
	"+": {op: "add"}, "-": {op: "sub"}, "*": {op: "mul"}, "/": {op: "div"}, "**": {op: "pow"},
	"==": {op: "eq"}, "!=": {op: "eq", not: true},
	"<": {op: "lt"}, "<=": {op: "le"}, ">": {op: "lt", swap: true}, ">=": {op: "le", swap: true},
}

// tensorArith applies an operator where at least one side is a tensor; a number
// takes the element type of the tensor it meets.
func (f *frame) tensorArith(x *syntax.Binary, a, b value) value {
	row, ok := tensorOps[x.Op]
	if !ok {
		return f.fail(x.OpAt, "E0211", fmt.Sprintf("`%s` does not work on tensors", x.Op), "", "")
	}
	s, sok := f.asOperand(a, b, x.Left)
	t, tok := f.asOperand(b, a, x.Right)
	if !sok || !tok {
		return poison{}
	}
	if row.swap {
		s, t = t, s
	}
	v := f.emitBinary(row.op, x, s, t)
	if r, ok := v.(*tensorValue); ok && row.not {
		return f.emitValue("not", nil, x.Where, r)
	}
	return v
}

// asOperand returns v as a tensor that can meet other.
func (f *frame) asOperand(v, other value, x syntax.Expr) (*tensorValue, bool) {
	if t, ok := v.(*tensorValue); ok {
		if t.t == nil {
			return nil, false
		}
		return t, true
	}
	n, ok := numberOf(v)
	if !ok {
		f.fail(x.Span(), "E0211", "arithmetic on a tensor wants a number or a tensor, and this is "+f.kindOf(v), "", "")
		return nil, false
	}
	d := other.(*tensorValue).t.Type.DType
	if !d.Float() && !n.isInt() {
		f.fail(x.Span(), "E0215", fmt.Sprintf("%s is no %s", n, d), "", "cast the tensor first: `cast(f32)`")
		return nil, false
	}
	return f.constant(d, nil, []float64{n.float()}, x.Span())
}

// emitBinary emits an operator, and says which sizes do not meet when it cannot.
func (f *frame) emitBinary(name string, x *syntax.Binary, a, b *tensorValue) value {
	if d, e, ok := f.meet(a, b); !ok {
		return f.report(x.OpAt, diag.Diagnostic{
			Code: "E0201", Message: fmt.Sprintf("`%s` cannot join %s and %s: %s here but %s there", x.Op, f.show(a.t.Type), f.show(b.t.Type), d, e),
			Label: "shapes are joined from the right; only size 1 stretches",
		})
	}
	return f.emitValue(name, nil, x.Where, a, b)
}
