package check

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// module is a directory of .net files that share a scope.
type module struct {
	name     string
	dir      string
	standard bool // of the standard library: its paths start where a program's do
	files    []*syntax.File
	prelude  bool
	main     bool
	busy     bool                   // its imports are being read
	unnamed  bool                   // a declaration lost its name: what is unknown may be it
	order    []syntax.Decl          // as written, file by file
	library  *library               // of the prelude: what is not in decls yet
	decls    map[string]syntax.Decl // consts, classes, nets and blocks by name; see named
	data     map[string]*syntax.Data
	imports  map[string]*module
	broken   map[string]bool // imports that could not be loaded: nothing is said about their names
	sets     map[string]*Set
	consts   map[string]*constant
}

type constant struct {
	decl *syntax.Const
	v    value
	busy bool
}

func (c *checker) newModule(name string, files []*syntax.File) *module {
	m := &module{
		name: name, files: files, decls: map[string]syntax.Decl{}, data: map[string]*syntax.Data{},
		imports: map[string]*module{}, broken: map[string]bool{}, sets: map[string]*Set{}, consts: map[string]*constant{},
	}
	if len(files) > 0 && files[0].Source != nil {
		m.dir = filepath.Dir(files[0].Source.Name)
	}
	return m
}

// library is the syntax of the prelude, which no check changes: each declaration is
// parsed when a program first uses it.
type library struct {
	files map[string]*syntax.Outline // by the name of what they declare
	parts map[string]bool            // names that only the prelude itself sees
}

var theLibrary = sync.OnceValue(func() *library {
	l := &library{files: map[string]*syntax.Outline{}, parts: map[string]bool{}}
	add := func(files []stdlib.File, each func(name string)) {
		for _, f := range files {
			o, problems := syntax.NewOutline(diag.NewFile(f.Name, f.Text))
			for _, n := range o.Names() {
				if l.files[n] != nil {
					diag.Bugf("the prelude declares `%s` twice", n)
				}
				l.files[n] = o
				each(n)
			}
			mustParse(problems)
		}
	}
	add(stdlib.Prelude(), func(string) {})
	add(stdlib.Parts(), func(n string) { l.parts[n] = true })
	return l
})

// mustParse ends a check when the prelude, which comes with netc, has a mistake.
func mustParse(problems diag.List) {
	if problems.HasErrors() {
		diag.Bugf("the prelude: %s: %s", problems[0].Span.Pos(), problems[0].Message)
	}
}

func (c *checker) loadPrelude() *module {
	m := c.newModule("prelude", nil)
	m.prelude, m.library = true, theLibrary()
	return m
}

// named returns the declaration of a file-level name, nil when m has none.
func (m *module) named(name string) syntax.Decl {
	d := m.decls[name]
	if d == nil && m.library != nil && m.library.files[name] != nil {
		tree, problems := m.library.files[name].Decl(name)
		mustParse(problems)
		d = tree
		m.decls[name] = d
	}
	return d
}

