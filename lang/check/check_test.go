package check

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/stdlib"
)

// disk reads modules from the standard library, then from files.
type disk struct{ dir string }

func (d disk) ReadModule(_, path string) (map[string][]byte, error) {
	if m, ok := stdlib.Module(path); ok {
		return m, nil
	}
	text, err := os.ReadFile(filepath.Join(d.dir, path+".net"))
	if err != nil {
		return nil, fmt.Errorf("there is no %s.net", path)
	}
	return map[string][]byte{path + ".net": text}, nil
}

func (d disk) ReadFile(_, path string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(d.dir, path))
	if err != nil {
		return nil, fmt.Errorf("there is no file %s", path)
	}
	return text, nil
}

// Contents reads the listing beside the file: a name, a type and sizes a line.
func (d disk) Contents(_, path string) (string, []Stored, error) {
	text, err := os.ReadFile(filepath.Join(d.dir, path+".txt"))
	if err != nil {
		return path, nil, fs.ErrNotExist
	}
	var out []Stored
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		t := Stored{Name: words[0], DType: words[1]}
		for _, w := range words[2:] {
			n, err := strconv.Atoi(w)
			if err != nil {
				return path, nil, err
			}
			t.Shape = append(t.Shape, n)
		}
		out = append(out, t)
	}
	return path, out, nil
}

// programs serves the acceptance programs as each other's modules: their names of
// weights must not move with the zoo.
type programs struct{ disk }

func (programs) ReadModule(_, path string) (map[string][]byte, error) {
	found, err := filepath.Glob("../syntax/testdata/programs/*_" + path + ".net")
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("there is no program called %s", path)
	}
	text, err := os.ReadFile(found[0])
	return map[string][]byte{filepath.Base(found[0]): text}, err
}

// checkText checks one file of text.
func checkText(t testing.TB, name, text string, ld Loader) (*Program, diag.List) {
	t.Helper()
	f, list := syntax.Parse(diag.NewFile(name, []byte(text)))
	if list.HasErrors() {
		t.Fatalf("%s does not parse:\n%s", name, list)
	}
	return Check([]*syntax.File{f}, ld)
}

func checkFile(t testing.TB, path string) (*Program, diag.List) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if filepath.Base(dir) == "programs" {
		return checkText(t, filepath.Base(path), string(text), programs{disk{dir}})
	}
	return checkText(t, filepath.Base(path), string(text), disk{dir})
}

// TestNormative holds the texts that netc promises byte for byte, of those that the checker
// writes.
func TestNormative(t *testing.T) {
	paths, err := filepath.Glob("testdata/normative/*.net")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	var out strings.Builder
	for _, p := range paths {
		_, list := checkFile(t, p)
		out.WriteString(list.String())
	}
	testkit.Golden(t, "normative", []byte(out.String()))
}

var expectation = regexp.MustCompile("//! *([EW][0-9]{4}) +`([^`]*)`")

// TestErrors checks every diagnostic of testdata/errors: each line says in
// `//! CODE regexp` what is reported there, and nothing else is.
func TestErrors(t *testing.T) {
	paths, err := filepath.Glob("testdata/errors/*.net")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, p := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".net"), func(t *testing.T) {
			_, list := checkFile(t, p)
			text, _ := os.ReadFile(p)
			type want struct {
				code string
				re   *regexp.Regexp
				met  bool
			}
			wants := map[int][]*want{}
			for i, line := range strings.Split(string(text), "\n") {
				for _, m := range expectation.FindAllStringSubmatch(line, -1) {
					wants[i+1] = append(wants[i+1], &want{code: m[1], re: regexp.MustCompile(m[2])})
				}
			}
		next:
			for _, d := range list {
				all := d.Message + " | " + d.Label + " | " + d.Hint
				for _, w := range wants[d.Span.Pos().Line] {
					if !w.met && w.code == d.Code && w.re.MatchString(all) {
						w.met = true
						continue next
					}
				}
				t.Errorf("unexpected diagnostic:\n%s", diag.List{d})
			}
			for line, ws := range wants {
				for _, w := range ws {
					if !w.met {
						t.Errorf("%s:%d: got no %s that matches %q", p, line, w.code, w.re)
					}
				}
			}
			for _, d := range list {
				if _, ok := diag.Page(d.Code); !ok {
					t.Errorf("%s has no page", d.Code)
				}
			}
		})
	}
}
