package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// Root returns the folder of go.mod, found upwards from the package under test.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the package")
		}
		dir = up
	}
}

// Data returns the path of a file of the public test data, or skips the test by
// the file's name. The data lie in NETC_DATA, by default ../shared/data beside
// the repository.
func Data(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("NETC_DATA")
	if root == "" {
		root = filepath.Join(Root(t), "..", "shared", "data")
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is absent: set NETC_DATA to the folder of the test data", name)
	}
	return path
}
