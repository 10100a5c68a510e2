package lsp

import (
	"bytes"
	"path/filepath"
	"sort"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// parsed is the last tree of a file.
type parsed struct {
	text []byte
	file *syntax.File
	list diag.List
}

func (s *Server) parse(name string, text []byte) (*syntax.File, diag.List) {
	if p, ok := s.parsed[name]; ok && bytes.Equal(p.text, text) {
		return p.file, p.list
	}
	f, list := syntax.Parse(diag.NewFile(name, text))
	s.parsed[name] = parsed{text, f, list}
	return f, list
}

// aliasOf returns the name that an import has in its file.
func aliasOf(imp *syntax.Import) string {
	if imp.Alias != nil {
		return imp.Alias.Name
	}
	return imp.Path[strings.LastIndexByte(imp.Path, '/')+1:]
}

// imports fills in the modules that m imports; loaded holds those that are known,
// which also ends cycles.
func (s *Server) imports(u *unit, m *module, loaded map[string]*module) {
	for _, f := range m.files {
		dir := "."
		if f.Source != nil {
			dir = filepath.Dir(f.Source.Name)
		}
		for _, imp := range f.Imports {
			i := loaded[imp.Path]
			if i == nil {
				i = s.importModule(u, dir, imp.Path, loaded)
			}
			if i == nil {
				continue
			}
			alias := aliasOf(imp)
			t := &symbol{name: alias, kind: moduleKind, decl: imp, usage: "import \"" + imp.Path + "\"", library: m.library, module: m}
			if len(i.files) > 0 {
				t.doc = i.files[0].Doc
			}
			t.def = t.at(imp)
			m.aliases[alias], m.imports[alias] = t, i
		}
	}
}

func (s *Server) importModule(u *unit, dir, path string, loaded map[string]*module) *module {
	texts, err := overlay{s, u}.ReadModule(dir, path)
	if err != nil || len(texts) == 0 {
		return nil
	}
	names := make([]string, 0, len(texts))
	for n := range texts {
		names = append(names, n)
	}
	sort.Strings(names)
	var files []*syntax.File
	for _, n := range names {
		f, _ := overlay{s, u}.Parse(n, texts[n])
		files = append(files, f)
	}
	m := newModule(files, !filepath.IsAbs(names[0]))
	loaded[path] = m
	s.imports(u, m, loaded)
	return m
}

// overlay reads modules with the texts that are open in the editor, and notes what
// was read.
type overlay struct {
	s *Server
	u *unit
}

func (o overlay) ReadModule(dir, path string) (map[string][]byte, error) {
	files, err := o.s.host.ReadModule(dir, path)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]byte, len(files))
	for n, t := range files {
		if d := o.s.byPath(n); d != nil {
			t = d.text
		}
		if p := o.u.patch[n]; p != nil {
			t = p
		}
		o.u.reads[n] = true
		out[n] = t
	}
	return out, nil
}

// Parse keeps the trees of imported files; those of a change that is only tried are
// not kept.
func (o overlay) Parse(name string, text []byte) (*syntax.File, diag.List) {
	if o.u.patch[name] != nil {
		return syntax.Parse(diag.NewFile(name, text))
	}
	return o.s.parse(name, text)
}

func (o overlay) ReadFile(dir, path string) ([]byte, error) { return o.s.host.ReadFile(dir, path) }
