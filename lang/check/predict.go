package check

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// predict checks a predict section and elaborates prep, net and outputs.
func (s *section) predict(d *syntax.Predict) *Predict {
	g := newBuilder(false)
	f := s.frame(d, g)
	f.lacking = s.note("the net compiles; `predict " + d.Net.Name.Name + "` does not")
	before := s.c.problems()
	ok := s.resolveNet(f, &d.Net)
	out := &Predict{Net: d.Net.Name.Name, Span: d.Where}
	at := d.Net.Where
	if d.Data != nil {
		out.Data, at = d.Data.Name.Name, d.Data.Where
		ok = s.resolveData(f, d.Data) && ok
		if ok {
			out.Data = s.info.data.Name
		}
	}
	if len(d.Body) == 0 {
		f.fail(d.Net.Where, "E0501", "this `predict` section has no outputs", "", "name what is to be told: `label = argmax(logits)`")
	}
	if !ok || s.c.problems() > before {
		s.passOver()
		return nil
	}
	s.c.budget = maxStatements
	if d.Data != nil {
		for _, x := range s.info.fields {
			if x.Kind == BoxesField {
				f.boxes = x.LabelSet
			}
		}
		if !s.pictures(f, at) {
			return nil
		}
		s.outputs(f, d.Net.Where, at)
	} else if !s.bare(f, d) {
		return nil
	}
	for _, l := range d.Body {
		s.output(f, out, l)
	}
	if s.c.problems() > before {
		return nil
	}
	out.Graph = g.graph
	if out.Lacks = s.lack; out.Lacks == nil && s.info != nil {
		out.Lacks = s.info.data.NoServe
	}
	return out
}

// pictures makes the fields that feed the net the inputs of the graph: labels are
// not there when a net is served.
func (s *section) pictures(f *frame, at diag.Span) bool {
	all := s.info.fields
	var used []*field
	params := s.net.block.Sig.In
	for _, p := range params {
		x := s.source(p, len(params) == 1)
		if x == nil {
			f.fail(at, "E0509", fmt.Sprintf("`%s` wants `%s`, and `%s` has no such field", s.net.net.Name, p.Name.Name, s.info.data.Name), "", "rename the field")
			return false
		}
		used = append(used, x)
	}
	info := *s.info
	info.fields = used
	s.info = &info
	ok := s.inputs(f)
	s.askSizes(f, used)
	unserved := map[string]bool{}
	for _, x := range all {
		if f.vars.find(x.Name) == nil {
			unserved[x.Name] = true
		}
	}
	f.unknown = func(n *syntax.Name) (value, bool) {
		if !unserved[n.Name] {
			return nil, false
		}
		return f.fail(n.Where, "E0509", fmt.Sprintf("`%s` is not known when a net is served", n.Name), "", "a predict section sees the fields that feed the net"), true
	}
	return ok
}

// askSizes lets the pictures of f promise what the net asks of their sizes, where the
// data leaves those open: they are checked once, when a picture is given. Sizes are
// written as those of a net are (see frame.netSignature).
func (s *section) askSizes(f *frame, used []*field) {
	net := s.net.net.Infer
	facts := &f.g.graph.Facts
	multiples := map[string]sym.Expr{}
	for i, x := range used {
		if i >= len(net.Inputs) {
			break
		}
		if x == nil {
			continue
		}
		want := net.Inputs[i].Type.Simplify(net.Facts)
		for _, in := range f.g.graph.Inputs {
			if in.Name != x.Name || len(in.Type.Dims) != len(want.Dims) {
				continue
			}
			for a, d := range in.Type.Dims[1:] {
				facts.Adopt(d.Size, want.Dims[a+1].Size, net.Facts)
			}
		}
	}
	for name, d := range facts.Divides {
		if name != "N" && d > 1 {
			multiples[name] = sym.Symbol(name).FloorDiv(d).Mul(sym.Const(d))
			f.define(name, size{e: multiples[name], den: 1})
		}
	}
	for _, in := range f.g.graph.Inputs {
		in.Type.Dims = slices.Clone(in.Type.Dims)
		for a := range in.Type.Dims {
			in.Type.Dims[a].Size = in.Type.Dims[a].Size.Subst(multiples)
		}
	}
}

