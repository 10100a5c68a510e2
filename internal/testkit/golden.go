package testkit

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files instead of comparing with them")

// Golden compares got with testdata/NAME.golden of the calling package. With
// -update, or NETC_UPDATE=1 for all packages at once, it rewrites the file.
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	Fresh(t, filepath.Join("testdata", name+".golden"), got)
}

// Fresh compares got with a file that was written from it, such as a page of docs, and
// rewrites the file where [Golden] does.
func Fresh(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update || os.Getenv("NETC_UPDATE") == "1" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (NETC_UPDATE=1 go test writes it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs; NETC_UPDATE=1 go test writes it (-want +got):\n%s", path, diff)
	}
}
