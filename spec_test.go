package netc_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/lang/format"
	"github.com/netc-lang/netc/lang/syntax"
)

// made are the parts of docs/spec.md that the parser prints.
var made = regexp.MustCompile("(?s)<!-- (keywords|grammar) -->\n.*?<!-- end -->\n")

// TestSpec holds docs/spec.md: grammar and keywords are what the parser prints
// (NETC_UPDATE=1 writes them), and every example stands in the file that it names.
func TestSpec(t *testing.T) {
	top := testkit.Root(t)
	path := filepath.Join(top, "docs", "spec.md")
	spec, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	now := made.ReplaceAllFunc(spec, func(old []byte) []byte {
		text := "<!-- keywords -->\n`" + strings.Join(slices.Sorted(slices.Values(syntax.Keywords())), "` `") + "`\n"
		if bytes.HasPrefix(old, []byte("<!-- grammar")) {
			text = "<!-- grammar -->\n```ebnf\n" + strings.TrimSpace(syntax.EBNF()) + "\n```\n"
		}
		return []byte(text + "<!-- end -->\n")
	})
	if os.Getenv("NETC_UPDATE") == "1" {
		write(t, path, string(now))
	} else if !bytes.Equal(spec, now) {
		t.Error("the grammar of docs/spec.md is not the parser's; NETC_UPDATE=1 go test -run TestSpec . writes it")
	}
	blocks := block.FindAllSubmatch(spec, -1)
	examples := 0
	for _, b := range blocks {
		from := string(b[1])
		if from == "keywords" || from == "grammar" {
			continue
		}
		examples++
		text, err := os.ReadFile(filepath.Join(top, from))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, b[2]) {
			t.Errorf("%s does not hold what docs/spec.md quotes of it:\n%s", from, b[2])
		}
	}
	if fences := bytes.Count(spec, []byte("\n```net\n")); examples < 12 || fences != examples {
		t.Errorf("got %d examples with a source and %d in all", examples, fences)
	}
	for _, code := range regexp.MustCompile(`errors\.md#([a-z0-9]+)`).FindAllSubmatch(spec, -1) {
		if _, ok := diag.Page(string(code[1])); !ok {
			t.Errorf("docs/spec.md names %s, which has no page", code[1])
		}
	}
}

// TestSpecExamples runs the tests of the file that the reference quotes.
func TestSpecExamples(t *testing.T) {
	path := filepath.Join(testkit.Root(t), "testdata", "spec", "language.net")
	s, err := netc.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, list := s.Check()
	if len(list) > 0 {
		t.Fatalf("does not check:\n%s", list)
	}
	if len(p.Tests) < 3 {
		t.Errorf("got %d tests", len(p.Tests))
	}
	for _, r := range p.Tests {
		if !r.Passed {
			t.Errorf("%s fails:\n%s", r.Name, r.Failures)
		}
	}
	if text, _ := format.Source(s.Files[0]); !bytes.Equal(text, s.Files[0].Text) {
		t.Errorf("%s is not in the canonical form", path)
	}
}
