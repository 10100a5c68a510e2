package check

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// train checks a train section and elaborates its two graphs.
func (s *section) train(d *syntax.Train) *Train {
	f := s.frame(d, nil)
	before := s.c.problems()
	okNet := s.resolveNet(f, &d.Net)
	okData := s.resolveData(f, &d.Data)
	t := &Train{Net: d.Net.Name.Name, Data: d.Data.Name.Name, Span: d.Where}
	body := s.settings(f, d, t)
	if !okNet || !okData {
		return nil
	}
	loss := s.statistics(d, body, t, true)
	if loss == nil || s.c.problems() > before {
		s.c.taint(d)
		return nil
	}
	eval := s.statistics(d, body, t, false)
	if eval == nil || s.c.problems() > before {
		s.c.taint(d)
		return nil
	}
	t.Loss, t.Eval = loss.graph, eval.graph
	if !trains(loss.order) {
		f.fail(lossName(body).Where, "E0503", fmt.Sprintf("`%s` has nothing to train", d.Net.Name.Name), "the loss depends on none of its weights", "compute the loss from the outputs of the net")
		return nil
	}
	return t
}

func trains(states []*State) bool {
	return slices.ContainsFunc(states, func(s *State) bool { return !s.Buffer && !s.Frozen })
}

func lossName(body []syntax.Node) *syntax.Ident {
	for _, n := range body {
		if l, ok := n.(*syntax.Let); ok && l.Names[0].Name == "loss" {
			return &l.Names[0]
		}
	}
	return nil
}

// settings resolves the settings of a section and returns the statements that
// compute: loss, metrics and what they need.
func (s *section) settings(f *frame, d *syntax.Train, t *Train) []syntax.Node {
	var body []syntax.Node
	given := map[string]diag.Span{}
	once := func(id syntax.Ident) bool {
		if _, dup := given[id.Name]; dup {
			f.fail(id.Where, "E0504", fmt.Sprintf("`%s` is set twice", id.Name), "", "remove one of the two")
			return false
		}
		given[id.Name] = id.Where
		return true
	}
	metrics := map[string]bool{}
	for _, n := range d.Body {
		switch n := n.(type) {
		case *syntax.Phase:
			f.unsupported(n.Where, "`phase`")
		case *syntax.Freeze:
			f.unsupported(n.Where, "`freeze`")
		case *syntax.State:
			f.unsupported(n.Where, "`"+n.Kind+"` in a train section")
		case *syntax.Metric:
			if len(n.Let.Names) != 1 || metrics[n.Let.Names[0].Name] {
				f.fail(n.Where, "E0504", "a metric has one name of its own", "", "")
				continue
			}
			metrics[n.Let.Names[0].Name] = true
			body = append(body, n)
		case *syntax.Let:
			if len(n.Names) == 0 {
				continue
			}
			name := n.Names[0].Name
			row := vocab.Lookup(vocab.Setting, name)
			switch {
			case len(n.Names) == 1 && row != nil:
				if once(n.Names[0]) {
					s.setting(f, t, row, n)
				}
			case len(n.Names) == 1 && name == "loss":
				if once(n.Names[0]) {
					body = append(body, n)
				}
			default:
				body = append(body, n)
			}
		}
	}
	s.misspelled(f, body)
	s.required(f, d, t, given)
	return body
}

// misspelled reports a statement that nothing reads and whose name is nearly that
// of a setting.
func (s *section) misspelled(f *frame, body []syntax.Node) {
	known := append(vocab.Names(vocab.Setting), "loss", "metric", "phase", "freeze")
	for _, n := range body {
		l, ok := n.(*syntax.Let)
		if !ok || len(l.Names) != 1 || l.Names[0].Name == "loss" {
			continue
		}
		id := l.Names[0]
		if near := diag.Closest(id.Name, known); near != "" && !mentions(body, id.Name) {
			s.c.unknownSetting(f, l, known, "a train section")
		}
	}
}

func mentions(body []syntax.Node, name string) bool {
	found := false
	for _, n := range body {
		syntax.Inspect(n, func(n syntax.Node) bool {
			if x, ok := n.(*syntax.Name); ok && x.Name == name {
				found = true
			}
			return !found
		})
	}
	return found
}

// setting resolves one line such as `epochs = 12`.
func (s *section) setting(f *frame, t *Train, row *vocab.Row, l *syntax.Let) {
	r, ok := f.resolveArgs(row, l.Value.Span(), l.Value.Span(), []*syntax.Arg{{At: syntax.At{Where: l.Value.Span()}, Value: l.Value}})
	if !ok {
		return
	}
	v := r.Args[row.Args[0].Name]
	switch row.Name {
	case "optimizer":
		if c, ok := v.(*vocab.Resolved); ok {
			t.Optimizer = resolved(c, l.Value.Span())
		}
	case "schedule":
		if c, ok := v.(*vocab.Resolved); ok {
			t.Schedule = resolved(c, l.Value.Span())
		}
	case "epochs":
		t.Epochs = int(v.(int64))
	case "batch":
		t.Batch = int(v.(int64))
	case "seed":
		t.Seed = v.(int64)
	}
}