// bare is a predict section without data: the inputs are those of the net.
func (s *section) bare(f *frame, d *syntax.Predict) bool {
	var args []argument
	for _, in := range s.net.net.Infer.Inputs {
		t := &Tensor{Name: in.Name, Type: in.Type}
		f.g.graph.Inputs = append(f.g.graph.Inputs, t)
		f.g.graph.Facts = s.net.net.Infer.Facts
		v := &tensorValue{t: t, made: d.Net.Where, stage: in.Name}
		f.define(in.Name, v)
		args = append(args, argument{v: v, span: d.Net.Where, name: in.Name})
	}
	c := s.net.callable()
	v := f.run(c, args, "", d.Net.Where)
	for i, o := range s.net.net.Infer.Outputs {
		if t, ok := v.(tuple); ok && i < len(t) {
			f.define(o.Name, t[i])
		} else {
			f.define(o.Name, v)
		}
	}
	return !isPoison(v)
}

// output evaluates one line; a line with several names takes a tuple apart.
func (s *section) output(f *frame, out *Predict, l *syntax.Let) {
	f.execLet(l)
	f.c.markUsed(l)
	for _, id := range l.Names {
		v, _ := f.lookup(id.Name)
		switch t := v.(type) {
		case *tensorValue:
			s.give(f, out, id, id.Name, t)
		case *detections:
			s.giveBoxes(f, out, id, t)
		case tuple:
			if len(t) == 2 && s.ranking(f, out, id, t[0], t[1]) {
				continue
			}
			f.fail(l.Value.Span(), "E0511", fmt.Sprintf("`%s` is %s, and an output is a tensor", id.Name, f.kindOf(v)), "", "name each part: `a, b = ...`")
		default:
			if !isPoison(v) {
				f.fail(l.Value.Span(), "E0511", fmt.Sprintf("`%s` is %s, and an output is a tensor", id.Name, f.kindOf(v)), "", "")
			}
		}
	}
}

// ranking makes two outputs of the result of `top`: the classes under its name, and
// their scores.
func (s *section) ranking(f *frame, out *Predict, id syntax.Ident, scores, classes value) bool {
	a, ok := scores.(*tensorValue)
	b, also := classes.(*tensorValue)
	if !ok || !also || a.t.Def == nil || a.t.Def != b.t.Def || a.t.Def.Op.Name != "topk" {
		return false
	}
	s.give(f, out, id, id.Name, b)
	s.give(f, out, id, id.Name+"_score", a)
	return true
}

// giveBoxes adds an output of boxes: the graph gives all of them with their scores.
func (s *section) giveBoxes(f *frame, out *Predict, id syntax.Ident, x *detections) {
	for _, o := range out.Outputs {
		if o.Name == id.Name {
			f.fail(id.Where, "E0504", fmt.Sprintf("`%s` is an output twice", id.Name), "", "rename one of the two")
		}
	}
	f.g.graph.Outputs = append(f.g.graph.Outputs, Output{Name: id.Name + ".boxes", Value: x.boxes.t}, Output{Name: id.Name + ".scores", Value: x.scores.t})
	out.Outputs = append(out.Outputs, PredictOutput{Name: id.Name, Set: x.set, NMS: &x.nms})
}

// give adds an output.
func (s *section) give(f *frame, out *Predict, id syntax.Ident, name string, t *tensorValue) {
	for _, o := range out.Outputs {
		if o.Name == name {
			f.fail(id.Where, "E0504", fmt.Sprintf("`%s` is an output twice", name), "", "rename one of the two")
		}
	}
	f.g.graph.Outputs = append(f.g.graph.Outputs, Output{Name: name, Value: t.t})
	out.Outputs = append(out.Outputs, PredictOutput{Name: name, Set: t.counts, Mask: s.masks(f.g.graph, t.t)})
}

// masks reports whether t has one value for each pixel of the picture that the net
// reads, and some step of eval or prep moves the pixels of that picture.
func (s *section) masks(g *Graph, t *Tensor) bool {
	if s.info == nil || len(g.Inputs) != 1 || g.Inputs[0].Type.Rank() != 4 || t.Type.Rank() != 3 {
		return false
	}
	picture, steps := g.Inputs[0], slices.Concat(s.info.data.Eval, s.info.data.Prep)
	return t.Type.Dims[1].Size.Equal(picture.Type.Dims[2].Size) && t.Type.Dims[2].Size.Equal(picture.Type.Dims[3].Size) &&
		slices.ContainsFunc(steps, func(x Step) bool {
			row := vocab.Lookup(vocab.Step, x.Call.Name)
			return row != nil && row.On&vocab.Mask != 0 && slices.Contains(x.Fields, picture.Name)
		})
}
