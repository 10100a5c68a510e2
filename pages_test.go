package netc_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/netc-lang/netc"
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/format"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/weights"
)

// A page of a diagnostic holds fenced blocks of three kinds: "net bad" is a whole
// file that is refused with the code and nothing else, "net good" a whole file that
// is accepted, and any other word behind the language names a file that lies beside
// both of them.
var fence = regexp.MustCompile("(?m)^```(?:net|text) (\\S+)\n((?s:.*?))^```$")

// noSource names the pages whose examples are not tried, each with the reason.
var noSource = map[string]string{}

// oversized provokes the codes whose sources do not fit on a page.
var oversized = map[string]string{
	"E0155": "package p\nconst Name = \"caf\xe9\"\n",
	"E0691": "package p\n" + strings.Repeat("\n", netc.MaxSource),
	"E0692": "package p\nconst Deep = " + strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300) + "\n",
	"E0693": "package p\nconst Long = [" + strings.Repeat("1, ", 10_001) + "1]\n",
}

type page struct {
	code      string
	bad, good []string
	beside    map[string]string
}

func readPage(t *testing.T, code string) page {
	t.Helper()
	text, ok := diag.Page(code)
	if !ok {
		t.Fatalf("%s has no page", code)
	}
	p := page{code: code, beside: map[string]string{}}
	blocks := fence.FindAllStringSubmatch(text, -1)
	if got := strings.Count(text, "```"); got != 2*len(blocks) {
		t.Errorf("%s: got %d fences, want the %d of blocks that say what they are", code, got, 2*len(blocks))
	}
	for _, b := range blocks {
		switch b[1] {
		case "bad":
			p.bad = append(p.bad, b[2])
		case "good":
			p.good = append(p.good, b[2])
		default:
			p.beside[b[1]] = b[2]
		}
	}
	return p
}

var packageName = regexp.MustCompile(`(?m)^package (\w+)$`)

// examine checks one source of the page as a file in a folder of its own; failures
// of its tests count as diagnostics.
func (p page) examine(t *testing.T, text string) diag.List {
	t.Helper()
	dir := t.TempDir()
	name := "example.net"
	if m := packageName.FindStringSubmatch(text); m != nil {
		name = m[1] + ".net"
	}
	write(t, filepath.Join(dir, name), text)
	for n, other := range p.beside {
		if strings.HasSuffix(n, ".safetensors") {
			other = checkpoint(t, other)
		}
		write(t, filepath.Join(dir, n), other)
	}
	s, err := netc.Open(filepath.Join(dir, name), nil)
	if err != nil {
		t.Fatalf("%s: %v", p.code, err)
	}
	program, list := s.Check()
	if strings.HasPrefix(p.code, "V") {
		list = s.Vet()
	}
	if program != nil {
		for _, test := range program.Tests {
			list = append(list, test.Failures...)
		}
	}
	return list
}

// checkpoint makes a file of weights of its listing: name, type and sizes a line.
func checkpoint(t *testing.T, listing string) string {
	t.Helper()
	var arrays []weights.Array
	for line := range strings.Lines(listing) {
		words := strings.Fields(line)
		a := weights.Array{Name: words[0]}
		n := 1
		for _, w := range words[2:] {
			d, err := strconv.Atoi(w)
			if err != nil || words[1] != "f32" {
				t.Fatalf("the listing of a checkpoint holds the line %q", line)
			}
			a.Shape, n = append(a.Shape, d), n*d
		}
		a.Floats = make([]float32, n)
		arrays = append(arrays, a)
	}
	file, err := weights.Encode(arrays, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPages holds the page of every diagnostic against the compiler: the bad
// example provokes the code once, the repaired one is accepted and formatted.
func TestPages(t *testing.T) {
	for _, code := range diag.Codes() {
		t.Run(code, func(t *testing.T) {
			p := readPage(t, code)
			reason, absent := noSource[code]
			big, generated := oversized[code]
			if absent {
				t.Skip(reason)
			}
			if examples := len(p.bad) > 0 && len(p.good) > 0; examples == generated {
				t.Fatalf("got %d bad and %d good examples, want both, or a source in oversized", len(p.bad), len(p.good))
			}
			if generated {
				_, list := syntax.Parse(diag.NewFile("p.net", []byte(big)))
				want(t, code, list)
			}
			for _, text := range p.bad {
				want(t, code, p.examine(t, text))
			}
			for _, text := range p.good {
				if list := others(code, p.examine(t, text)); len(list) != 0 {
					t.Errorf("the repaired example is refused:\n%s", list)
				}
				pretty, _ := format.Source(diag.NewFile("p.net", []byte(text)))
				if string(pretty) != text {
					t.Errorf("the repaired example is formatted as\n%s", pretty)
				}
			}
		})
	}
}

// others leaves out that something is checked and not compiled.
func others(code string, list diag.List) diag.List {
	return slices.DeleteFunc(list, func(d diag.Diagnostic) bool { return d.Code == "W0601" && code != "W0601" })
}

func want(t *testing.T, code string, list diag.List) {
	t.Helper()
	if list = others(code, list); len(list) != 1 || list[0].Code != code {
		t.Errorf("got\n%swant one %s", list, code)
	}
}

// TestPageExceptions keeps the lists of exceptions free of pages that are gone.
func TestPageExceptions(t *testing.T) {
	for _, code := range slices.Concat(slices.Collect(maps.Keys(noSource)), slices.Collect(maps.Keys(oversized))) {
		if _, ok := diag.Page(code); !ok {
			t.Errorf("%s has no page", code)
		}
	}
}
