package check

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/runtime/tensor"
)

// batchType is the type of a field as the graphs see it: prepared, with N in
// front.
func (x *field) batchType(f *frame) (op.Type, bool) {
	n := op.Dim{Size: sym.Symbol("N")}
	p := x.eval
	if f.g != nil && f.g.training {
		p = x.image
	}
	var t op.Type
	switch x.Kind {
	case PictureField:
		t = op.Type{DType: tensor.F32, Dims: []op.Dim{n, {Size: sym.Const(int64(p.Channels())), Set: p.Set}}}
	case MaskField:
		t = op.Type{DType: tensor.I32, Dims: []op.Dim{n}}
	case TextField:
		return op.Type{DType: tensor.I32, Dims: []op.Dim{n, {Size: sym.Const(x.ids)}}}, true
	default:
		return op.Type{DType: x.Type.DType, Dims: append([]op.Dim{n}, x.Type.Dims...)}, true
	}
	for _, s := range []vocab.Size{p.H, p.W} {
		switch {
		case s.N > 0:
			t.Dims = append(t.Dims, op.Dim{Size: sym.Const(s.N)})
		case s.Symbol != "":
			t.Dims = append(t.Dims, op.Dim{Size: sym.Symbol(s.Symbol)})
		default:
			what, where := "the pictures of `%s` have", "`eval` or `prep`"
			if x.Kind == MaskField {
				what = "the masks of `%s` have"
			}
			if f.g != nil && f.g.training {
				where = "`augment` or `prep`"
			}
			f.fail(x.Span, "E0506", fmt.Sprintf(what+" no common size, and samples of one batch have one shape", x.Name), "", "add `resize(h, w)` to "+where)
			return t, false
		}
	}
	return t, true
}

// prepare emits the steps behind chw.
func (x *field) prepare(f *frame, v value) value {
	for _, s := range x.after {
		t, ok := v.(*tensorValue)
		if !ok {
			return poison{}
		}
		switch s.Call.Name {
		case "normalize":
			mean, std := s.Call.Args["mean"].([]float64), s.Call.Args["std"].([]float64)
			inverse := make([]float64, len(std))
			for i, d := range std {
				inverse[i] = 1 / d
			}
			v = f.perChannel("sub", t, mean, s.Call.Span)
			if t, ok = v.(*tensorValue); ok {
				v = f.perChannel("mul", t, inverse, s.Call.Span)
			}
		case "scale_to":
			to := s.Call.Args["to"].([2]float64)
			v = f.perChannel("mul", t, []float64{to[1] - to[0]}, s.Call.Span)
			if t, ok = v.(*tensorValue); ok {
				v = f.perChannel("add", t, []float64{to[0]}, s.Call.Span)
			}
		default:
			return f.unsupported(s.Call.Span, "`"+s.Call.Name+"` behind `chw`")
		}
		if r, ok := v.(*tensorValue); ok {
			r.t.Def.Stage = s.Call.Name
		}
	}
	return v
}

// perChannel joins an image with one number for each channel, or one for all.
func (f *frame) perChannel(name string, x *tensorValue, values []float64, span diag.Span) value {
	k, ok := f.constant(tensor.F32, []int64{int64(len(values)), 1, 1}, values, span)
	if !ok {
		return poison{}
	}
	return f.emitValue(name, nil, span, x, k)
}
