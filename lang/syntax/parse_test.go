package syntax

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
)

func readPrograms(t testing.TB) map[string]*diag.File {
	t.Helper()
	paths, err := filepath.Glob("testdata/programs/*.net")
	if err != nil || len(paths) != 8 {
		t.Fatalf("got %d programs and error %v, want 8", len(paths), err)
	}
	out := map[string]*diag.File{}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[p] = diag.NewFile(filepath.Base(p), text)
	}
	return out
}

func TestProgramsParse(t *testing.T) {
	for path, src := range readPrograms(t) {
		f, problems := Parse(src)
		if len(problems) > 0 {
			t.Errorf("%s: %v", path, problems)
		}
		t.Log(path, len(f.Decls))
	}
}
