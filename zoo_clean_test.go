package netc_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/stdlib"
)

// TestZooPackagesAreClean compiles every module of the standard library's zoo and every
// training of docs/bench, and has go vet and staticcheck read the packages: as clean as
// code that a person wrote. Each is compiled twice, to the same bytes. Two minutes of work, hence
//
//	NETC_ZOO=1 go test -run TestZooPackagesAreClean .
func TestZooPackagesAreClean(t *testing.T) {
	if os.Getenv("NETC_ZOO") != "1" {
		t.Skip("NETC_ZOO=1 asks for it")
	}
	root, dir := testkit.Root(t), t.TempDir()
	sources, err := filepath.Glob(filepath.Join(root, "docs", "bench", "*", "*.net"))
	if err != nil {
		t.Fatal(err)
	}
	zoo := 0
	for _, name := range stdlib.Modules() {
		if _, ok := stdlib.Module(name); ok {
			sources = append(sources, name)
			zoo++
		}
	}
	if zoo < 17 || len(sources) < zoo+4 {
		t.Fatalf("found %d sources, %d of them of the zoo", len(sources), zoo)
	}
	for i, source := range sources {
		s, err := netc.Open(source, nil)
		if err != nil {
			t.Fatal(err)
		}
		var files [2]map[string][]byte
		for k := range files {
			p, list, err := netc.Compile(s, netc.Options{Weights: "seeded", Train: true})
			if err != nil || p == nil {
				t.Fatal(source, list, err)
			}
			for name := range p.Files {
				if strings.HasSuffix(name, ".weights") {
					p.Files[name] = nil // nobody reads them here, and they are large
				}
			}
			files[k] = p.Files
		}
		for name, content := range files[0] {
			if !slices.Equal(content, files[1][name]) {
				t.Errorf("%s: %s has other bytes the second time", source, name)
			}
			path := filepath.Join(dir, fmt.Sprintf("p%d", i), filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, content, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module github.com/netc-lang/netc", "module example.com/zoo", 1) +
		"\nrequire github.com/netc-lang/netc v0.0.0\nreplace github.com/netc-lang/netc => " + root + "\n"
	write(t, filepath.Join(dir, "go.mod"), text)
	write(t, filepath.Join(dir, "go.sum"), string(sum))
	run := func(in, name string, args ...string) {
		t.Helper()
		c := exec.Command(name, args...)
		c.Dir = in
		if in == dir {
			c.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
		}
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	run(dir, "go", "vet", "./...")
	check := filepath.Join(dir, "staticcheck")
	run(root, "go", "build", "-modfile=tools.mod", "-o", check, "honnef.co/go/tools/cmd/staticcheck")
	run(dir, check, "./...")
}
