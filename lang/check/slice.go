package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// anyTensor is `f32[8, Gray, 28, 28]` written as a value: any such tensor.
func (f *frame) anyTensor(x *syntax.Index, d dtypeRef) value {
	if !f.test {
		return f.fail(x.Where, "E0217", "a type stands for \"any such tensor\" only in a test", "", "")
	}
	dt, _ := tensor.ParseDType(string(d))
	t := op.Type{DType: dt}
	for _, it := range x.Items {
		if it.Pack != nil || it.X == nil {
			return f.fail(it.Where, "E0217", "every size must be given here", "", "")
		}
		s, ok := f.wholeSize(f.eval(it.X), it.X.Span())
		if !ok {
			return poison{}
		}
		t.Dims = append(t.Dims, dimOf(s))
	}
	in := &Tensor{Name: fmt.Sprintf("any%d", len(f.g.graph.Inputs)), Type: t}
	f.g.graph.Inputs = append(f.g.graph.Inputs, in)
	return &tensorValue{t: in, made: x.Where, any: true}
}

// sliceTensor is x[i, a..b, _, ...].
func (f *frame) sliceTensor(x *syntax.Index, v *tensorValue) value {
	rank := v.t.Type.Rank()
	given, rest := 0, -1
	for i, it := range x.Items {
		if it.Pack != nil {
			if rest >= 0 || it.Pack.Name != "" {
				return f.fail(it.Where, "E0218", "`...` stands once for the axes that are not named", "", "")
			}
			rest = i
			continue
		}
		given++
	}
	if given > rank {
		return f.fail(x.Where, "E0218", fmt.Sprintf("%d positions for %d axes: %s", given, rank, f.show(v.t.Type)), "", "")
	}
	axis := 0
	var drop []int
	for _, it := range x.Items {
		if it.Pack != nil {
			axis += rank - given
			continue
		}
		next, dropped, ok := f.sliceAxis(it, v, axis)
		if !ok {
			return poison{}
		}
		v = next
		if dropped {
			drop = append(drop, axis)
		}
		axis++
	}
	if len(drop) == 0 {
		return v
	}
	return f.dropAxes(v, drop, x.Where)
}

func (f *frame) sliceAxis(it *syntax.Item, v *tensorValue, axis int) (next *tensorValue, dropped, ok bool) {
	span := it.X.Span()
	at := f.eval(it.X)
	var lo, hi int64
	switch p := at.(type) {
	case absent:
		return v, false, true
	case number:
		if lo, ok = p.int(); !ok {
			f.fail(span, "E0218", "a position is a whole number, and this is "+p.String(), "", "")
			return nil, false, false
		}
		hi, dropped = lo+1, true
	case interval:
		if lo, hi, ok = f.bounds(p, span); !ok {
			return nil, false, false
		}
	default:
		if !isPoison(at) {
			f.fail(span, "E0218", "an axis is indexed by a number, a range or `_`, and this is "+f.kindOf(at), "", "")
		}
		return nil, false, false
	}
	if n, known := v.t.Type.Dims[axis].Size.IsConst(); lo < 0 || hi < lo || known && hi > n {
		f.fail(span, "E0212", fmt.Sprintf("positions %d..%d are outside axis %d of %s", lo, hi, axis, f.show(v.t.Type)), "", "")
		return nil, false, false
	}
	out, ok := f.emitValue("slice", op.Attrs{"axis": int64(axis), "start": lo, "stop": hi}, span, v).(*tensorValue)
	return out, dropped, ok
}

// dropAxes removes axes of size 1.
func (f *frame) dropAxes(v *tensorValue, axes []int, span diag.Span) value {
	gone := map[int]bool{}
	for _, a := range axes {
		gone[a] = true
	}
	dims := []op.Dim{}
	for i, d := range v.t.Type.Dims {
		if !gone[i] {
			dims = append(dims, d)
		}
	}
	return f.emitValue("reshape", op.Attrs{"shape": dims}, span, v)
}
