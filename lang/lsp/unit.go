package lsp

import (
	"bytes"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/syntax"
)

// Host is the disk as the server sees it. Files that are open in the editor go
// before their copies on disk.
type Host interface {
	check.Loader
	// Folder returns the .net files of a folder by path.
	Folder(dir string) map[string][]byte
	// Library returns the path of a copy of a file of the standard library, such as
	// "prelude/layers.net", that an editor can open.
	Library(name string) (path string, ok bool)
	// InLibrary reports whether path is such a copy.
	InLibrary(path string) bool
}

// document is a text that is open in the editor.
type document struct {
	uri     string // as the client writes it
	path    string // of files; the URI of unsaved buffers
	version int
	text    []byte
	file    *diag.File // of text
}

func (d *document) set(text []byte) {
	d.text = text
	d.file = diag.NewFile(d.path, text)
}

// unit is a module that is being edited: the files of a folder with one package
// clause.
type unit struct {
	key   string
	dirty bool
	// said holds the paths whose diagnostics the client shows.
	said      map[string]bool
	published bool

	main  *module
	index *index
	list  diag.List
	reads map[string]bool // paths of imported files
	// patch holds texts that go before those of the editor, for trying a change.
	patch map[string][]byte
	// remembered holds every declaration since the last text that parsed.
	remembered map[string]*symbol

	now  *picture // of the last text that parsed
	good *picture // of the last text without errors
}

// picture is what the checker learned from one state of the texts.
type picture struct {
	files map[string]*diag.File
	seen  map[string][]check.Seen // by path, in the order of evaluation
}

var packageClause = regexp.MustCompile(`(?m)^[ \t]*package[ \t]+([A-Za-z][A-Za-z0-9_]*)`)

func packageOf(text []byte) string {
	if m := packageClause.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

// unitOf returns the analysed unit of a document.
func (s *Server) unitOf(d *document) *unit {
	return s.unitAt(d.path, d.text)
}

// unitAt returns the analysed unit of a file.
func (s *Server) unitAt(path string, text []byte) *unit {
	u := s.rawUnit(path, text)
	if u.dirty {
		s.guard("analysing "+path, func() { s.analyse(u, path, text) })
		u.dirty = false
	}
	return u
}

func (s *Server) rawUnit(path string, text []byte) *unit {
	key := path // without a package clause a file is alone
	if name := packageOf(text); name != "" {
		key = filepath.Dir(path) + "\x00" + name
	}
	u := s.units[key]
	if u == nil {
		u = &unit{key: key, dirty: true, said: map[string]bool{}, main: newModule(nil, false), reads: map[string]bool{}, remembered: map[string]*symbol{}}
		u.index = newIndex(u.main)
		s.units[key] = u
	}
	return u
}

// touch marks what depends on a file as out of date.
func (s *Server) touch(path string) {
	for _, u := range s.units {
		dir, _, _ := strings.Cut(u.key, "\x00")
		if dir == path || dir == filepath.Dir(path) || u.reads[path] {
			u.dirty, u.published = true, false
		}
	}
}

// texts returns the files of a unit by path.
func (s *Server) texts(path string, text []byte) map[string][]byte {
	out := map[string][]byte{path: text}
	name := packageOf(text)
	if name == "" {
		return out
	}
	dir := filepath.Dir(path)
	if filepath.IsAbs(path) {
		for p, t := range s.host.Folder(dir) {
			if d := s.byPath(p); d != nil {
				t = d.text
			}
			if p != path && packageOf(t) == name {
				out[p] = t
			}
		}
	}
	for _, d := range s.docs {
		if filepath.Dir(d.path) == dir && packageOf(d.text) == name {
			out[d.path] = d.text
		}
	}
	return out
}

// analyse parses and checks a unit. A text with syntax errors is not checked:
// what is missing from its tree would only make more of them.
func (s *Server) analyse(u *unit, path string, text []byte) {
	texts := s.texts(path, text)
	names := make([]string, 0, len(texts))
	for n := range texts {
		names = append(names, n)
	}
	sort.Strings(names)
	var files []*syntax.File
	u.list = nil
	p := &picture{files: map[string]*diag.File{}, seen: map[string][]check.Seen{}}
	for _, n := range names {
		f, list := s.parse(n, texts[n])
		files = append(files, f)
		u.list = append(u.list, list...)
		p.files[n] = f.Source
	}
	u.reads = map[string]bool{}
	library := s.host.InLibrary(path)
	u.main = newModule(files, library)
	s.imports(u, u.main, map[string]*module{})
	if !u.list.HasErrors() {
		u.remembered = map[string]*symbol{}
	}
	for n, t := range u.main.decls {
		u.remembered[n] = t
	}
	u.index = newIndex(u.main)
	if library && u.main.name == "prelude" {
		u.list = nil
		return
	}
	if u.list.HasErrors() {
		return
	}
	_, list, seen := check.Observe(files, overlay{s, u})
	for _, e := range seen {
		n := e.Span.File.Name
		p.seen[n] = append(p.seen[n], e)
	}
	u.list = append(u.list, list...)
	u.now = p
	if !u.list.HasErrors() {
		u.good = p
	}
}

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

// at returns what was seen of expressions that hold an offset of the current text,
// with the shortest text first, and within one place in the order of evaluation.
// What the last check did not reach comes from the last text without errors.
func (u *unit) at(file *diag.File, offset int, keep func(*check.Seen) bool) []check.Seen {
	for _, p := range []*picture{u.now, u.good} {
		if p == nil {
			continue
		}
		if found := p.at(file, offset, keep); len(found) > 0 {
			return found
		}
	}
	return nil
}

func (p *picture) at(file *diag.File, offset int, keep func(*check.Seen) bool) []check.Seen {
	old := p.files[file.Name]
	if old == nil {
		return nil
	}
	at := offset
	if old != file && !bytes.Equal(old.Text, file.Text) {
		var ok bool
		if at, ok = newShift(file.Text, old.Text).offset(offset); !ok {
			return nil
		}
	}
	var out []check.Seen
	best := 0
	for _, e := range p.seen[file.Name] {
		if at < e.Span.Start || at > e.Span.End || !keep(&e) || e.Describe() == "" {
			continue
		}
		switch n := e.Span.End - e.Span.Start; {
		case len(out) == 0 || n < best:
			out, best = append(out[:0], e), n
		case n == best && e.Span.Start == out[0].Span.Start:
			out = append(out, e)
		}
	}
	return out
}

// known lists the declarations of the module, by name; a declaration that is being
// edited and does not parse is there as it was.
func (u *unit) known() map[string]*symbol {
	out := map[string]*symbol{}
	for n, t := range u.remembered {
		for _, f := range u.main.files {
			if bytes.Contains(f.Source.Text, []byte(" "+n)) {
				out[n] = t
				break
			}
		}
	}
	for n, t := range u.main.decls {
		out[n] = t
	}
	return out
}

func (u *unit) knownNamed(name string) *symbol { return u.known()[name] }
