package lsp

import (
	"sort"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// occurrence is a place where a symbol is named.
type occurrence struct {
	at  diag.Span
	sym *symbol
	def bool
	// path marks a segment of a weight path that an unnamed layer gave: the name
	// of the block in small letters.
	path bool
}

// index knows what every name of a module's files means. It is made from the tree
// as the parser recovered it, so it exists while there are errors.
type index struct {
	lang *language
	main *module
	occs map[*diag.File][]occurrence
	// stages are the layers of pipes by their spans, for hover.
	labels map[*syntax.Block]map[string]pathStep
}

// newIndex resolves the names of m, whose imports are filled in.
func newIndex(m *module) *index {
	x := &index{lang: theLanguage(), main: m, occs: map[*diag.File][]occurrence{}, labels: map[*syntax.Block]map[string]pathStep{}}
	for _, f := range m.files {
		for _, imp := range f.Imports {
			if s := m.aliases[aliasOf(imp)]; s != nil {
				x.add(s.at(imp), s, true)
			}
		}
		for _, d := range f.Decls {
			x.decl(d)
		}
	}
	for _, list := range x.occs {
		sort.SliceStable(list, func(i, j int) bool { return list[i].at.Start < list[j].at.Start })
	}
	return x
}

// at is the place that names an import: its alias or its path.
func (s *symbol) at(imp *syntax.Import) diag.Span {
	if imp.Alias != nil {
		return imp.Alias.Where
	}
	return imp.PathAt
}

func (x *index) add(at diag.Span, s *symbol, def bool) {
	if s == nil || !at.IsValid() || at.End <= at.Start {
		return
	}
	x.occs[at.File] = append(x.occs[at.File], occurrence{at: at, sym: s, def: def})
}

// find returns the occurrence at an offset of a file; its end counts, as a cursor
// stands there after typing a name.
func (x *index) find(file *diag.File, offset int) (occurrence, bool) {
	var behind occurrence
	ok := false
	for _, o := range x.occs[file] {
		if o.at.Start > offset {
			break
		}
		if offset < o.at.End {
			return o, true
		}
		if offset == o.at.End {
			behind, ok = o, true
		}
	}
	return behind, ok
}

// of returns the occurrences of a symbol in all files of the module.
func (x *index) of(s *symbol) []occurrence {
	var out []occurrence
	for _, f := range x.main.files {
		for _, o := range x.occs[f.Source] {
			if o.sym.same(s) {
				out = append(out, o)
			}
		}
	}
	return out
}

// same reports whether two symbols, maybe of different indexes, are one thing.
func (s *symbol) same(t *symbol) bool {
	if s == t {
		return true
	}
	return s.def.IsValid() && t.def.IsValid() && s.def.File.Name == t.def.File.Name && s.def.Start == t.def.Start
}

// scope is one level of the names of a body.
type scope struct {
	names map[string]*symbol
	up    *scope
	block *syntax.Block // whose labels are paths here; nil in sections
}

func newScope(up *scope) *scope {
	s := &scope{names: map[string]*symbol{}, up: up}
	if up != nil {
		s.block = up.block
	}
	return s
}

func (s *scope) find(name string) *symbol {
	for ; s != nil; s = s.up {
		if t := s.names[name]; t != nil {
			return t
		}
	}
	return nil
}

// lookup finds a name as the checker does.
func (x *index) lookup(s *scope, name string) *symbol {
	if t := s.find(name); t != nil {
		return t
	}
	if t := x.main.decls[name]; t != nil {
		return t
	}
	if t := x.main.aliases[name]; t != nil {
		return t
	}
	if t := x.lang.prelude.decls[name]; t != nil && t.doc != "" {
		return t
	}
	return x.lang.words[name]
}

// define makes a symbol of a body.
func (x *index) define(s *scope, id syntax.Ident, k kind, decl syntax.Node) *symbol {
	t := &symbol{name: id.Name, kind: k, def: id.Where, decl: decl, library: x.main.library, module: x.main}
	if id.Name != "" && id.Name != "_" {
		s.names[id.Name] = t
		x.add(id.Where, t, true)
	}
	return t
}

// param defines a parameter; sections and callers find it by its declaration.
func (x *index) param(s *scope, p *syntax.Param, k kind) {
	t := x.main.param(p, k)
	s.names[p.Name.Name] = t
	x.add(p.Name.Where, t, true)
}

// param returns the symbol of a parameter of m, made when it is first asked for.
func (m *module) param(p *syntax.Param, k kind) *symbol {
	t := m.byNode[p]
	if t == nil {
		t = &symbol{name: p.Name.Name, kind: k, def: p.Name.Where, decl: p, usage: p.Where.Text(), library: m.library, module: m}
		m.byNode[p] = t
	}
	return t
}

func (x *index) decl(d syntax.Decl) {
	s := newScope(nil)
	switch d := d.(type) {
	case *syntax.Const:
		x.add(d.Name.Where, x.main.decls[d.Name.Name], true)
		x.typ(s, d.Type, false)
		x.expr(s, d.Value)
	case *syntax.Classes:
		x.add(d.Name.Where, x.main.decls[d.Name.Name], true)
		x.expr(s, d.Value)
	case *syntax.Block:
		x.block(d)
	case *syntax.Test:
		x.body(s, d.Body)
	default:
		x.section(d)
	}
}

func (x *index) block(b *syntax.Block) {
	x.add(b.Name.Where, x.main.decls[b.Name.Name], true)
	s := newScope(nil)
	s.block = b
	for _, p := range b.Params {
		x.typ(s, p.Type, false)
		x.expr(s, p.Default)
		x.param(s, p, paramKind)
	}
	if b.Sig != nil {
		for _, p := range b.Sig.In {
			x.typ(s, p.Type, true)
			x.expr(s, p.Default)
		}
		for _, p := range b.Sig.In {
			x.param(s, p, inputKind)
		}
		for _, p := range b.Sig.Out {
			x.typ(s, p.Type, false)
			x.add(p.Name.Where, x.main.param(p, inputKind), true)
		}
		x.typ(s, b.Sig.OutType, false)
		for _, w := range b.Sig.Where {
			x.expr(s, w)
		}
	}
	x.expr(s, b.Value)
	x.body(newScope(s), b.Body)
}

// typ resolves a written type. Where binds is set, a name in brackets that means
// nothing yet is a size bound by this type.
func (x *index) typ(s *scope, t *syntax.Type, binds bool) {
	for ; t != nil; t = t.Or {
		for _, e := range t.Tuple {
			x.typ(s, e, binds)
		}
		x.typ(s, t.List, binds)
		if t.Name.Name != "" {
			x.typeName(s, t)
		}
		for _, it := range t.Dims {
			x.item(s, it, binds)
		}
	}
}

func (x *index) typeName(s *scope, t *syntax.Type) {
	if t.Member == nil {
		x.add(t.Name.Where, x.lookup(s, t.Name.Name), false)
		return
	}
	x.ref(&syntax.Ref{Module: &t.Name, Name: *t.Member})
}

func (x *index) item(s *scope, it *syntax.Item, binds bool) {
	if it.Pack != nil {
		if t := s.find(it.Pack.Name); t != nil {
			x.add(it.Pack.Where, t, false)
		} else if binds {
			x.define(s, *it.Pack, dimKind, it)
		}
		return
	}
	if n, ok := it.X.(*syntax.Name); ok && binds && x.lookup(s, n.Name) == nil {
		x.define(s, syntax.Ident{At: n.At, Name: n.Name}, dimKind, it)
		return
	}
	x.expr(s, it.X)
}

// ref resolves `Name` or `module.Name` and returns what it means.
func (x *index) ref(r *syntax.Ref) *symbol {
	m := x.main
	if r.Module != nil {
		x.add(r.Module.Where, x.main.aliases[r.Module.Name], false)
		if m = x.main.imports[r.Module.Name]; m == nil {
			return nil
		}
	}
	t := m.decls[r.Name.Name]
	x.add(r.Name.Where, t, false)
	return t
}

func (x *index) body(s *scope, body []syntax.Stmt) {
	for _, st := range body {
		switch st := st.(type) {
		case *syntax.Return:
			x.exprs(s, st.Values)
		case *syntax.For:
			x.expr(s, st.In)
			in := newScope(s)
			if st.Index != nil {
				x.define(in, *st.Index, localKind, st)
			}
			for _, id := range st.Vars {
				x.define(in, id, localKind, st)
			}
			x.body(in, st.Body)
		case *syntax.If:
			x.expr(s, st.Cond)
			x.body(newScope(s), st.Then)
			x.body(newScope(s), st.Else)
		case *syntax.Assert:
			x.expr(s, st.Cond)
		case *syntax.State:
			x.state(s, st)
		case *syntax.Let:
			x.let(s, st)
		case *syntax.Expect:
			x.body(newScope(s), st.Body)
		}
	}
}

func (x *index) state(s *scope, st *syntax.State) {
	x.typ(s, st.Type, false)
	x.initial(s, st.Value)
	x.define(s, st.Name, stateKind, st)
}

// initial resolves an initialiser: its words come first.
func (x *index) initial(s *scope, v syntax.Expr) {
	name, at := calleeOf(v)
	t := x.lang.inits[name]
	if t == nil || s.find(name) != nil {
		x.expr(s, v)
		return
	}
	x.add(at, t, false)
	if c, ok := v.(*syntax.Call); ok {
		for _, a := range c.Args {
			x.expr(s, a.Value)
		}
	}
}

// let binds names; one that is bound already is the same thing with a new value.
func (x *index) let(s *scope, l *syntax.Let) {
	x.typ(s, l.Type, false)
	x.expr(s, l.Value)
	x.names(s, l)
}

func (x *index) names(s *scope, l *syntax.Let) {
	for _, id := range l.Names {
		if t := s.find(id.Name); t != nil {
			x.add(id.Where, t, true)
			continue
		}
		x.define(s, id, localKind, l)
	}
}

func (x *index) exprs(s *scope, es []syntax.Expr) {
	for _, e := range es {
		x.expr(s, e)
	}
}

// expr resolves the names of an expression and returns what it names, if it is a
// name or a member.
func (x *index) expr(s *scope, e syntax.Expr) *symbol {
	switch e := e.(type) {
	case *syntax.Name:
		t := x.lookup(s, e.Name)
		x.add(e.Where, t, false)
		return t
	case *syntax.Tuple:
		var t *symbol
		for _, v := range e.Elems {
			t = x.expr(s, v)
		}
		if len(e.Elems) == 1 {
			return t
		}
	case *syntax.List:
		x.exprs(s, e.Elems)
	case *syntax.Call:
		x.call(s, e)
	case *syntax.Index:
		t := x.expr(s, e.X)
		for _, it := range e.Items {
			x.item(s, it, false)
		}
		return t
	case *syntax.Member:
		return x.member(x.expr(s, e.X), e.Name)
	case *syntax.Unary:
		x.expr(s, e.X)
	case *syntax.Binary:
		x.expr(s, e.Left)
		x.expr(s, e.Right)
	case *syntax.Cond:
		x.expr(s, e.If)
		x.expr(s, e.Then)
		x.expr(s, e.Else)
	case *syntax.Pipe:
		x.expr(s, e.Head)
		x.label(s, e.HeadAs, e)
		for _, st := range e.Stages {
			x.expr(s, st.Layer)
			x.label(s, st.As, st)
		}
	}
	return nil
}

func (x *index) label(s *scope, id *syntax.Ident, node syntax.Node) {
	if id == nil || id.Name == "_" {
		return
	}
	t := x.main.label(id, node)
	s.names[id.Name] = t
	x.add(id.Where, t, true)
}

// label returns the symbol of a stage's name.
func (m *module) label(id *syntax.Ident, node syntax.Node) *symbol {
	t := m.byNode[node]
	if t == nil {
		t = &symbol{name: id.Name, kind: labelKind, def: id.Where, decl: node, library: m.library, module: m}
		m.byNode[node] = t
	}
	return t
}

// member resolves the name behind a dot: of a module, or of a path of stages.
func (x *index) member(of *symbol, id syntax.Ident) *symbol {
	if of == nil {
		return nil
	}
	if of.kind == moduleKind {
		m := x.main.imports[of.name]
		if m == nil {
			return nil
		}
		t := m.decls[id.Name]
		x.add(id.Where, t, false)
		return t
	}
	if of.kind == netKind {
		if doc := netMembers[id.Name]; doc != "" {
			x.add(id.Where, &symbol{name: id.Name, kind: wordKind, usage: of.name + "." + id.Name, doc: doc, library: true}, false)
			return nil
		}
	}
	step, ok := x.steps(x.layerOf(of))[id.Name]
	if !ok {
		return nil
	}
	x.addPath(id.Where, step)
	return step.sym
}

// netMembers are the numbers of a net.
var netMembers = map[string]string{
	"params": "The number of trained weights.",
	"macs":   "The products of one run; `.macs(N=1)` gives the sizes that are free.",
	"arena":  "The bytes of working memory.",
}

// call resolves a call; named arguments are parameters of what is called.
func (x *index) call(s *scope, c *syntax.Call) {
	fun := x.expr(s, c.Fun)
	b := blockOf(fun)
	if b == nil && fun != nil && fun.kind == wordKind {
		if name, ok := c.Fun.(*syntax.Name); ok {
			if k, ok := x.rowKind(name.Name); ok {
				x.row(s, k, c)
				return
			}
		}
	}
	given := 0
	for _, a := range c.Args {
		var p *syntax.Param
		switch {
		case a.Name != nil && b != nil:
			if p = paramNamed(b, a.Name.Name); p != nil {
				x.add(a.Name.Where, fun.module.param(p, paramKind), false)
			}
		case b != nil:
			p = positional(b, given)
			given++
		}
		x.argument(s, p, a.Value)
	}
}

// argument resolves a value that may be an option word of its parameter.
func (x *index) argument(s *scope, p *syntax.Param, v syntax.Expr) {
	if p == nil {
		x.expr(s, v)
		return
	}
	if n, ok := v.(*syntax.Name); ok {
		for t := p.Type; t != nil; t = t.Or {
			for _, w := range t.Words {
				if w.Name == n.Name {
					x.add(n.Where, &symbol{name: n.Name, kind: wordKind, usage: p.Where.Text(), doc: "A value of `" + p.Name.Name + "`.", library: true}, false)
					return
				}
			}
		}
	}
	if p.Type != nil && p.Type.Name.Name == "init" {
		x.initial(s, v)
		return
	}
	x.expr(s, v)
}

func blockOf(s *symbol) *syntax.Block {
	if s == nil {
		return nil
	}
	b, _ := s.decl.(*syntax.Block)
	return b
}

func paramNamed(b *syntax.Block, name string) *syntax.Param {
	for _, p := range b.Params {
		if p.Name.Name == name {
			return p
		}
	}
	if b.Sig != nil {
		for _, p := range b.Sig.In {
			if p.Name.Name == name {
				return p
			}
		}
	}
	return nil
}

func positional(b *syntax.Block, i int) *syntax.Param {
	for _, p := range b.Params {
		if p.Default != nil {
			continue
		}
		if i == 0 {
			return p
		}
		i--
	}
	return nil
}

// calleeOf returns the name that an expression is or calls.
func calleeOf(e syntax.Expr) (string, diag.Span) {
	switch e := e.(type) {
	case *syntax.Name:
		return e.Name, e.Where
	case *syntax.Call:
		if n, ok := e.Fun.(*syntax.Name); ok {
			return n.Name, n.Where
		}
	case *syntax.Tuple:
		if len(e.Elems) == 1 {
			return calleeOf(e.Elems[0])
		}
	}
	return "", diag.Span{}
}

// rowKind tells of which kind a word of the vocabulary is that stands where any
// expression may.
func (x *index) rowKind(name string) (vocab.Kind, bool) {
	for _, k := range []vocab.Kind{vocab.Metric, vocab.Moment, vocab.Explanation} {
		if x.lang.rows[k][name] != nil {
			return k, true
		}
	}
	return 0, false
}
