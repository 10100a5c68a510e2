// Package stdlib holds the .net files that come with netc: the prelude, which is
// in scope everywhere, the zoo of networks that an import finds by name, and the
// names of the built-in index sets. It imports nothing of the project.
//
// Begin with [Prelude] and [Module].
package stdlib

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed prelude/*.net prelude/parts/*.net zoo/*.net examples/*.net sets/*.names
var files embed.FS

// File is one embedded text.
type File struct {
	Name string // for messages: prelude/layers.net
	Text []byte
}

// Prelude returns the files whose blocks are in scope everywhere, by name.
func Prelude() []File { return matching("prelude/*.net") }

// Parts returns the files of blocks that the prelude is made of, and that are in
// scope nowhere else.
func Parts() []File { return matching("prelude/parts/*.net") }

// Examples returns programs that use the words of the prelude, for documentation.
func Examples() []File { return matching("examples/*.net") }

func matching(pattern string) []File {
	names, err := fs.Glob(files, pattern)
	if err != nil {
		panic("stdlib: " + err.Error()) // patterns are constants
	}
	out := make([]File, len(names))
	for i, n := range names {
		out[i] = File{Name: n, Text: read(n)}
	}
	return out
}

// Module returns the files of a standard module, such as "resnet", by name for
// messages; ok is false when there is none of that path.
func Module(name string) (texts map[string][]byte, ok bool) {
	if name == "" || strings.ContainsAny(name, "/\\.") {
		return nil, false
	}
	text, err := files.ReadFile("zoo/" + name + ".net")
	if err != nil {
		return nil, false
	}
	return map[string][]byte{name + ".net": text}, true
}

// Modules returns the names of the standard modules, sorted.
func Modules() []string {
	names, err := fs.Glob(files, "zoo/*.net")
	if err != nil {
		panic("stdlib: " + err.Error())
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(path.Base(n), ".net")
	}
	return names
}

// Lines returns the lines of a list of names, such as "imagenet.names".
func Lines(name string) []string {
	return strings.Split(strings.TrimSpace(string(read("sets/"+name))), "\n")
}

func read(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic("stdlib: " + err.Error()) // embedded when this package was built
	}
	return text
}
