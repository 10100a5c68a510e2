package netc_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/text"
)

// block is a fenced block of the README with the comment above it, which says where
// its text comes from.
var block = regexp.MustCompile("(?m)^<!-- (.*) -->\n```[a-z]*\n((?s:.*?))^```$")

const digits = "examples/01_digits/lenet.net"

// TestReadme holds every quoted line of the README against the file, the error or
// the IR that it quotes.
func TestReadme(t *testing.T) {
	top := testkit.Root(t)
	t.Chdir(top)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := block.FindAllSubmatch(readme, -1)
	if len(blocks) < 6 {
		t.Fatalf("got %d quoted blocks, want at least 6", len(blocks))
	}
	for _, b := range blocks {
		from, quoted := string(b[1]), string(b[2])
		var source string
		if change, ok := strings.CutPrefix(from, "error: "); ok {
			source = mistake(t, top, change)
		} else if pass, ok := strings.CutPrefix(from, "ir: "); ok {
			source = dump(t, top, pass)
		} else {
			data, err := os.ReadFile(filepath.Join(top, from))
			if err != nil {
				t.Fatal(err)
			}
			source = string(data)
		}
		if !strings.Contains(source, quoted) {
			t.Errorf("%s does not hold what the README quotes of it:\n%s\ngot:\n%s", from, quoted, source)
		}
	}
}

// mistake changes the example and returns what netc says of it.
func mistake(t *testing.T, top, change string) string {
	t.Helper()
	old, bad, ok := strings.Cut(change, " => ")
	data, err := os.ReadFile(filepath.Join(top, digits))
	if err != nil || !ok || !bytes.Contains(data, []byte(old)) {
		t.Fatalf("cannot make the mistake %q: %v", change, err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("lenet.net", bytes.Replace(data, []byte(old), []byte(bad), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := netc.Open("lenet.net", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, list := s.Check()
	var out bytes.Buffer
	if err := diag.Render(&out, list, diag.RenderOptions{}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// dump returns the module of the example after a pass.
func dump(t *testing.T, top, pass string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(top, digits))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("lenet.net", data, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := netc.Open("lenet.net", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out string
	_, list, err := netc.Compile(s, netc.Options{Weights: "seeded", Verify: true, Dump: func(name string, m *ir.Module) {
		if name == pass {
			out = text.Print(m)
		}
	}})
	if err != nil || list.HasErrors() {
		t.Fatalf("%v %v", err, list)
	}
	return out
}
