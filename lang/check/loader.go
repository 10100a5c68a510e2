package check

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// Loader gives the checker everything outside its own file, so that the editor
// can serve unsaved text and tests need no disk. Paths are as LANGUAGE.md's
// "Modules" resolves them.
type Loader interface {
	// ReadModule returns the files of an imported module: name (for messages) to
	// text. dir is the directory of the importing file.
	ReadModule(dir, path string) (files map[string][]byte, err error)
	// ReadFile returns a data file named by the source, such as a class list.
	ReadFile(dir, path string) ([]byte, error)
}

// Parser is a [Loader] that keeps the trees of imported files between checks, as an
// editor does. A check does not change a tree.
type Parser interface {
	Parse(name string, text []byte) (*syntax.File, diag.List)
}

// parse parses an imported file, or finds its tree.
func (c *checker) parse(name string, text []byte) (*syntax.File, diag.List) {
	if p, ok := c.ld.(Parser); ok {
		return p.Parse(name, text)
	}
	return syntax.Parse(diag.NewFile(name, text))
}
