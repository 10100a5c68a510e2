package check

import (
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// statistics elaborates loss and metrics.
func (s *section) statistics(d *syntax.Train, body []syntax.Node, t *Train, training bool) *builder {
	g := newBuilder(training)
	f := s.frame(d, g)
	f.trains, f.classes = true, s.countClasses
	f.ignoring = s.counts
	f.lacking = s.note("the net compiles; `train " + t.Net + "` does not")
	s.c.budget = maxStatements
	if !s.inputs(f) {
		return nil
	}
	s.askTrained(f)
	s.outputs(f, d.Net.Where, d.Data.Where)
	t.Metrics = nil
	own := s.ownLayers()
	for i, n := range body {
		switch n := n.(type) {
		case *syntax.State:
			g := f.within(own)
			g.execLayer(n)
		case *syntax.Metric:
			s.metric(f, t, n)
		case *syntax.Let:
			if n.Names[0].Name == "loss" && len(n.Names) == 1 {
				mix := ""
				if training && t.Lacks == nil {
					mix = t.Mix.Name
				}
				s.loss(f, n, body[:i], mix)
				continue
			}
			f.execLet(n)
		}
	}
	return g
}

// ownLayers returns the names of the layers that live only in training. Both graphs
// share what they make.
func (s *section) ownLayers() *nameScope {
	if s.own == nil {
		s.own = &netInfo{net: &Net{Name: s.net.net.Name}}
		s.own.root = newInstance(s.own, "train")
	}
	return newNameScope(s.own.root, "train")
}

// ownStates picks the weights of those layers.
func (s *section) ownStates(lists ...[]*State) []*State {
	return slices.DeleteFunc(mergeStates(lists...), func(st *State) bool {
		return st.inst == nil || st.inst.net != s.own
	})
}

// loss evaluates what is to become small: one number for the batch. before are the
// statements above it, mix how records are mixed.
func (s *section) loss(f *frame, l *syntax.Let, before []syntax.Node, mix string) {
	v := f.eval(l.Value)
	if own, ok := v.(*tensorValue); ok && mix != "" {
		v = s.mixedLoss(f, l, before, mix, own)
	}
	t, ok := v.(*tensorValue)
	if !ok {
		if !isPoison(v) {
			f.fail(l.Value.Span(), "E0510", "a loss is a number computed from tensors, and this is "+f.kindOf(v), "", "")
		}
		return
	}
	if t.t.Type.Rank() != 0 || t.t.Type.DType != tensor.F32 {
		f.fail(l.Value.Span(), "E0510", "a loss is one f32 for the batch, and this is "+f.show(t.t.Type), "", "take the mean: `mean(...)`")
		return
	}
	f.g.graph.Outputs = append(f.g.graph.Outputs, Output{Name: "loss", Value: t.t})
	f.assign("loss", v, nil)
}

// metric evaluates a per-sample statistic and sums it over the batch.
func (s *section) metric(f *frame, t *Train, m *syntax.Metric) {
	id := m.Let.Names[0]
	if name, _, args, ok := callOf(m.Let.Value); ok {
		if row := vocab.Lookup(vocab.Metric, name); row != nil && countsSets(row, args) {
			s.setMetric(f, t, m, row)
			return
		}
	}
	v := f.eval(m.Let.Value)
	x, ok := v.(*tensorValue)
	if !ok {
		if !isPoison(v) {
			f.fail(m.Let.Value.Span(), "E0510", "a metric is computed from tensors, and this is "+f.kindOf(v), "", "")
		}
		return
	}
	total := f.perBatch(x, m.Let.Value.Span())
	r, ok := total.(*tensorValue)
	if !ok {
		return
	}
	f.g.graph.Outputs = append(f.g.graph.Outputs, Output{Name: "metric." + id.Name, Value: r.t})
	t.Metrics = append(t.Metrics, Metric{Name: id.Name, Reduce: "mean"})
	f.assign(id.Name, v, nil)
}

// perBatch sums a statistic over the samples; one that is a mean over the batch
// already counts for each of them.
func (f *frame) perBatch(x *tensorValue, span diag.Span) value {
	ty := x.t.Type
	if ty.DType != tensor.F32 {
		v := f.emitValue("cast", op.Attrs{"to": "f32"}, span, x)
		t, ok := v.(*tensorValue)
		if !ok {
			return v
		}
		x, ty = t, t.t.Type
	}
	n := sym.Symbol("N")
	if ty.Rank() == 0 {
		v := f.emitValue("broadcast", op.Attrs{"shape": []op.Dim{{Size: n}}}, span, x)
		t, ok := v.(*tensorValue)
		if !ok {
			return v
		}
		x, ty = t, t.t.Type
	}
	if !ty.Dims[0].Size.Equal(n) {
		return f.fail(span, "E0510", "a metric has one value for each sample, and this is "+f.show(ty), "", "")
	}
	if ty.Rank() > 1 {
		axes := []int64{}
		for i := 1; i < ty.Rank(); i++ {
			axes = append(axes, int64(i))
		}
		v := f.emitValue("reduce", op.Attrs{"kind": "mean", "axes": axes, "keep": false}, span, x)
		t, ok := v.(*tensorValue)
		if !ok {
			return v
		}
		x = t
	}
	return f.emitValue("reduce", op.Attrs{"kind": "sum", "axes": []int64{0}, "keep": false}, span, x)
}
