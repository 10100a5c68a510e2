package lsp

import (
	"bytes"
	"path/filepath"
	"regexp"
	"sort"
	"time"

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
		begin := time.Now()
		s.guard("analysing "+path, func() { s.analyse(u, path, text) })
		u.dirty, s.took = false, time.Since(begin)
	}
	return u
}

// unitKey names the module of a file; without a package clause a file is alone.
func unitKey(path string, text []byte) string {
	if name := packageOf(text); name != "" {
		return filepath.Dir(path) + "\x00" + name
	}
	return path
}

// rawUnit returns the unit of a file as it was last analysed.
func (s *Server) rawUnit(path string, text []byte) *unit {
	key := unitKey(path, text)
	u := s.units[key]
	if u == nil {
		u = &unit{key: key, dirty: true, said: map[string]bool{}, main: newModule(nil, false), reads: map[string]bool{}, remembered: map[string]*symbol{}}
		u.index = newIndex(u.main)
		s.units[key] = u
	}
	return u
}

// touch marks what depends on a document as out of date.
func (s *Server) touch(d *document) {
	own := unitKey(d.path, d.text)
	for _, u := range s.units {
		if u.key == own || u.reads[d.path] {
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
