package format

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/netc-lang/netc/internal/diag"
)

func TestProgramsAreCanonical(t *testing.T) {
	paths, err := filepath.Glob("../syntax/testdata/programs/*.net")
	if err != nil || len(paths) != 8 {
		t.Fatalf("got %d programs and error %v, want 8", len(paths), err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, problems := Source(diag.NewFile(path, text))
		if len(problems) > 0 {
			t.Errorf("%s: %v", path, problems)
			continue
		}
		if d := cmp.Diff(string(text), string(got)); d != "" {
			t.Errorf("%s changed (-want +got):\n%s", path, d)
		}
	}
}
