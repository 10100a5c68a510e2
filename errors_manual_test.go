package netc_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/internal/testkit"
)

// TestErrorsManual holds docs/errors.md against the pages it is made of;
// NETC_UPDATE=1 writes it.
func TestErrorsManual(t *testing.T) {
	path := filepath.Join(testkit.Root(t), "docs", "errors.md")
	got := errorsManual()
	for _, c := range diag.Codes() {
		if !bytes.Contains(got, []byte("\n### "+c+"\n")) {
			t.Errorf("%s belongs to no chapter", c)
		}
	}
	testkit.Fresh(t, path, got)
}

// rooms names the first two digits of the codes.
var rooms = []struct{ prefix, title string }{
	{"E01", "Text and names"},
	{"E02", "Shapes, types and values"},
	{"E03", "Arguments and unused values"},
	{"E04", "Files and checkpoints"},
	{"E05", "Sections"},
	{"E06", "Limits"},
	{"E07", "Tests"},
	{"V", "Advice of vet"},
	{"W", "Warnings"},
}

// errorsManual joins the pages: a table of contents, then each page with its title
// two levels down.
func errorsManual() []byte {
	var b bytes.Buffer
	b.WriteString(`<!-- Made from internal/diag/pages by ` + "`NETC_UPDATE=1 go test -run TestErrorsManual .`" + `; edit the pages. -->

# Diagnostics

What netc says when it refuses a file, by code. ` + "`netc explain CODE`" + ` prints one page.
A test holds what stands under Refused and Accepted against the compiler.

`)
	for _, r := range rooms {
		codes := codesOf(r.prefix)
		if len(codes) == 0 {
			continue
		}
		fmt.Fprintf(&b, "- %s\n", r.title)
		for _, c := range codes {
			fmt.Fprintf(&b, "  - [%s](#%s) %s\n", c, strings.ToLower(c), diag.Title(c))
		}
	}
	for _, r := range rooms {
		codes := codesOf(r.prefix)
		if len(codes) > 0 {
			fmt.Fprintf(&b, "\n## %s\n", r.title)
		}
		for _, c := range codes {
			text, _ := diag.Page(c)
			_, body, _ := strings.Cut(text, "\n")
			fmt.Fprintf(&b, "\n### %s\n\n**%s**\n", c, diag.Title(c))
			b.WriteString(fence.ReplaceAllStringFunc(body, plainFence))
		}
	}
	return b.Bytes()
}

// plainFence says in front of a block what it is, which viewers of Markdown do not
// show.
func plainFence(block string) string {
	head, rest, _ := strings.Cut(block, "\n")
	lang, word, _ := strings.Cut(strings.TrimPrefix(head, "```"), " ")
	switch word {
	case "bad":
		word = "Refused:"
	case "good":
		word = "Accepted:"
	default:
		word = "`" + word + "`:"
	}
	return word + "\n\n```" + lang + "\n" + rest
}

func codesOf(prefix string) []string {
	return slices.DeleteFunc(diag.Codes(), func(c string) bool { return !strings.HasPrefix(c, prefix) })
}
