package main

import (
	"path/filepath"
	"testing"

	"github.com/netc-lang/netc/examples/02_cells/cells"
)

// TestPictures reads the 146 test pictures, which training never saw, as a program
// of a user would: the file's name is its class.
func TestPictures(t *testing.T) {
	net, err := cells.New()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("data/test/*/*.jpg")
	if err != nil || len(paths) != 146 {
		t.Fatalf("got %d pictures (%v), want 146", len(paths), err)
	}
	right := 0
	for _, path := range paths {
		p, err := predict(net, path)
		if err != nil {
			t.Fatal(err)
		}
		if p.Cell.String() == filepath.Base(filepath.Dir(path)) {
			right++
		}
	}
	if accuracy := float64(right) / float64(len(paths)); accuracy < 0.97 {
		t.Errorf("got %d of %d pictures right, want 97 %%", right, len(paths))
	}
}
