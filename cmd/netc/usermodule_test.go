package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
)

const userMain = `package main

import (
	"context"
	"fmt"
	"image/png"
	"os"

	"example.com/app/lenet"
)

DIRECTIVE

func main() {
	f, _ := os.Open(os.Args[1])
	img, err := png.Decode(f)
	net, _ := lenet.New()
	p, err := net.Predict(context.Background(), img)
	fmt.Println(p.Digit, err)
}
`

// TestUserModule is the promise of the README: in a fresh module, go generate and
// go build make a static binary that reads a digit and holds no compiler.
func TestUserModule(t *testing.T) {
	root := testkit.Root(t)
	example := filepath.Join(root, "examples", "01_digits")
	dir := t.TempDir()
	copyFile(t, filepath.Join(example, "lenet.net"), filepath.Join(dir, "lenet.net"))
	copyFile(t, filepath.Join(example, "lenet.safetensors"), filepath.Join(dir, "lenet.safetensors"))
	copyFile(t, filepath.Join(example, "pictures", "seven.png"), filepath.Join(dir, "seven.png"))
	// Joined here, so that go generate does not find it in this file.
	main := strings.Replace(userMain, "DIRECTIVE", "//go:generate go tool netc compile lenet.net", 1)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(main), 0o644); err != nil {
		t.Fatal(err)
	}
	const module = "github.com/netc-lang/netc"
	goRun(t, dir, "mod", "init", "example.com/app")
	goRun(t, dir, "mod", "edit", "-replace", module+"="+root, "-require", module+"@v0.0.0", "-tool", module+"/cmd/netc")
	goRun(t, dir, "mod", "tidy", "-e") // -e: the package that main imports is not generated yet
	goRun(t, dir, "generate", "./...")
	goRun(t, dir, "vet", "./...")
	goRun(t, dir, "build", "-o", "app", ".")
	out, err := exec.Command(filepath.Join(dir, "app"), filepath.Join(dir, "seven.png")).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "7 <nil>" {
		t.Errorf("./app seven.png: got %q, %v, want 7", out, err)
	}
	t.Run("links no compiler", func(t *testing.T) {
		deps := strings.Fields(goRun(t, dir, "list", "-deps", "."))
		for _, d := range deps {
			rest, ours := strings.CutPrefix(d, module+"/")
			if ours && !strings.HasPrefix(rest, "runtime") {
				t.Errorf("the binary links %s", d)
			}
			if strings.HasPrefix(rest, "runtime/train") || strings.HasPrefix(rest, "runtime/driver") || strings.HasPrefix(rest, "runtime/bench") {
				t.Errorf("the serving binary links what it does not serve with: %s", d)
			}
		}
	})
	t.Run("is static", func(t *testing.T) {
		f, err := elf.Open(filepath.Join(dir, "app"))
		if err != nil {
			t.Skip("not an ELF system")
		}
		defer f.Close()
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
				t.Errorf("the binary has a %v segment", p.Type)
			}
		}
	})
	t.Run("compile --check", func(t *testing.T) {
		goRun(t, dir, "tool", "netc", "compile", "--check", "lenet.net")
	})
}

func goRun(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
