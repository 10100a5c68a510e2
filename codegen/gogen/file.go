package gogen

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// Import paths of the runtime that generated code uses.
const (
	root         = "github.com/netc-lang/netc/"
	pathRuntime  = root + "runtime"
	pathKernel   = root + "runtime/kernel"
	pathBlocked  = root + "runtime/kernel/blocked"
	pathParallel = root + "runtime/parallel"
	pathTensor   = root + "runtime/tensor"
	pathWeights  = root + "runtime/weights"
	pathData     = root + "runtime/data"
	pathTrain    = root + "runtime/train"
)

// source is one Go file being written. Imports are collected as they are used.
type source struct {
	header  string // everything above the package clause
	pkg     string
	imports map[string]string // path to local name, "" for the package's own
	body    bytes.Buffer
}

func newSource(header, pkg string) *source {
	return &source{header: header, pkg: pkg, imports: map[string]string{}}
}

// use adds an import. The runtime's root is always called nrt.
func (s *source) use(paths ...string) {
	for _, p := range paths {
		s.imports[p] = ""
		if p == pathRuntime {
			s.imports[p] = "nrt"
		}
	}
}

// embed adds the blank import that go:embed asks for.
func (s *source) embed() { s.imports["embed"] = "_" }

// p writes one line.
func (s *source) p(format string, args ...any) { fmt.Fprintf(&s.body, format+"\n", args...) }

// doc writes text as a comment; nothing for empty text.
func (s *source) doc(text string) {
	for line := range strings.Lines(text) {
		s.p("%s", strings.TrimRight("// "+strings.TrimSpace(line), " "))
	}
}

// bytes returns the formatted file. Text that does not parse is a bug of the
// generator.
func (s *source) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(s.header)
	fmt.Fprintf(&b, "package %s\n\n", s.pkg)
	if len(s.imports) > 0 {
		b.WriteString("import (\n")
		var standard, ours []string
		for _, p := range slices.Sorted(maps.Keys(s.imports)) {
			if strings.Contains(p, ".") {
				ours = append(ours, p)
			} else {
				standard = append(standard, p)
			}
		}
		for _, p := range standard {
			fmt.Fprintf(&b, "\t%s %q\n", s.imports[p], p)
		}
		if len(standard) > 0 && len(ours) > 0 {
			b.WriteByte('\n')
		}
		for _, p := range ours {
			fmt.Fprintf(&b, "\t%s %q\n", s.imports[p], p)
		}
		b.WriteString(")\n\n")
	}
	for line := range strings.Lines(s.body.String()) {
		b.WriteString(fold(strings.TrimSuffix(line, "\n")) + "\n")
	}
	out, err := format.Source(b.Bytes())
	if err != nil {
		diag.Bugf("generated Go does not parse: %v\n%s", err, numbered(b.String()))
	}
	return out
}

// numbered puts line numbers before text, for the report of a generator bug.
func numbered(text string) string {
	var b strings.Builder
	i := 0
	for line := range strings.Lines(text) {
		i++
		fmt.Fprintf(&b, "%5d  %s", i, line)
	}
	return b.String()
}
