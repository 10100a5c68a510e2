package check

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
