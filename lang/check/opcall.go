package check

import (
	"fmt"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// callOp is op.NAME(tensors, attr=value) of the prelude.
func (f *frame) callOp(name string, x *syntax.Call) value {
	d := op.Lookup(name)
	if d == nil {
		return f.fail(x.Where, "E0601", fmt.Sprintf("the operation `%s` is part of the language, but this version of netc can't compile it yet", name), "", "")
	}
	attrs := op.Attrs{}
	var given []argument
	for _, a := range x.Args {
		v := f.eval(a.Value)
		if isPoison(v) {
			return poison{}
		}
		if a.Name == nil {
			given = append(given, argument{v: v, span: a.Value.Span()})
			continue
		}
		kind, known := attrKind(d, a.Name.Name)
		if !known {
			return f.fail(a.Name.Where, "E0302", fmt.Sprintf("op.%s has no attribute %s", name, a.Name.Name), "", "")
		}
		av, ok := f.attr(kind, v)
		if !ok {
			return f.fail(a.Value.Span(), "E0305", fmt.Sprintf("attribute %s of op.%s cannot be %s", a.Name.Name, name, f.kindOf(v)), "", "")
		}
		attrs[a.Name.Name] = av
	}
	args, ok := f.operands(given)
	if !ok {
		return poison{}
	}
	return f.emit(name, attrs, x.Where, args...)
}

// operands turns values into operands of an op: `_` is an absent one, a list is
// several, and a number takes the element type of its neighbours.
func (f *frame) operands(given []argument) ([]*tensorValue, bool) {
	d := tensor.F32
	var flat []argument
	for _, a := range given {
		if l, ok := a.v.(list); ok {
			for _, e := range l {
				flat = append(flat, argument{v: e, span: a.span})
			}
			continue
		}
		flat = append(flat, a)
	}
	for _, a := range flat {
		if t, ok := a.v.(*tensorValue); ok && t.t != nil && t.t.Type.DType != tensor.Bool {
			d = t.t.Type.DType
		}
	}
	out := make([]*tensorValue, len(flat))
	for i, a := range flat {
		switch v := a.v.(type) {
		case *tensorValue:
			if v.t == nil {
				return nil, false
			}
			out[i] = v
		case absent:
		case poison:
			return nil, false
		case number, size:
			n, ok := numberOf(v)
			if !ok {
				f.fail(a.span, "E0209", "a number is wanted here, and "+f.kindOf(v)+" is known only at run time", "", "")
				return nil, false
			}
			t, ok := f.constant(d, nil, []float64{n.float()}, a.span)
			if !ok {
				return nil, false
			}
			out[i] = t
		default:
			f.fail(a.span, "E0202", "a tensor is wanted here, and this is "+f.kindOf(v), "", "")
			return nil, false
		}
	}
	return out, true
}

func attrKind(d *op.Def, name string) (op.Kind, bool) {
	for _, s := range d.Attrs {
		if s.Name == name {
			return s.Kind, true
		}
	}
	return 0, false
}

// attr converts a value to the Go type of an attribute.
func (f *frame) attr(k op.Kind, v value) (any, bool) {
	switch k {
	case op.KindInt:
		n, ok := numberOf(v)
		if !ok {
			return nil, false
		}
		return toInt(n)
	case op.KindFloat:
		n, ok := numberOf(v)
		return n.float(), ok
	case op.KindBool:
		b, ok := v.(bool)
		return b, ok
	case op.KindString:
		switch v := v.(type) {
		case text:
			return string(v), true
		case word:
			return string(v), true
		case dtypeRef:
			return string(v), true
		}
		return nil, false
	case op.KindDims:
		return f.attrDims(v)
	}
	es := elements(v)
	if _, ok := numberOf(v); ok {
		es = []value{v}
	}
	switch k {
	case op.KindInts:
		out := make([]int64, len(es))
		for i, e := range es {
			n, ok := f.attr(op.KindInt, e)
			if !ok {
				return nil, false
			}
			out[i] = n.(int64)
		}
		return out, es != nil
	case op.KindFloats:
		out := make([]float64, len(es))
		for i, e := range es {
			n, ok := numberOf(e)
			if !ok {
				return nil, false
			}
			out[i] = n.float()
		}
		return out, es != nil
	}
	return nil, false
}

func (f *frame) attrDims(v value) (any, bool) {
	switch v := v.(type) {
	case pack:
		return append([]op.Dim{}, v...), true
	case list:
		out := []op.Dim{}
		for _, e := range v {
			if p, ok := e.(pack); ok {
				out = append(out, p...)
				continue
			}
			s, ok := f.wholeSize(e, f.site)
			if !ok {
				return nil, false
			}
			out = append(out, dimOf(s))
		}
		return out, true
	}
	return nil, false
}

func toInt(n number) (any, bool) {
	i, ok := n.int()
	return i, ok
}
