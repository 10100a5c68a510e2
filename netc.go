package netc

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/irgen"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/lang/vet"
	"github.com/netc-lang/netc/stdlib"
)

// MaxSource is the largest .net file in bytes; a larger one is refused before it
// is read. The files of a module have no more together.
const MaxSource = 4 << 20

// Source is one .net file that a user named, with the other files of its module:
// those of the same directory with the same package clause.
type Source struct {
	Path  string // as the user typed it; "-" is standard input
	Dir   string // where relative paths start
	Stem  string // file name without .net: lenet
	Data  string // where paths of data start; "" is Dir
	Files []*diag.File
}

// Open reads the file at path and its module. path is a .net file, "-" for
// stdin, or the name of a module of the standard library.
//
// Errors: an *os.PathError, or what is wrong with the file's size or name.
func Open(path string, stdin io.Reader) (*Source, error) {
	if path == "-" {
		text, err := io.ReadAll(io.LimitReader(stdin, MaxSource+1))
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return single("stdin.net", ".", text)
	}
	info, err := os.Stat(path)
	if err != nil || info.IsDir() { // a folder of that name may be the package it was compiled to
		if files, ok := stdlib.Module(path); ok {
			return fromModule(path, files), nil
		}
	}
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; name a .net file in it", path)
	}
	text, err := readSource(path)
	if err != nil {
		return nil, err
	}
	s, err := single(path, filepath.Dir(path), text)
	if err != nil {
		return nil, err
	}
	return s, s.addSiblings()
}

func single(path, dir string, text []byte) (*Source, error) {
	if len(text) > MaxSource {
		return nil, fmt.Errorf("%s is larger than %d MB, the limit for a .net file", path, MaxSource>>20)
	}
	stem := filepath.Base(path)
	stem = stem[:len(stem)-len(filepath.Ext(stem))]
	return &Source{Path: path, Dir: dir, Stem: stem, Files: []*diag.File{{Name: path, Text: text}}}, nil
}

func fromModule(name string, files map[string][]byte) *Source {
	s := &Source{Path: name, Dir: ".", Stem: filepath.Base(name)}
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		s.Files = append(s.Files, &diag.File{Name: n, Text: files[n]})
	}
	return s
}

var packageClause = regexp.MustCompile(`(?m)^[ \t]*package[ \t]+([A-Za-z][A-Za-z0-9_]*)`)

// addSiblings adds the files that share the package of the first one. A sibling
// that cannot be read is none of this file's business.
func (s *Source) addSiblings() error {
	own := packageClause.FindSubmatch(s.Files[0].Text)
	if own == nil {
		return nil // the parser says what is wrong
	}
	paths, err := filepath.Glob(filepath.Join(s.Dir, "*.net"))
	if err != nil {
		return nil
	}
	sort.Strings(paths)
	total := len(s.Files[0].Text)
	for _, p := range paths {
		if filepath.Clean(p) == filepath.Clean(s.Path) {
			continue
		}
		text, err := readSource(p)
		if err != nil {
			continue
		}
		if c := packageClause.FindSubmatch(text); c != nil && bytes.Equal(c[1], own[1]) {
			if total += len(text); total > MaxSource {
				return fmt.Errorf("the files of package %s in %s have more than %d MB together, the limit for a module", own[1], s.Dir, MaxSource>>20)
			}
			s.Files = append(s.Files, &diag.File{Name: p, Text: text})
		}
	}
	return nil
}

// readSource reads at most the limit, so that a huge or endless file costs
// nothing.
func readSource(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > MaxSource {
		return nil, fmt.Errorf("%s is larger than %d MB, the limit for a .net file", path, MaxSource>>20)
	}
	return io.ReadAll(io.LimitReader(f, MaxSource+1))
}

// Vet is [Source.Check] that adds advice about a correct program.
func (s *Source) Vet() diag.List {
	files, list := s.parse()
	if list.HasErrors() {
		return list
	}
	_, problems, seen := check.Observe(files, Loader{Dir: s.Dir, Data: s.Data})
	list = append(list, problems...)
	if !list.HasErrors() {
		list = append(list, vet.Advise(files, seen)...)
	}
	list.Sort()
	return list
}

func (s *Source) parse() ([]*syntax.File, diag.List) {
	var list diag.List
	files := make([]*syntax.File, 0, len(s.Files))
	for _, f := range s.Files {
		parsed, problems := syntax.Parse(f)
		list = append(list, problems...)
		files = append(files, parsed)
	}
	list.Sort()
	return files, list
}

// Check parses and checks the source, and where it limits the memory of a training,
// plans that. The program is nil when there are errors.
func (s *Source) Check() (*check.Program, diag.List) {
	p, list := s.check()
	if p == nil || !limited(p) {
		return p, list
	}
	if d, ok := beyondLimit(p, Lower(irgen.Module(p), Options{})); ok {
		list.Add(d)
		list.Sort()
		return nil, list
	}
	return p, list
}

// check is Check without planning.
func (s *Source) check() (*check.Program, diag.List) {
	files, list := s.parse()
	if list.HasErrors() {
		return nil, list
	}
	p, problems := check.Check(files, Loader{Dir: s.Dir, Data: s.Data})
	list = append(list, problems...)
	list.Sort()
	if list.HasErrors() {
		return nil, list
	}
	return p, list
}
