package testkit

import (
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/netc-lang/netc"

// room is one folder of the house and the folders and modules it may import;
// subfolders belong to the nearest room above them.
type room struct {
	name   string
	allows string
}

// rooms states the layering of the repository. It is loosened only by a page in
// docs/decisions. "std" (always allowed) is not written.
var rooms = []room{
	{"internal/diag", ""},
	{"internal/testkit", "github.com/google/go-cmp runtime/tensor"},

	{"lang/syntax", "internal/diag github.com/alecthomas/participle"},
	{"lang/format", "lang/syntax internal/diag"},
	{"lang/check", "lang/syntax lang/check/vocab ir/op ir/sym stdlib internal/diag runtime/tensor"},
	{"lang/check/vocab", "ir/op ir/sym internal/diag runtime/tensor"},
	{"lang/lsp", "lang/check lang/check/vocab lang/format lang/syntax ir/op ir/sym stdlib internal/diag"},
	{"lang/vet", "lang/check lang/syntax internal/diag"},
	{"lang/irgen", "lang/check ir internal/diag"},

	{"ir", "ir/op ir/sym runtime/tensor internal/diag"},
	{"ir/sym", ""},
	{"ir/op", "ir/sym runtime/tensor"},
	{"ir/text", "ir ir/op ir/sym runtime/tensor internal/diag"},
	{"ir/eval", "ir ir/op ir/sym runtime/tensor internal/diag"},
	{"ir/target", ""},
	{"ir/viz", "ir ir/op ir/sym"},
	{"ir/kernels", "ir ir/sym internal/diag runtime/tensor runtime/kernel runtime/kernel/blocked"},

	{"passes", "passes/... ir ir/op ir/sym ir/eval ir/kernels ir/target runtime/tensor runtime/kernel/blocked internal/diag"},

	{"codegen", "codegen/... ir ir/op ir/sym ir/eval ir/target runtime/tensor runtime/weights runtime/kernel internal/diag"},
	{"codegen/gogen", "codegen/kernel ir ir/op ir/sym ir/eval ir/kernels ir/target runtime/tensor runtime/weights runtime/kernel runtime/kernel/blocked internal/diag"},
	{"codegen/kernel", "github.com/mmcloughlin/avo"},
	{"codegen/kernel/gen", "codegen/kernel github.com/mmcloughlin/avo"},

	{"runtime", "runtime/... golang.org/x/sys golang.org/x/image golang.org/x/term"},
	{"stdlib", ""},
	{"", "internal/diag lang/... ir/... ir passes codegen runtime/... stdlib"},
	{"cmd", "cmd/... . lang/... ir/... ir internal/diag passes codegen runtime/... github.com/spf13 golang.org/x/term github.com/rogpeppe/go-internal"},
	{"examples", ". runtime runtime/... examples/..."},
}

// only names the single room that may import a module.
var only = map[string]string{
	"github.com/alecthomas/participle": "lang/syntax",
	"github.com/mmcloughlin/avo":       "codegen/kernel",
}

// TestImportRule reads what every package imports and refuses every edge that
// the table does not allow.
func TestImportRule(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = Root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		r := roomOf(from)
		for _, imp := range p.Imports {
			if reason := forbidden(r, from, imp); reason != "" {
				t.Errorf("%s imports %s: %s", from, imp, reason)
			}
		}
	}
	if seen < 10 {
		t.Fatalf("go list named only %d packages", seen)
	}
}

// roomOf returns the nearest room at or above a folder.
func roomOf(dir string) room {
	for {
		for _, r := range rooms {
			if r.name == dir {
				return r
			}
		}
		i := strings.LastIndexByte(dir, '/')
		if i < 0 {
			dir = ""
			continue
		}
		dir = dir[:i]
	}
}

func forbidden(r room, from, imp string) string {
	if !strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
		return "" // standard library
	}
	for mod, home := range only {
		if strings.HasPrefix(imp, mod) && from != home && !strings.HasPrefix(from, home+"/") {
			return mod + " belongs to " + home
		}
	}
	target := imp
	if imp == module {
		target = "."
	} else if rest, ok := strings.CutPrefix(imp, module+"/"); ok {
		target = rest
		if target == r.name || strings.HasPrefix(target, r.name+"/") && roomOf(target).name == r.name {
			return "" // inside the same room
		}
	}
	for _, a := range strings.Fields(r.allows) {
		if base, ok := strings.CutSuffix(a, "/..."); ok {
			if target == base || strings.HasPrefix(target, base+"/") {
				return ""
			}
			continue
		}
		if target == a || strings.Contains(a, ".") && a != "." && strings.HasPrefix(target, a) {
			return ""
		}
	}
	return "the room " + r.name + " may import only: " + r.allows
}

// TestImportRuleBites shows that the rule refuses what it is there to refuse.
func TestImportRuleBites(t *testing.T) {
	for _, c := range []struct{ from, imp string }{
		{"runtime/kernel", module + "/ir"},
		{"runtime/train", module + "/codegen/kernel"},
		{"ir/op", module + "/lang/check"},
		{"lang/check", module + "/passes"},
		{"passes/grad", module + "/codegen"},
		{"lang/check", "github.com/alecthomas/participle/v2"},
		{"runtime/kernel", "github.com/mmcloughlin/avo/build"},
		{"ir", module + "/cmd/netc"},
	} {
		if forbidden(roomOf(c.from), c.from, c.imp) == "" {
			t.Errorf("%s importing %s was allowed", c.from, c.imp)
		}
	}
}
