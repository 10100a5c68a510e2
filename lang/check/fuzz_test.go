package check

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// closed is a world with the standard library and no files.
type closed struct{}

func (closed) ReadModule(_, path string) (map[string][]byte, error) {
	if m, ok := stdlib.Module(path); ok {
		return m, nil
	}
	return nil, errors.New("not here")
}

func (closed) ReadFile(_, _ string) ([]byte, error) { return []byte("a\nb\nc\n"), nil }

func seeds(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"../syntax/testdata/programs/*.net", "testdata/errors/*.net", "testdata/normative/*.net"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no seeds in %s: %v", pattern, err)
		}
		for _, p := range paths {
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			out[p] = string(text)
		}
	}
	return out
}

// survive checks whatever the parser makes of a text, with its errors or not.
func survive(t *testing.T, text string) {
	t.Helper()
	f, _ := syntax.Parse(diag.NewFile("fuzz.net", []byte(text)))
	begin := time.Now()
	p, list := Check([]*syntax.File{f}, closed{})
	if d := time.Since(begin); d > time.Minute {
		t.Errorf("took %v:\n%s", d, text)
	}
	if p == nil {
		t.Fatal("no program")
	}
	errs := 0
	for _, d := range list {
		if d.Severity == diag.Error {
			errs++
		}
		if d.Message == "" || d.Code == "" {
			t.Errorf("empty diagnostic %+v for\n%s", d, text)
		}
		if d.Span.IsValid() && (d.Span.Start < 0 || d.Span.End < d.Span.Start || d.Span.End > len(d.Span.File.Text)) {
			t.Errorf("span %d..%d outside the file: %s", d.Span.Start, d.Span.End, d.Message)
		}
	}
	if errs > maxErrors {
		t.Errorf("%d errors, at most %d are promised", errs, maxErrors)
	}
	_ = list.String()
}

var tokens = regexp.MustCompile(`[A-Za-z_]\w*|[0-9][0-9_.e]*|"[^"]*"|\|>|->|\.\.|\*\*|[=!<>]=|\s+|//[^\n]*|.`)

// TestMutations deletes, doubles, swaps and replaces tokens of correct programs:
// nothing panics, nothing hangs, and errors stay few and in place.
func TestMutations(t *testing.T) {
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	all := seeds(t)
	names := map[string]bool{}
	for n := range all {
		names[n] = true
	}
	for _, name := range sorted(names) {
		r := rand.New(rand.NewPCG(7, uint64(len(all[name]))))
		words := tokens.FindAllString(all[name], -1)
		for round := range rounds {
			ws := append([]string{}, words...)
			for range 1 + r.IntN(3) {
				i, j := r.IntN(len(ws)), r.IntN(len(ws))
				switch r.IntN(5) {
				case 0:
					ws[i] = ""
				case 1:
					ws[i] += " " + ws[j]
				case 2:
					ws[i], ws[j] = ws[j], ws[i]
				case 3:
					ws[i] = ws[j]
				case 4:
					ws[i] = []string{"0", "-1", "10**9", "x", "[]", "(1, 2)", "true", "\"s\"", "_", "0..3", "relu", "f32[1, 2]", "1e300", "N"}[r.IntN(14)]
				}
			}
			text := strings.Join(ws, "")
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(name), round), func(t *testing.T) { survive(t, text) })
		}
	}
}

// FuzzCheck is for longer runs: go test -fuzz=FuzzCheck.
func FuzzCheck(f *testing.F) {
	for _, text := range seeds(f) {
		if len(text) < 1500 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 8000 {
			survive(t, text)
		}
	})
}

// TestDeepTree checks trees that no recursion over the source could hold.
func TestDeepTree(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"sum", "const Big = 1" + strings.Repeat(" + 1", 50_000)},
		{"list", "const Big = " + strings.Repeat("[", 200) + strings.Repeat("]", 200)},
		{"pipe", "net Big : (x: f32[N, 3]) -> (y: f32[N, 3]) = x" + strings.Repeat(" |> relu", 20_000)},
		{"and", "const Big = true" + strings.Repeat(" and true", 50_000)},
	} {
		t.Run(c.name, func(t *testing.T) { survive(t, "package p\n"+c.text+"\n") })
	}
}
