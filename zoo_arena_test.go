package netc_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/stdlib"
)

// TestArenaIsItsBound plans every network of the zoo for inference: its arena is the
// least that any plan of the same order needs, and halos and padding channels add at
// most 15 % to it.
func TestArenaIsItsBound(t *testing.T) {
	nets := 0
	for _, name := range stdlib.Modules() {
		s, err := netc.Open(name, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list, diags, err := netc.Summarise(s, "", nil)
		if err != nil {
			t.Fatalf("%s: %v %v", name, err, diags)
		}
		for _, n := range list {
			nets++
			if n.Arena == 0 || n.Arena != n.ArenaBound {
				t.Errorf("%s: got an arena of %d bytes, want its bound, %d", n.Name, n.Arena, n.ArenaBound)
			}
			if float64(n.Arena) > 1.15*float64(n.ArenaLogical) {
				t.Errorf("%s: got an arena of %d bytes, want at most 1.15 times the %d without halos and padding", n.Name, n.Arena, n.ArenaLogical)
			}
		}
	}
	if nets < 29 {
		t.Errorf("got %d networks, want the 29 of the zoo or more", nets)
	}
}

// TestSameBytesEverywhere compiles a network again and again, from copies of its source
// in other folders: the files are the same.
func TestSameBytesEverywhere(t *testing.T) {
	const source = `package same
import "googlenet"
net Same : (image: f32[N, RGB, 32, 32]) -> (y: f32[N, 32, 32, 32])
  = image |> conv(16, 3) |> googlenet.Inception(8, 8, 8, 8, 8, 8) as _
`
	first := map[string][]byte{}
	for range 3 {
		p := compileText(t, source)
		for name, content := range p.Files {
			if first[name] == nil {
				first[name] = content
			}
			if !slices.Equal(first[name], content) {
				t.Errorf("%s: got other bytes from the same source", name)
			}
		}
	}
	if len(first) < 5 {
		t.Errorf("got %d files, want a package", len(first))
	}
}

// compileText compiles a source in a folder of its own.
func compileText(t *testing.T, text string) *netc.Package {
	t.Helper()
	file := filepath.Join(t.TempDir(), "same.net")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := netc.Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, list, err := netc.Compile(s, netc.Options{Weights: "seeded"})
	if err != nil || p == nil {
		t.Fatalf("%v %v", err, list)
	}
	return p
}