// load returns the module of an import, or nil after reporting why not.
func (c *checker) load(m *module, imp *syntax.Import) *module {
	key := imp.Path
	if _, standard := stdlib.Module(imp.Path); !standard {
		key = m.dir + "\x00" + imp.Path // paths start at the importing file
	}
	if m, ok := c.modules[key]; ok {
		if m.busy {
			c.circular(imp, m.files[0].Source.Name)
			return nil
		}
		return m
	}
	texts, err := c.ld.ReadModule(m.dir, imp.Path)
	if err == nil && len(texts) == 0 {
		err = fmt.Errorf("it has no .net files")
	}
	if err != nil {
		c.report(diag.Diagnostic{
			Code: "E0112", Span: imp.PathAt, Message: fmt.Sprintf("module %q cannot be read: %v", imp.Path, err),
			Hint: "an import is the name of a standard module, or a path below this file's folder",
		})
		return nil
	}
	names := make([]string, 0, len(texts))
	for n := range texts {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, f := range c.asked {
		if slices.Contains(names, f) {
			c.circular(imp, f)
			return nil
		}
	}
	var files []*syntax.File
	clean := true
	for _, n := range names {
		f, list := c.parse(n, texts[n])
		for _, d := range list {
			c.report(d)
		}
		clean = clean && !list.HasErrors()
		files = append(files, f)
	}
	if !clean || !c.onePackage(imp, files) {
		return nil
	}
	out := c.newModule(files[0].Package.Name, files)
	_, out.standard = stdlib.Module(imp.Path)
	c.modules[key] = out
	out.busy = true
	c.declare(out)
	out.busy = false
	return out
}

// circular reports an import of a module that is being read.
func (c *checker) circular(imp *syntax.Import, file string) {
	c.report(diag.Diagnostic{
		Code: "E0113", Span: imp.PathAt, Message: "this import leads back to itself",
		Label: fmt.Sprintf("%s is being read already", file), Hint: "move what both need into a third module",
	})
}

// onePackage checks the package clauses of a module's files, and that no other
// module has that name: names of sets are qualified by it.
func (c *checker) onePackage(imp *syntax.Import, files []*syntax.File) bool {
	name := files[0].Package.Name
	for _, f := range files[1:] {
		if f.Package.Name != name {
			c.report(diag.Diagnostic{
				Code: "E0112", Span: f.Package.Where, Message: fmt.Sprintf("the files of module %q are of the packages `%s` and `%s`", imp.Path, name, f.Package.Name),
				Hint: "files of one module have the same package",
			})
			return false
		}
	}
	for _, m := range c.modules {
		if m.name == name {
			c.report(diag.Diagnostic{
				Code: "E0110", Span: imp.PathAt, Message: fmt.Sprintf("two modules are called `%s`", name), Hint: "rename the package of one",
			})
			return false
		}
	}
	return true
}

// declare fills the scope of a module: imports, then declarations, then class
// lists, which everything else may use.
func (c *checker) declare(m *module) {
	for _, f := range m.files {
		for _, imp := range f.Imports {
			c.declareImport(m, imp)
		}
	}
	for _, f := range m.files {
		for _, d := range f.Decls {
			m.order = append(m.order, d)
			switch d := d.(type) {
			case *syntax.Const:
				if c.addName(m, d.Name, d) {
					m.consts[d.Name.Name] = &constant{decl: d}
				}
			case *syntax.Classes:
				c.addName(m, d.Name, d)
			case *syntax.Block:
				if c.addName(m, d.Name, d) && !c.distinctParameters(d) {
					m.unnamed = true // it is not looked at, nor what would use it
					delete(m.decls, d.Name.Name)
				}
			case *syntax.Data:
				if c.addName(m, d.Name, d) {
					m.data[d.Name.Name] = d
				}
			}
		}
	}
	for _, d := range m.order {
		if k, ok := d.(*syntax.Classes); ok {
			c.declareSet(m, k)
		}
	}
}

// distinctParameters checks that the parameters and inputs of a block have names of
// their own.
func (c *checker) distinctParameters(b *syntax.Block) bool {
	met := map[string]diag.Span{}
	list := b.Params
	if b.Sig != nil {
		list = slices.Concat(list, b.Sig.In)
	}
	for _, p := range list {
		if old, dup := met[p.Name.Name]; dup {
			c.report(diag.Diagnostic{
				Code: "E0110", Span: p.Name.Where, Message: fmt.Sprintf("`%s` is declared twice in this signature", p.Name.Name),
				Notes: []diag.Note{{Span: old, Message: "the other one is"}},
				Hint:  "rename one of the two",
			})
			return false
		}
		met[p.Name.Name] = p.Name.Where
	}
	return true
}

func (c *checker) declareImport(m *module, imp *syntax.Import) {
	alias, at := imp.Path[strings.LastIndexByte(imp.Path, '/')+1:], imp.PathAt
	if imp.Alias != nil {
		alias, at = imp.Alias.Name, imp.Alias.Where
	}
	if m.imports[alias] != nil || m.broken[alias] {
		c.report(diag.Diagnostic{
			Code: "E0110", Span: at, Message: fmt.Sprintf("`%s` is imported twice", alias),
			Hint: "remove one, or put an alias before the path: `import other \"" + imp.Path + "\"`",
		})
		return
	}
	if sub := c.load(m, imp); sub != nil {
		m.imports[alias] = sub
	} else {
		m.broken[alias] = true
	}
}

// addName checks the form of a file-level name and that it is new.
func (c *checker) addName(m *module, id syntax.Ident, d syntax.Decl) bool {
	if old, dup := m.decls[id.Name]; dup {
		c.report(diag.Diagnostic{
			Code: "E0110", Span: id.Where, Message: fmt.Sprintf("`%s` is declared twice in this module", id.Name),
			Notes: []diag.Note{{Span: old.Span(), Message: "the other one is"}},
			Hint:  "rename one of the two",
		})
		m.unnamed = true
		return false
	}
	if !m.prelude && (len(id.Name) < 2 || id.Name[0] < 'A' || id.Name[0] > 'Z') {
		hint := "names of nets, blocks, classes, data and consts begin with a capital and have two letters or more"
		c.report(diag.Diagnostic{
			Code: "E0111", Span: id.Where, Message: fmt.Sprintf("`%s` cannot be the name of a declaration", id.Name), Hint: hint,
		})
		m.unnamed = true
		if len(id.Name) < 2 || c.prelude != nil && c.prelude.library.files[id.Name] != nil {
			return false // what is called so means a size, or the layer
		}
	}
	m.decls[id.Name] = d
	return true
}
