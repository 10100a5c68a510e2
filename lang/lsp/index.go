package lsp

import (
	"sort"

	"github.com/netc-lang/netc/internal/diag"
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
