package lsp

import (
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// section resolves the names of data, train, predict, weights and their kin.
func (x *index) section(d syntax.Decl) {
	s := newScope(nil)
	switch d := d.(type) {
	case *syntax.Data:
		x.add(d.Name.Where, x.main.decls[d.Name.Name], true)
		x.data(s, d)
	case *syntax.Train:
		x.results(s, x.ref(&d.Net))
		x.fields(s, x.ref(&d.Data))
		x.training(s, d.Body)
	case *syntax.Predict:
		x.results(s, x.ref(&d.Net))
		if d.Data != nil {
			x.fields(s, x.ref(d.Data))
		}
		for _, l := range d.Body {
			x.let(s, l)
		}
	case *syntax.Weights:
		x.weights(s, d)
	case *syntax.Section:
		x.deploy(s, d)
	}
}

// data defines the fields of a sample first: any line may use them.
func (x *index) data(s *scope, d *syntax.Data) {
	for _, n := range d.Body {
		if n, ok := n.(*syntax.Sample); ok {
			for _, p := range n.Fields {
				x.typ(s, p.Type, true)
				x.param(s, p, inputKind)
			}
		}
	}
	for _, n := range d.Body {
		switch n := n.(type) {
		case *syntax.Let:
			x.setting(n, "data")
			x.rowExpr(s, vocab.Source, n.Value)
		case *syntax.Flow:
			for _, id := range n.Names {
				x.add(id.Where, s.find(id.Name), false)
			}
			x.flow(s, n.Value)
		}
	}
}

// flow resolves steps.
func (x *index) flow(s *scope, v syntax.Expr) {
	p, ok := v.(*syntax.Pipe)
	if !ok {
		x.expr(s, v)
		return
	}
	x.expr(s, p.Head)
	for _, st := range p.Stages {
		x.rowExpr(s, vocab.Step, st.Layer)
	}
}

// setting notes the left side of a line.
func (x *index) setting(l *syntax.Let, section string) {
	if len(l.Names) != 1 {
		return
	}
	id := l.Names[0]
	if doc := x.lang.fields[section][id.Name]; doc != "" {
		x.add(id.Where, &symbol{name: id.Name, kind: settingKind, usage: id.Name + " = ...", doc: doc, library: true}, false)
	}
}

// rowExpr resolves a word or call of the vocabulary; what is none is an ordinary
// expression.
func (x *index) rowExpr(s *scope, k vocab.Kind, v syntax.Expr) {
	name, at := calleeOf(v)
	t := x.lang.rows[k][name]
	if t == nil {
		x.expr(s, v)
		return
	}
	x.add(at, t, false)
	if c, ok := v.(*syntax.Call); ok {
		x.row(s, k, c)
	}
}

// row resolves the arguments of a call of the vocabulary.
func (x *index) row(s *scope, k vocab.Kind, c *syntax.Call) {
	name, _ := calleeOf(c)
	r := vocab.Lookup(k, name)
	if r == nil {
		return
	}
	given := 0
	for _, a := range c.Args {
		var p *vocab.Arg
		if a.Name != nil {
			if p = r.Arg(a.Name.Name); p != nil {
				x.add(a.Name.Where, &symbol{name: a.Name.Name, kind: argKind, usage: a.Name.Name + ": " + p.Kind.String(), doc: sentence(p.Doc), library: true}, false)
			}
		} else {
			p = r.Positional(given)
			given++
		}
		switch {
		case p != nil && p.Kind == vocab.CallOf:
			x.rowExpr(s, p.Of, a.Value)
		case p != nil && p.Kind == vocab.Word:
		default:
			x.expr(s, a.Value)
		}
	}
}

// results brings the inputs, results and stages of a net into scope.
func (x *index) results(s *scope, net *symbol) {
	b := blockOf(net)
	if b == nil {
		return
	}
	s.block = b
	for name, step := range x.steps(b) {
		if step.label {
			s.names[name] = step.sym
		}
	}
	if b.Sig == nil {
		return
	}
	for _, p := range b.Sig.In {
		s.names[p.Name.Name] = net.module.param(p, inputKind)
	}
	for _, p := range b.Sig.Out {
		s.names[p.Name.Name] = net.module.param(p, inputKind)
	}
}

// fields brings the fields of a sample into scope.
func (x *index) fields(s *scope, data *symbol) {
	if data == nil {
		return
	}
	d, ok := data.decl.(*syntax.Data)
	if !ok {
		return
	}
	for _, n := range d.Body {
		if n, ok := n.(*syntax.Sample); ok {
			for _, p := range n.Fields {
				s.names[p.Name.Name] = data.module.param(p, inputKind)
			}
		}
	}
}

// training resolves the statements of a train section or of a phase.
func (x *index) training(s *scope, body []syntax.Node) {
	for _, n := range body {
		switch n := n.(type) {
		case *syntax.Let:
			row := vocab.Lookup(vocab.Setting, nameOf(n))
			switch {
			case row != nil:
				x.setting(n, "train")
				if a := row.Args[0]; a.Kind == vocab.CallOf {
					x.rowExpr(s, a.Of, n.Value)
				} else {
					x.expr(s, n.Value)
				}
			case nameOf(n) == "loss":
				x.expr(s, n.Value)
				x.setting(n, "train")
			default:
				x.let(s, n)
			}
		case *syntax.Metric:
			if n.Let != nil {
				x.rowExpr(s, vocab.Metric, n.Let.Value)
				for _, id := range n.Let.Names {
					x.define(s, id, metricKind, n)
				}
			}
		case *syntax.Freeze:
			x.exprs(s, n.Paths)
			x.rowExpr(s, vocab.Moment, n.Until)
		case *syntax.Phase:
			in := newScope(s)
			x.define(newScope(nil), n.Name, phaseKind, n)
			x.training(in, n.Body)
		case *syntax.State:
			x.state(s, n)
		}
	}
}

func nameOf(l *syntax.Let) string {
	if len(l.Names) != 1 {
		return ""
	}
	return l.Names[0].Name
}

// deploy resolves quantize, explain and sampler sections.
func (x *index) deploy(s *scope, d *syntax.Section) {
	if d.Of != nil {
		x.results(s, x.ref(d.Of))
	} else {
		x.results(s, x.ref(&d.Name))
	}
	for _, n := range d.Body {
		switch n := n.(type) {
		case *syntax.Require:
			x.expr(s, n.Cond)
		case *syntax.Let:
			x.setting(n, d.Kind.Name)
			switch {
			case d.Kind.Name == "quantize" && (nameOf(n) == "weights" || nameOf(n) == "activations"):
				x.rowExpr(s, vocab.Scheme, n.Value)
			case d.Kind.Name == "sampler" && nameOf(n) == "method":
				x.rowExpr(s, vocab.Method, n.Value)
			case d.Kind.Name == "explain":
				x.rowExpr(s, vocab.Explanation, n.Value)
			default:
				x.expr(s, n.Value)
			}
		}
	}
}
