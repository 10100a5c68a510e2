package check

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// quantize checks calibration data, schemes, the stages that stay as they are and
// the gates.
func (s *section) quantize(f *frame, d *syntax.Section) {
	lines := s.lines(f, d, "calibrate", "weights", "activations", "keep_float")
	s.schemes(f, lines)
	if l := lines["keep_float"]; l != nil {
		for _, x := range elementsOf(l.Value) {
			s.place(f, x)
		}
	}
	l, gated := lines["calibrate"], slices.ContainsFunc(d.Body, func(n syntax.Node) bool { _, is := n.(*syntax.Require); return is })
	if l == nil {
		if lines["activations"] == nil && !gated {
			return // whole weights need no pictures
		}
		f.fail(d.Name.Where, "E0501", "this `quantize` section has no `calibrate`", "", "say which pictures set the ranges: `calibrate = Photos.val(512)`")
		return
	}
	split, ok := s.calibration(f, l)
	if !ok {
		return
	}
	if !s.inputs(f) {
		return
	}
	s.outputs(f, d.Name.Where, split)
	if _, ok := f.lookup(s.net.net.Infer.Outputs[0].Name); !ok {
		return
	}
	for _, n := range d.Body {
		if r, ok := n.(*syntax.Require); ok {
			s.gate(f, r.Cond)
		}
	}
}

// schemes checks how weights and activations become whole numbers.
func (s *section) schemes(f *frame, lines map[string]*syntax.Let) {
	if l := lines["weights"]; l != nil {
		if r := s.row(f, vocab.Scheme, l); r != nil && r.Row.Name == "uint8" {
			f.fail(calleeSpan(l.Value), "E0305", "weights have a sign, and `uint8` has none", "", "write `int8(per=channel)`")
		}
	}
	if l := lines["activations"]; l != nil {
		if r := s.row(f, vocab.Scheme, l); r != nil && r.Args["per"] == "channel" {
			at := l.Value.Span()
			if a := argOf(l.Value, "per"); a != nil {
				at = a.Value.Span()
			}
			f.fail(at, "E0305", "activations have one scale for the tensor: a sum over channels of different scales is no whole number", "", "leave `per` out")
		}
	}
}

// elementsOf are the expressions of a list, or the one expression.
func elementsOf(x syntax.Expr) []syntax.Expr {
	switch x := x.(type) {
	case *syntax.List:
		return x.Elems
	case *syntax.Tuple:
		return x.Elems
	}
	return []syntax.Expr{x}
}

var splits = []string{"train", "val", "test"}

// calibration checks `Data.val(n)`, or `Data.val` for the whole split.
func (s *section) calibration(f *frame, l *syntax.Let) (at diag.Span, ok bool) {
	x := l.Value
	var args []*syntax.Arg
	if call, is := x.(*syntax.Call); is {
		x, args = call.Fun, call.Args
	}
	m, is := x.(*syntax.Member)
	data, named := syntax.Expr(nil), false
	if is {
		data = m.X
		_, named = data.(*syntax.Name)
	}
	if !named {
		f.fail(l.Value.Span(), "E0514", "calibration takes records of a data section", "", "write `calibrate = Photos.val(512)`")
		return at, false
	}
	ref := &syntax.Ref{At: syntax.At{Where: data.Span()}, Name: syntax.Ident{At: syntax.At{Where: data.Span()}, Name: nameOf(data)}}
	if !s.resolveData(f, ref) {
		return at, false
	}
	if !slices.Contains(splits, m.Name.Name) {
		d := diag.Diagnostic{Code: "E0514", Message: fmt.Sprintf("`%s` has no split `%s`", ref.Name.Name, m.Name.Name), Hint: "a source has `train`, `val` and `test`"}
		if near := diag.Closest(m.Name.Name, splits); near != "" {
			d.Label = fmt.Sprintf("did you mean `%s`?", near)
			d.Edits = []diag.Edit{{Span: m.Name.Where, Text: near}}
		}
		f.report(m.Name.Where, d)
		return at, false
	}
	if len(args) > 0 {
		v := f.eval(args[0].Value)
		n, isNumber := numberOf(v)
		count, whole := int64(0), false
		if isNumber {
			count, whole = n.int()
		}
		if len(args) > 1 || args[0].Name != nil || !whole || count < 1 {
			if !isPoison(v) {
				f.fail(args[0].Where, "E0514", fmt.Sprintf("`%s` wants the number of records", l.Value.Span().Text()), "", "write `"+ref.Name.Name+"."+m.Name.Name+"(512)`")
			}
			return at, false
		}
	}
	return ref.Where, true
}

