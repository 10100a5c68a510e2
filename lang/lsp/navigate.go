package lsp

import (
	"path/filepath"
	"sort"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/syntax"
)

// definition finds where a name is declared, in the standard library too.
func (s *Server) definition(q *positionParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Position)
	if fault != nil {
		return nil, fault
	}
	o, ok := p.unit.index.find(p.file, p.offset)
	if !ok {
		return nil, nil
	}
	def := o.sym.def
	if o.sym.kind == moduleKind {
		if m := p.unit.main.imports[o.sym.name]; m != nil && len(m.files) > 0 {
			def = m.files[0].Package.Where
		}
	}
	if def.File == nil {
		return nil, nil
	}
	uri, ok := s.uri(def.File.Name)
	if !ok {
		return nil, nil
	}
	return location{uri, s.enc.span(def)}, nil
}

// everywhere lists the occurrences of a symbol in its own module and in the
// modules of the open documents.
func (s *Server) everywhere(p *place, t *symbol) []occurrence {
	units := map[*unit]bool{p.unit: true}
	if fileLevel(t) {
		for _, d := range s.docs {
			units[s.unitOf(d)] = true
		}
		if f := t.def.File; f != nil && filepath.IsAbs(f.Name) {
			units[s.unitAt(f.Name, f.Text)] = true
		}
	}
	var out []occurrence
	seen := map[string]map[int]bool{}
	for u := range units {
		for _, o := range u.index.of(t) {
			name := o.at.File.Name
			if seen[name] == nil {
				seen[name] = map[int]bool{}
			}
			if !seen[name][o.at.Start] {
				seen[name][o.at.Start] = true
				out = append(out, o)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool {
		if a, b := out[i].at.File.Name, out[j].at.File.Name; a != b {
			return a < b
		}
		return out[i].at.Start < out[j].at.Start
	})
	return out
}

// fileLevel reports whether other files may use the symbol.
func fileLevel(t *symbol) bool {
	switch t.kind {
	case constKind, setKind, netKind, blockKind, dataKind, paramKind, inputKind, labelKind:
		return true
	}
	return false
}

func (s *Server) references(q *referenceParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Position)
	if fault != nil {
		return nil, fault
	}
	o, ok := p.unit.index.find(p.file, p.offset)
	if !ok {
		return nil, nil
	}
	out := []location{}
	for _, r := range s.everywhere(p, o.sym) {
		if r.def && !q.Context.IncludeDeclaration {
			continue
		}
		if uri, ok := s.uri(r.at.File.Name); ok {
			out = append(out, location{uri, s.enc.span(r.at)})
		}
	}
	return out, nil
}

func (s *Server) highlights(q *positionParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Position)
	if fault != nil {
		return nil, fault
	}
	out := []highlight{}
	if o, ok := p.unit.index.find(p.file, p.offset); ok {
		for _, r := range p.unit.index.of(o.sym) {
			if r.at.File == p.file {
				kind := 2
				if r.def {
					kind = 3
				}
				out = append(out, highlight{s.enc.span(r.at), kind})
			}
		}
	}
	return out, nil
}

// renamable finds the symbol of a rename, or says why it keeps its name.
func (s *Server) renamable(p *place) (occurrence, *rpcError) {
	o, ok := p.unit.index.find(p.file, p.offset)
	if !ok {
		return o, refuse(codeFailed, "there is no name here that can be changed")
	}
	t := o.sym
	switch {
	case t.kind == moduleKind:
		if imp, ok := t.decl.(*syntax.Import); !ok || imp.Alias == nil {
			return o, refuse(codeFailed, "a module is called as its path says; put an alias before the path")
		}
	case t.library && t.def.File == nil:
		return o, refuse(codeFailed, "`%s` is a word of the language", t.name)
	case t.library || s.host.InLibrary(t.def.File.Name):
		return o, refuse(codeFailed, "`%s` belongs to the standard library", t.name)
	}
	return o, nil
}

func (s *Server) prepareRename(q *positionParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Position)
	if fault != nil {
		return nil, fault
	}
	o, fault := s.renamable(p)
	if fault != nil {
		return nil, fault
	}
	return prepareRenameResult{s.enc.span(o.at), o.at.Text()}, nil
}

