package lsp

import (
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
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
			x.expr(s, n.Until)
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

// weights resolves the paths of rules: the right side names stages of the net.
func (x *index) weights(s *scope, d *syntax.Weights) {
	net := x.ref(&d.Net)
	x.results(s, net)
	for _, f := range d.From {
		x.expr(s, f.Source)
		at := blockOf(net)
		if f.Into != nil {
			at = x.layerOf(x.expr(s, f.Into))
		}
		for _, r := range f.Rules {
			if !r.Skip {
				x.path(at, r.To, r.ToAt)
			}
		}
	}
}

// path resolves the segments of a quoted weight path below a block.
func (x *index) path(b *syntax.Block, path string, at diag.Span) {
	if at.End-at.Start != len(path)+2 {
		return // it has escapes
	}
	start := at.Start + 1
	for _, segment := range strings.Split(path, ".") {
		name, _, _ := strings.Cut(segment, "[")
		step, ok := x.steps(b)[name]
		if !ok {
			return
		}
		x.addPath(diag.Span{File: at.File, Start: start, End: start + len(name)}, step)
		b = x.layerOf(step.sym)
		start += len(segment) + 1
	}
}

// pathStep is a name under a block: a label, or the small name of an unnamed layer.
type pathStep struct {
	sym    *symbol
	label  bool
	suffix string // the number of a further call site: "_2"
}

func (x *index) addPath(at diag.Span, s pathStep) {
	at.End -= len(s.suffix)
	if s.sym == nil || at.End <= at.Start {
		return
	}
	x.occs[at.File] = append(x.occs[at.File], occurrence{at: at, sym: s.sym, path: !s.label})
}

// steps lists the names that weight paths have below a block.
func (x *index) steps(b *syntax.Block) map[string]pathStep {
	if b == nil {
		return nil
	}
	if known, ok := x.labels[b]; ok {
		return known
	}
	out := map[string]pathStep{}
	x.labels[b] = out
	m := x.moduleOf(b)
	if m == nil {
		return out
	}
	count := map[string]int{}
	unnamed := func(callee *symbol, name string) {
		count[name]++
		suffix := ""
		if n := count[name]; n > 1 {
			suffix = "_" + strconv.Itoa(n)
		}
		if _, taken := out[name+suffix]; !taken && callee != nil {
			out[name+suffix] = pathStep{sym: callee, suffix: suffix}
		}
	}
	staged := map[syntax.Node]bool{}
	syntax.Inspect(b, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Pipe:
			if n.HeadAs != nil {
				out[n.HeadAs.Name] = pathStep{sym: m.label(n.HeadAs, n), label: true}
			}
		case *syntax.Stage:
			callee := m.callee(n.Layer, x.lang)
			if call, ok := n.Layer.(*syntax.Call); ok {
				staged[call] = true
			}
			unnamed(callee, lowerName(n.Layer))
			if n.As != nil && n.As.Name != "_" {
				out[n.As.Name] = pathStep{sym: m.label(n.As, n), label: true}
			}
		case *syntax.Call:
			if !staged[n] {
				unnamed(m.callee(n, x.lang), lowerName(n))
			}
		}
		return true
	})
	return out
}

// moduleOf finds the module that declares b.
func (x *index) moduleOf(b *syntax.Block) *module {
	mods := append([]*module{x.main, x.lang.prelude}, importsOf(x.main)...)
	for _, m := range mods {
		if t := m.decls[b.Name.Name]; t != nil && t.decl == syntax.Node(b) {
			return m
		}
	}
	return nil
}

// importsOf lists the modules below m, each once.
func importsOf(m *module) []*module {
	var out []*module
	seen := map[*module]bool{m: true}
	var walk func(*module)
	walk = func(m *module) {
		for _, i := range m.imports {
			if !seen[i] {
				seen[i] = true
				out = append(out, i)
				walk(i)
			}
		}
	}
	walk(m)
	return out
}

// callee returns what a layer expression of m applies, when it is a declaration.
func (m *module) callee(e syntax.Expr, lang *language) *symbol {
	switch e := e.(type) {
	case *syntax.Name:
		if t := m.decls[e.Name]; t != nil {
			return t
		}
		return lang.prelude.decls[e.Name]
	case *syntax.Call:
		return m.callee(e.Fun, lang)
	case *syntax.Member:
		if n, ok := e.X.(*syntax.Name); ok {
			if i := m.imports[n.Name]; i != nil {
				return i.decls[e.Name.Name]
			}
		}
	case *syntax.Tuple:
		if len(e.Elems) == 1 {
			return m.callee(e.Elems[0], lang)
		}
	}
	return nil
}

// layerOf returns the block whose stages are below a symbol.
func (x *index) layerOf(s *symbol) *syntax.Block {
	if s == nil {
		return nil
	}
	switch d := s.decl.(type) {
	case *syntax.Block:
		return d
	case *syntax.Stage:
		return blockOf(s.module.callee(d.Layer, x.lang))
	case *syntax.Pipe:
		return blockOf(s.module.callee(d.Head, x.lang))
	case *syntax.State:
		return blockOf(s.module.callee(d.Value, x.lang))
	}
	return nil
}

// lowerName is the name an unnamed layer takes.
func lowerName(e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.Name:
		return strings.ToLower(e.Name)
	case *syntax.Member:
		return strings.ToLower(e.Name.Name)
	case *syntax.Index:
		return lowerName(e.X)
	case *syntax.Call:
		return lowerName(e.Fun)
	case *syntax.Tuple:
		if len(e.Elems) == 1 {
			return lowerName(e.Elems[0])
		}
	}
	return "layer"
}
