package program

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"github.com/netc-lang/netc"
)

// ErrNoGo says that there is no Go toolchain to build the program with.
var ErrNoGo = errors.New("no Go toolchain: the `go` command is not on PATH; install Go 1.26 or later (go.dev/dl) or add its bin folder to PATH")

// keep is how many built programs stay in the cache; older ones are removed.
const keep = 16

// Build returns the path of an executable made of the generated package pkg and
// the given main file. The result is cached by content: an unchanged source
// starts at once.
//
// Errors: ErrNoGo; the compiler's own output when the build fails; what is wrong
// with the cache directory.
func Build(pkg *netc.Package, main string) (string, error) {
	files, err := tree(pkg, main)
	if err != nil {
		return "", err
	}
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "programs", key(files))
	exe := filepath.Join(dir, executable(pkg.Name))
	if _, err := os.Stat(exe); err == nil {
		touch(dir)
		return exe, nil
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", ErrNoGo
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("cache directory: %w", err)
	}
	// Built beside its final place and renamed, so that two runs at once and an
	// interrupted one never meet a half-written program.
	work, err := os.MkdirTemp(filepath.Dir(dir), "building-")
	if err != nil {
		return "", fmt.Errorf("cache directory: %w", err)
	}
	defer os.RemoveAll(work)
	if err := write(work, files); err != nil {
		return "", fmt.Errorf("cache directory: %w", err)
	}
	if err := goBuild(goTool, work, executable(pkg.Name)); err != nil {
		return "", err
	}
	if err := renew(filepath.Join(work, executable(pkg.Name))); err != nil {
		return "", fmt.Errorf("cache directory: %w", err)
	}
	if err := os.Rename(work, dir); err != nil {
		if _, again := os.Stat(exe); again != nil {
			return "", fmt.Errorf("cache directory: %w", err)
		}
	}
	trim(filepath.Dir(dir))
	return exe, nil
}

// copyPiece is a huge page: what is written at once, and from a multiple of it, lies in one
// where the file system has such (XFS, ext4 since Linux 6.16).
const copyPiece = 2 << 20

// renew puts a copy of a program in its place, written by huge pages, which a start maps with
// a page fault each: the linker writes through a mapping, page by page. The first answer of
// a network of 100 MB of weights comes 9 ms sooner, of one of 14 MB half of one (decision 0021).
func renew(file string) error {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	to, err := os.OpenFile(file+".copy", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return errors.Join(err, from.Close())
	}
	// Wrapped, since files copy among themselves in pieces of their own.
	_, err = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, copyPiece))
	if err := errors.Join(err, to.Close(), from.Close()); err != nil {
		return err
	}
	return os.Rename(file+".copy", file)
}

// CacheDir returns NETC_CACHE, or the folder netc of the user's cache directory.
func CacheDir() (string, error) {
	if dir := os.Getenv("NETC_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory: %w; set NETC_CACHE to a folder", err)
	}
	return filepath.Join(dir, "netc"), nil
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// tree returns every file of the program's module by slash-separated path.
func tree(pkg *netc.Package, main string) (map[string][]byte, error) {
	rt, err := netc.RuntimeSource()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"main.go": []byte(main), "go.sum": rt["go.sum"]}
	for name, data := range rt {
		files["netc/"+name] = data
	}
	for name, data := range pkg.Files {
		if !strings.HasSuffix(name, "_test.go") {
			files["model/"+name] = data
		}
	}
	var mod strings.Builder
	mod.WriteString("module program\n\ngo 1.26.0\n\nrequire github.com/netc-lang/netc v0.0.0\n\nreplace github.com/netc-lang/netc => ./netc\n\n")
	for _, r := range netc.RuntimeRequires(rt["go.mod"]) {
		mod.WriteString("require " + r + " // indirect\n")
	}
	files["go.mod"] = []byte(mod.String())
	return files, nil
}

// key names a program by its content and by the toolchain that would build it.
func key(files map[string][]byte) string {
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	sort.Strings(names)
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), runtime.GOOS, runtime.GOARCH, os.Getenv("GOFLAGS"))
	for _, n := range names {
		fmt.Fprintln(h, n, len(files[n]))
		h.Write(files[n])
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

func write(dir string, files map[string][]byte) error {
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// goBuild builds the module in dir. GOWORK and vendoring of the user's own module
// must not reach into it.
func goBuild(goTool, dir, exe string) error {
	cmd := exec.Command(goTool, "build", "-trimpath", "-o", exe, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS="+flags(os.Getenv("GOFLAGS")), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build of the generated program failed: %w\n%s", err, bytes.TrimSpace(out.Bytes()))
	}
	return nil
}

// flags keeps the user's GOFLAGS but for those that name files of their module. Tables for
// debuggers take a quarter of the linker's time and are left out, unless the user's own
// -ldflags come later; traces of the stack need none of them.
func flags(user string) string {
	kept := []string{"-mod=mod", "-ldflags=-s"}
	for _, f := range strings.Fields(user) {
		if !strings.HasPrefix(f, "-mod") && !strings.HasPrefix(f, "-overlay") {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, " ")
}
