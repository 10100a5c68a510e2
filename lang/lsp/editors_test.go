package lsp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/syntax"
)

const editors = "../editors/vscode"

func readJSON(t *testing.T, name string) (tree map[string]any, text string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(editors, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return tree, string(raw)
}

// rules collects the patterns of a grammar with the scopes they give.
func rules(v any, out map[*regexp.Regexp][]string, t *testing.T) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			rules(e, out, t)
		}
	case map[string]any:
		var scopes []string
		if n, ok := v["name"].(string); ok {
			scopes = append(scopes, n)
		}
		if c, ok := v["captures"].(map[string]any); ok {
			for _, e := range c {
				scopes = append(scopes, e.(map[string]any)["name"].(string))
			}
		}
		for _, key := range []string{"match", "begin", "end"} {
			if p, ok := v[key].(string); ok {
				re, err := regexp.Compile(strings.ReplaceAll(p, "(?=", "(?:"))
				if err != nil {
					t.Errorf("%s: %v", p, err)
					continue
				}
				out[re] = scopes
			}
		}
		for _, e := range v {
			rules(e, out, t)
		}
	}
}

// TestGrammar holds the grammar of the editors against the language: every keyword,
// type, set and setting has a colour of its own.
func TestGrammar(t *testing.T) {
	tree, _ := readJSON(t, "syntaxes/netc.tmLanguage.json")
	all := map[*regexp.Regexp][]string{}
	rules(tree, all, t)
	coloured := func(text, scope string) bool {
		for re, scopes := range all {
			m := re.FindString(text)
			if strings.TrimSpace(m) == "" {
				continue
			}
			for _, s := range scopes {
				if strings.HasPrefix(s, scope) {
					return true
				}
			}
		}
		return false
	}
	wants := func(text string, scopes ...string) {
		t.Helper()
		for _, s := range scopes {
			if coloured(text, s) {
				return
			}
		}
		t.Errorf("%q has none of the colours %v", text, scopes)
	}
	for _, w := range syntax.Keywords() {
		wants(w, "keyword.", "storage.", "constant.language")
	}
	for _, w := range check.DTypes() {
		wants(w, "support.type")
	}
	for w := range types {
		wants(w, "support.type", "storage.")
	}
	for _, s := range check.BuiltinSets() {
		wants(s.Name, "support.constant")
	}
	begin := map[string]string{
		"sample": "sample (", "augment": "augment x", "eval": "eval x", "prep": "prep x", "metric": "metric x", "freeze": "freeze x",
		"phase": "phase x {", "memory": "memory <= 2 GB", "from": "from \"x\"", "skip": "skip \"x\"", "require": "require x",
	}
	for section, words := range sectionFields() {
		for w := range words {
			text, ok := begin[w]
			if !ok {
				text = w + " = 1"
			}
			if w != "layer" && !coloured(text, "keyword.other.section") && !coloured(text, "support.variable.setting") {
				t.Errorf("%s: %q has no colour", section, text)
			}
		}
	}
	for w := range declarationDocs {
		wants(w+" Name", "storage.", "keyword.other")
	}
}

// TestExtension reads what VS Code reads.
func TestExtension(t *testing.T) {
	readJSON(t, "language-configuration.json")
	_, text := readJSON(t, "package.json")
	for _, name := range regexp.MustCompile(`"(\./[^"]+)"`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(editors, name[1])); err != nil {
			t.Errorf("package.json names %s: %v", name[1], err)
		}
	}
}
