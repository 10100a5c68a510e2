package diag

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed pages/*.md
var pages embed.FS

// Codes returns the codes that have a page, sorted.
func Codes() []string {
	names, err := fs.Glob(pages, "pages/*.md")
	if err != nil {
		Bugf("pattern of the pages: %v", err)
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(n, "pages/"), ".md")
	}
	return names
}

// Page returns what `netc explain CODE` prints: Markdown whose first line is the
// title, then cause, an example and the repair. Letter case of code is ignored.
func Page(code string) (string, bool) {
	code = strings.ToUpper(code)
	if code == "" || strings.ContainsAny(code, "/.\\") {
		return "", false
	}
	text, err := pages.ReadFile("pages/" + code + ".md")
	return string(text), err == nil
}

// Title returns the first line of a code's page without its mark.
func Title(code string) string {
	text, _ := Page(code)
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimPrefix(line, "# ")
}
