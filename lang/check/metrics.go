package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// setMetrics are the metrics that add up a table of counts, by the block of the prelude
// that fills it; the number is computed of the whole table.
var setMetrics = map[string]string{
	"mean_iou": "confusion", "precision": "confusion", "recall": "confusion", "f1": "confusion", "ece": "calibration",
	"top_k": "hits",
}

// countsSets reports whether a metric is computed of counts over a whole split: most are
// always, and a mean over records is where some labels do not count.
func countsSets(row *vocab.Row, args []*syntax.Arg) bool {
	return row.Reduce == "set" || slices.ContainsFunc(args, func(a *syntax.Arg) bool { return a.Name != nil && a.Name.Name == "ignore" })
}

// gathered are the metrics that are computed of values of every sample.
var gathered = map[string]func(*frame, *vocab.Resolved, map[string]argument, diag.Span) ([]*tensorValue, map[string]any){
	"auc": (*frame).aucParts, "true_accept": (*frame).pairParts, "mean_ap": (*frame).boxParts,
}

// setMetric elaborates a metric of a whole split.
func (s *section) setMetric(f *frame, t *Train, m *syntax.Metric, row *vocab.Row) {
	id := m.Let.Names[0]
	_, at, args, _ := callOf(m.Let.Value)
	r, ok := f.resolveArgs(row, at, m.Let.Value.Span(), args)
	if !ok {
		return
	}
	given, ok := f.metricArgs(r)
	if !ok || !f.metricTypes(r, given, at) {
		return
	}
	if of := gathered[row.Name]; of != nil {
		parts, args := of(f, r, given, m.Let.Value.Span())
		if parts == nil {
			return
		}
		t.Metrics = append(t.Metrics, Metric{Name: id.Name, Reduce: row.Name, Parts: len(parts), Less: row.Less, Args: args})
		for i, p := range parts {
			if f.g.training {
				break // it is measured on validation records only
			}
			f.g.graph.Outputs = append(f.g.graph.Outputs, Output{Name: fmt.Sprintf("metric.%s.%d", id.Name, i), Value: p.t})
		}
		return
	}
	block := setMetrics[row.Name]
	v, ok := f.c.declared(f.c.prelude, block)
	c, is := v.(*callable)
	if !ok || !is {
		diag.Bugf("the prelude has no block %s", block)
	}
	c = &callable{name: c.name, block: c.block, mod: c.mod}
	for _, name := range []string{"bins", "k", "ignore"} {
		if n, has := r.Args[name].(int64); has {
			c.bound = append(c.bound, boundArg{name, argument{v: whole(n), span: at}})
		}
	}
	if block == "calibration" {
		given["logits"] = f.probabilities(r, given["logits"], given["label"], at)
	}
	x, ok := f.run(c, []argument{given["logits"], given["label"]}, f.childName(nil, m.Let.Value), m.Let.Value.Span()).(*tensorValue)
	if !ok {
		return
	}
	n, known := x.t.Type.Elems().IsConst()
	if !known {
		f.fail(at, "E0209", fmt.Sprintf("`%s` needs the number of classes at compile time", row.Name), "", "")
		return
	}
	f.g.graph.Outputs = append(f.g.graph.Outputs, Output{Name: "metric." + id.Name, Value: x.t})
	reduce := row.Name
	if block == "hits" {
		reduce = "share"
	}
	t.Metrics = append(t.Metrics, Metric{Name: id.Name, Reduce: reduce, Size: int(n), Less: row.Less})
}

// metricArgs evaluates the tensors that a metric is given.
func (f *frame) metricArgs(r *vocab.Resolved) (map[string]argument, bool) {
	out, ok := map[string]argument{}, true
	for _, name := range slices.Sorted(maps.Keys(r.Args)) {
		x, is := r.Args[name].(syntax.Expr)
		if !is {
			continue
		}
		v := f.eval(x)
		ok = ok && !isPoison(v)
		out[name] = argument{v: v, span: x.Span(), name: nameOf(x), x: x}
	}
	return out, ok
}

// metricTypes checks what a metric is given.
func (f *frame) metricTypes(r *vocab.Resolved, given map[string]argument, at diag.Span) bool {
	wrong := func(name, want string) bool {
		a := given[name]
		f.fail(a.span, "E0202", fmt.Sprintf("`%s` wants `%s` to be %s, and this is %s", r.Row.Name, name, want, f.kindOf(a.v)), "", "")
		return false
	}
	typed := func(name string, rank int, d tensor.DType) bool {
		t, ok := given[name].v.(*tensorValue)
		return ok && t.t != nil && t.t.Type.DType == d && t.t.Type.Rank() == rank
	}
	switch r.Row.Name {
	case "mean_ap":
		switch _, boxes := given["truth"].v.(boxesValue); {
		case !typed("boxes", 3, tensor.F32):
			return wrong("boxes", "f32[N, P, 4]")
		case !typed("scores", 3, tensor.F32):
			return wrong("scores", "f32[N, P, K]")
		case !boxes:
			return wrong("truth", "boxes of the data")
		}
		four := given["boxes"].v.(*tensorValue).t.Type.Dims[2]
		if !four.Size.Equal(sym.Const(4)) {
			return wrong("boxes", "f32[N, P, 4]")
		}
	case "true_accept":
		switch {
		case !typed("x", 2, tensor.F32):
			return wrong("x", "points f32[N, D]")
		case !typed("id", 1, tensor.I32):
			return wrong("id", "labels i32[N]")
		}
	default:
		for _, name := range []string{"logits", "label"} {
			if t, ok := given[name].v.(*tensorValue); !ok || t.t == nil {
				return wrong(name, "a tensor")
			}
		}
		return !isPoison(f.classAxisOf(r, given["logits"], given["label"], at))
	}
	return true
}

// classAxisOf checks that labels fit scores, for the metric r.
func (f *frame) classAxisOf(r *vocab.Resolved, logits, label argument, at diag.Span) value {
	in := *f
	in.inputs = []boundArg{{"logits", logits}, {"label", label}}
	ignore, has := r.Args["ignore"].(int64)
	if !has {
		ignore = -1
	}
	return callClassAxis(&in, &builtinCall{name: r.Row.Name, span: at, f: &in, args: []argument{
		{v: logits.v, span: logits.span, name: "logits"}, {v: label.v, span: label.span, name: "label"}, {v: whole(ignore), span: at},
	}})
}