// gate checks what `require` asks: comparisons of numbers that are measured when the
// net has been quantised.
func (s *section) gate(f *frame, x syntax.Expr) {
	switch b := x.(type) {
	case *syntax.Tuple:
		if len(b.Elems) == 1 {
			s.gate(f, b.Elems[0])
			return
		}
	case *syntax.Binary:
		switch b.Op {
		case "and", "or":
			s.gate(f, b.Left)
			s.gate(f, b.Right)
			return
		case "<", "<=", ">", ">=":
			left, ok1 := s.measured(f, b.Left)
			right, ok2 := s.measured(f, b.Right)
			if ok1 && ok2 && !left && !right {
				f.fail(x.Span(), "E0515", "this gate measures nothing", "both sides are constants", "compare a metric: `require drop(top_k(logits, label, k=1)) <= 0.01`")
			}
			return
		}
	}
	f.fail(x.Span(), "E0515", "a gate compares a measured number with a bound", "", "write `require drop(METRIC) <= 0.01`")
}

// measured checks one side of a gate; is tells that the quantised net is asked.
func (s *section) measured(f *frame, x syntax.Expr) (is, ok bool) {
	switch x := x.(type) {
	case *syntax.Tuple:
		if len(x.Elems) == 1 {
			return s.measured(f, x.Elems[0])
		}
	case *syntax.Unary:
		if x.Op == "-" {
			return s.measured(f, x.X)
		}
	case *syntax.Binary:
		switch x.Op {
		case "+", "-", "*", "/":
			a, ok1 := s.measured(f, x.Left)
			b, ok2 := s.measured(f, x.Right)
			return a || b, ok1 && ok2
		}
	case *syntax.Call:
		if nameOf(x.Fun) == "drop" {
			if len(x.Args) != 1 || x.Args[0].Name != nil {
				f.fail(x.Where, "E0515", "`drop` takes one metric", "", "write `drop(top_k(logits, label, k=1))`")
				return false, false
			}
			return true, s.statistic(f, x.Args[0].Value)
		}
	}
	if t, isTensor := peek(f, x); isTensor {
		return true, s.perRecord(f, t, x)
	} else if isPoison(t) {
		return false, false
	} else if _, isNumber := numberOf(t); !isNumber {
		f.fail(x.Span(), "E0515", "a gate compares numbers, and this is "+f.kindOf(t), "", "")
		return false, false
	}
	return false, true
}

// peek evaluates x once and tells whether it is a tensor.
func peek(f *frame, x syntax.Expr) (value, bool) {
	v := f.eval(x)
	_, is := v.(*tensorValue)
	return v, is
}

// statistic checks the argument of drop: a metric of outputs and fields.
func (s *section) statistic(f *frame, x syntax.Expr) bool {
	v, is := peek(f, x)
	if !is {
		if !isPoison(v) {
			f.fail(x.Span(), "E0515", "`drop` compares a metric before and after, and this is "+f.kindOf(v), "", "compute it from outputs and fields: `top_k(logits, label, k=1)`")
		}
		return false
	}
	return s.perRecord(f, v, x)
}

// perRecord checks that a measured value is one number, or one for each record.
func (s *section) perRecord(f *frame, v value, x syntax.Expr) bool {
	t, ok := v.(*tensorValue)
	if !ok {
		return false
	}
	if r := t.t.Type.Rank(); r == 0 || r == 1 && isBatch(t.t.Type.Dims[0]) {
		return true
	}
	f.fail(x.Span(), "E0515", "a metric has one value for each record, and this is "+f.show(t.t.Type), "", "")
	return false
}

func isBatch(d op.Dim) bool { return d.Size.String() == "N" }