// required reports what is missing and fills in defaults.
func (s *section) required(f *frame, d *syntax.Train, t *Train, given map[string]diag.Span) {
	at := d.Net.Where
	if _, ok := given["loss"]; !ok {
		f.fail(at, "E0501", fmt.Sprintf("`train %s` has no `loss`", t.Net), "", "say what is to become small: `loss = cross_entropy(logits, label)`")
	}
	if _, ok := given["optimizer"]; !ok {
		f.fail(at, "E0501", fmt.Sprintf("`train %s` has no `optimizer`", t.Net), "", "say how the weights change: `optimizer = sgd(lr=0.05, momentum=0.9)`")
	}
	if _, ok := given["schedule"]; !ok {
		t.Schedule = defaults(vocab.Schedule, "constant", d.Where)
	}
	number := func(name string) int64 {
		v, _ := vocab.Lookup(vocab.Setting, name).Args[0].Default.(int64)
		return v
	}
	if _, ok := given["epochs"]; !ok {
		t.Epochs = int(number("epochs"))
	}
	if _, ok := given["batch"]; !ok {
		t.Batch = int(number("batch"))
	}
	if _, ok := given["seed"]; !ok {
		t.Seed = number("seed")
	}
}

// statistics elaborates loss and metrics.
func (s *section) statistics(d *syntax.Train, body []syntax.Node, t *Train, training bool) *builder {
	g := newBuilder(training)
	f := s.frame(d, g)
	s.c.budget = maxStatements
	if !s.inputs(f) {
		return nil
	}
	s.outputs(f, d.Net.Where, d.Data.Where)
	t.Metrics = nil
	for _, n := range body {
		switch n := n.(type) {
		case *syntax.Metric:
			s.metric(f, t, n)
		case *syntax.Let:
			if n.Names[0].Name == "loss" && len(n.Names) == 1 {
				s.loss(f, n)
				continue
			}
			f.execLet(n)
		}
	}
	return g
}

// inputs makes the fields of the data the inputs of the graph, in the order of the
// sample.
func (s *section) inputs(f *frame) bool {
	f.define("N", size{e: sym.Symbol("N"), den: 1})
	f.bound("N", 1, 0)
	origin := s.info.origin()
	ok := true
	for _, x := range s.info.fields {
		t, good := x.batchType(f)
		if !good {
			ok = false
			continue
		}
		in := &Tensor{Name: x.Name, Type: t}
		f.g.graph.Inputs = append(f.g.graph.Inputs, in)
		for _, d := range t.Dims[1:] {
			for _, name := range d.Size.Symbols() {
				f.define(name, size{e: sym.Symbol(name), den: 1})
				f.bound(name, 1, 0)
			}
		}
		v := &tensorValue{t: in, counts: x.LabelSet, made: x.Span, stage: x.Name, origin: origin}
		f.lazy(x.Name, func() value { return x.prepare(f, v) })
	}
	return ok
}

// origin tells where labels come from, for E0205.
func (d *dataInfo) origin() string {
	text := ""
	for i, x := range d.fields {
		if i > 0 {
			text += ", "
		}
		text += x.Name
		if x.LabelSet != "" {
			text += ": " + x.LabelSet
		}
	}
	p := d.decl.Name.Where.Pos()
	for _, n := range d.decl.Body {
		if s, ok := n.(*syntax.Sample); ok {
			p = s.Where.Pos()
		}
	}
	return fmt.Sprintf("from sample (%s) at %s:%d", text, p.File, p.Line)
}

// outputs puts the results of the net in scope. The net runs when one of them is
// first used: a section may call it in its own way instead.
func (s *section) outputs(f *frame, netAt, dataAt diag.Span) {
	var results value
	run := func() value {
		if results == nil {
			results = poison{}
			results = s.feed(f, netAt, dataAt)
		}
		return results
	}
	for i, o := range s.net.net.Infer.Outputs {
		f.lazy(o.Name, func() value {
			v := run()
			if t, ok := v.(tuple); ok && i < len(t) {
				return t[i]
			}
			return v
		})
	}
}

// lazy binds a name whose value is made when it is first read.
func (f *frame) lazy(name string, make func() value) {
	f.vars.vars[name] = &binding{make: make}
}

// feed runs the net on the fields of the same name, or the single input on the
// single field that fits.
func (s *section) feed(f *frame, netAt, dataAt diag.Span) value {
	b := s.net.block
	var args []argument
	for _, p := range b.Sig.In {
		x := s.source(p, len(b.Sig.In) == 1)
		if x == nil {
			return f.fail(dataAt, "E0509", fmt.Sprintf("`%s` wants `%s`, and `%s` has no such field", b.Name.Name, p.Name.Name, s.info.data.Name), "",
				"rename the field, or call the net yourself in `loss`")
		}
		if !s.compatible(f, p, x, dataAt) {
			return poison{}
		}
		v, _ := f.lookup(x.Name)
		args = append(args, argument{v: v, span: dataAt, name: x.Name})
	}
	c := &callable{name: b.Name.Name, block: b, mod: s.net.mod}
	return f.run(c, args, "", netAt)
}

