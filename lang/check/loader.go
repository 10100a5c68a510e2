package check

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// Loader gives the checker everything outside its own file, so that the editor
// can serve unsaved text and tests need no disk. Paths are resolved as
// docs/spec.md says, section 2.
type Loader interface {
	// ReadModule returns the files of an imported module: name (for messages) to
	// text. dir is the directory of the importing file.
	ReadModule(dir, path string) (files map[string][]byte, err error)
	// ReadFile returns a data file named by the source, such as a class list.
	ReadFile(dir, path string) ([]byte, error)
}

// Stored is a tensor of a checkpoint: its name there, its element type in small
// letters, such as f16, and its shape.
type Stored struct {
	Name  string
	DType string
	Shape []int
}

// Checkpoints is a [Loader] that reads the table of contents of weights files, and
// not the weights. Without it files of a weights section are not looked at.
type Checkpoints interface {
	// Contents lists what the file at path holds. path in the result is what was
	// tried, also where err says that it is not there (fs.ErrNotExist).
	Contents(dir, path string) (tried string, tensors []Stored, err error)
}

// ClassCounter is a [Loader] that can look at the data themselves.
type ClassCounter interface {
	// CountClasses returns how many classes the label called field has among the
	// training records of d, or an error that says why it cannot be known. Paths start
	// at dir, unless the user said where the data are.
	CountClasses(dir string, d *Data, field string) (int, error)
}

// ArenaPlanner is a [Loader] that plans the memory of nets, for `.arena` in a test. Without
// it such a number is not known.
type ArenaPlanner interface {
	// Arena returns the bytes that a run of a net of p works in, at the given sizes.
	Arena(p *Program, net string, sizes map[string]int64) (int64, error)
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
