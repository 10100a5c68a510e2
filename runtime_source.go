package netc

import (
	"embed"
	"io/fs"
	"strings"
)

// runtimeSource is the source of the runtime, so that the programs that train,
// eval and predict build are made of exactly the runtime this compiler was
// written with, on any machine and from any directory.
//
//go:embed go.mod go.sum runtime/*.go runtime/*/*.go runtime/*/*.s runtime/*/*/*.go runtime/*/*/*.s
var runtimeSource embed.FS

// RuntimeSource returns the files of the module that generated code imports, by
// slash-separated path: the packages under runtime, go.sum, and a go.mod that
// requires only what the runtime needs.
func RuntimeSource() (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(runtimeSource, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := runtimeSource.ReadFile(path)
		files[path] = data
		return err
	})
	if err != nil {
		return nil, err
	}
	files["go.mod"] = runtimeModule(files["go.mod"])
	return files, nil
}

// RuntimeRequires returns the require lines of the runtime's own dependencies.
func RuntimeRequires(gomod []byte) []string {
	var lines []string
	for _, l := range strings.Split(string(gomod), "\n") {
		l = strings.TrimSpace(strings.TrimSuffix(l, "// indirect"))
		l = strings.TrimPrefix(l, "require ")
		for _, dep := range []string{"golang.org/x/sys ", "golang.org/x/image ", "golang.org/x/term "} {
			if strings.HasPrefix(l, dep) {
				lines = append(lines, l)
			}
		}
	}
	return lines
}

// runtimeModule cuts go.mod down to the dependencies of the runtime, so that a
// program build never looks for the compiler's.
func runtimeModule(gomod []byte) []byte {
	var b strings.Builder
	for _, l := range strings.Split(string(gomod), "\n") {
		if strings.HasPrefix(l, "module ") || strings.HasPrefix(l, "go ") {
			b.WriteString(l + "\n\n")
		}
	}
	for _, r := range RuntimeRequires(gomod) {
		b.WriteString("require " + r + "\n")
	}
	return []byte(b.String())
}