// source finds the field that feeds an input.
func (s *section) source(p *syntax.Param, single bool) *field {
	var pictures []*field
	for _, x := range s.info.fields {
		if x.Name == p.Name.Name {
			return x
		}
		if x.LabelSet == "" {
			pictures = append(pictures, x)
		}
	}
	if single && len(pictures) == 1 {
		return pictures[0]
	}
	return nil
}

// compatible compares a field with an input and reports colours and sizes in the
// words of the data section.
func (s *section) compatible(f *frame, p *syntax.Param, x *field, at diag.Span) bool {
	have, ok := x.batchType(f)
	if !ok {
		return false
	}
	var want op.Type
	for _, in := range s.net.net.Infer.Inputs {
		if in.Name == p.Name.Name {
			want = in.Type
		}
	}
	data, net := s.info.data.Name, s.net.net.Name
	if have.DType == tensor.U8 && want.DType == tensor.F32 {
		f.fail(at, "E0202", fmt.Sprintf("`%s` gives pictures %s, and `%s` reads %s", data, show(x.Type), net, show(want)), "", fmt.Sprintf("end `prep %s` with `chw`", x.Name))
		return false
	}
	if len(have.Dims) == 4 && len(want.Dims) == 4 {
		a, b := have.Dims[1].Set, want.Dims[1].Set
		if a != b && b != "" {
			d := diag.Diagnostic{
				Code: "E0204", Message: fmt.Sprintf("`%s` gives %s images and `%s` reads %s", data, a, net, b),
				Label: fmt.Sprintf("%s at %s:%d", show(x.Type), x.Span.Pos().File, x.Span.Pos().Line),
			}
			if (a == "RGB" || a == "BGR") && (b == "RGB" || b == "BGR") {
				d.Hint = fmt.Sprintf("add `|> swap(%s)` to `prep %s`", b, x.Name)
			} else {
				d.Hint = fmt.Sprintf("add `|> gray` to `prep %s`, or change the sample to u8[..., %s]", x.Name, b)
				if b != "Gray" {
					d.Hint = fmt.Sprintf("change the sample to u8[..., %s]: pictures are converted when they are read", b)
				}
			}
			f.report(at, d)
			return false
		}
		for i := 2; i < 4; i++ {
			n, fixed := want.Dims[i].Size.IsConst()
			if fixed && !want.Dims[i].Size.Equal(have.Dims[i].Size) {
				m, _ := want.Dims[5-i].Size.IsConst()
				h, w := n, m
				if i == 3 {
					h, w = m, n
				}
				f.fail(at, "E0201", fmt.Sprintf("`%s` gives `%s` as %s, and `%s` reads %s", data, x.Name, show(have), net, show(want)),
					fmt.Sprintf("axis %d has %s, not %d", i, showDim(have.Dims[i]), n), fmt.Sprintf("add `resize(%d, %d)` before `chw` in `prep %s`", h, w, x.Name))
				return false
			}
		}
	}
	return true
}

// loss evaluates what is to become small: one number for the batch.
func (s *section) loss(f *frame, l *syntax.Let) {
	v := f.eval(l.Value)
	t, ok := v.(*tensorValue)
	if !ok {
		if !isPoison(v) {
			f.fail(l.Value.Span(), "E0510", "a loss is a number computed from tensors, and this is "+kindOf(v), "", "")
		}
		return
	}
	if t.t.Type.Rank() != 0 || t.t.Type.DType != tensor.F32 {
		f.fail(l.Value.Span(), "E0510", "a loss is one f32 for the batch, and this is "+show(t.t.Type), "", "take the mean: `mean(...)`")
		return
	}
	f.g.graph.Outputs = append(f.g.graph.Outputs, Output{Name: "loss", Value: t.t})
	f.assign("loss", v, nil)
}

// metric evaluates a per-sample statistic and sums it over the batch.
func (s *section) metric(f *frame, t *Train, m *syntax.Metric) {
	id := m.Let.Names[0]
	if name, at, _, ok := callOf(m.Let.Value); ok {
		if row := vocab.Lookup(vocab.Metric, name); row != nil && !row.Runs {
			f.unsupported(at, "the metric `"+name+"`")
			return
		}
	}
	v := f.eval(m.Let.Value)
	x, ok := v.(*tensorValue)
	if !ok {
		if !isPoison(v) {
			f.fail(m.Let.Value.Span(), "E0510", "a metric is computed from tensors, and this is "+kindOf(v), "", "")
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
		return f.fail(span, "E0510", "a metric has one value for each sample, and this is "+show(ty), "", "")
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
