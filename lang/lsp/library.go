package lsp

import (
	"strings"

	"github.com/netc-lang/netc/stdlib"
)

// LibraryText returns a file of the standard library by the name that diagnostics
// and definitions have, such as "prelude/layers.net" or "resnet.net".
func LibraryText(name string) ([]byte, bool) {
	for _, f := range stdlib.Prelude() {
		if f.Name == name {
			return f.Text, true
		}
	}
	files, ok := stdlib.Module(strings.TrimSuffix(name, ".net"))
	text, found := files[name]
	return text, ok && found
}