// rename gives a symbol another name wherever it stands: in every file of its
// module and of the open ones, and in the weight paths that its name is part of. It
// is refused where the new name means something already, or where the program would
// no longer check.
func (s *Server) rename(q *renameParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Position)
	if fault != nil {
		return nil, fault
	}
	o, fault := s.renamable(p)
	if fault != nil {
		return nil, fault
	}
	name := q.NewName
	if fault := validName(o.sym, name); fault != nil {
		return nil, fault
	}
	places := s.everywhere(p, o.sym)
	if fault := s.wouldBreak(p, o.sym, places, name); fault != nil {
		return nil, fault
	}
	var edits []diag.Edit
	for _, r := range places {
		edits = append(edits, renamed(r, name))
	}
	edit, ok := s.edits(edits)
	if !ok {
		return nil, refuse(codeFailed, "`%s` stands in a file that cannot be changed", o.sym.name)
	}
	return edit, nil
}

// renamed is the edit of one occurrence; an unnamed layer is called as its block in
// small letters.
func renamed(r occurrence, name string) diag.Edit {
	if r.path {
		name = strings.ToLower(name)
	}
	return diag.Edit{Span: r.at, Text: name}
}

// validName checks the form of a name.
func validName(t *symbol, name string) *rpcError {
	if name == "" || name == "_" || syntax.IsKeyword(name) || strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) || name[0] >= '0' && name[0] <= '9' {
		return refuse(codeFailed, "`%s` is no name: names are letters, digits and _, and begin with a letter", name)
	}
	switch t.kind {
	case constKind, setKind, netKind, blockKind, dataKind:
		if len(name) < 2 || name[0] < 'A' || name[0] > 'Z' {
			return refuse(codeFailed, "`%s` cannot be the name of a declaration: it begins with a capital and has two letters or more", name)
		}
	}
	return nil
}

// wouldBreak renames in a copy and looks whether the program still means the same:
// the symbol has as many places as before, and no error is new.
func (s *Server) wouldBreak(p *place, t *symbol, places []occurrence, name string) *rpcError {
	main := map[string]bool{}
	texts := map[string][]byte{}
	for _, f := range p.unit.main.files {
		main[f.Source.Name], texts[f.Source.Name] = true, f.Source.Text
	}
	var first *occurrence // of the module; nothing in front of it moves
	own := 0
	for i := len(places) - 1; i >= 0; i-- { // from the end, so that offsets hold
		r := &places[i]
		file := r.at.File.Name
		text, ok := texts[file]
		if !ok {
			text = r.at.File.Text
		}
		texts[file] = []byte(string(text[:r.at.Start]) + renamed(*r, name).Text + string(text[r.at.End:]))
		if main[file] {
			first = r
			own++
		}
	}
	scratch := &unit{reads: map[string]bool{}, patch: texts}
	names := make([]string, 0, len(main))
	for n := range main {
		names = append(names, n)
	}
	sort.Strings(names)
	var files []*syntax.File
	var list diag.List
	for _, n := range names {
		f, problems := syntax.Parse(diag.NewFile(n, texts[n]))
		files, list = append(files, f), append(list, problems...)
	}
	m := newModule(files, false)
	s.imports(scratch, m, map[string]*module{})
	x := newIndex(m)
	for _, f := range files {
		if first == nil || f.Source.Name != first.at.File.Name {
			continue
		}
		if o, ok := x.find(f.Source, first.at.Start); !ok || len(x.of(o.sym)) != own {
			return refuse(codeFailed, "`%s` means something else where `%s` is used", name, t.name)
		}
	}
	if p.unit.list.HasErrors() || list.HasErrors() {
		return nil // there is nothing to compare with
	}
	_, problems := check.Check(files, overlay{s, scratch})
	for _, d := range problems {
		if d.Severity == diag.Error {
			return refuse(codeFailed, "with the name `%s` the program would be wrong: %s", name, d.Message)
		}
	}
	return nil
}
