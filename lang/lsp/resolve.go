package lsp

import (
	"github.com/netc-lang/netc/lang/syntax"
)

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
