package diag

import (
	"fmt"
	"sort"
	"sync"
)

// Pos is a place for people: 1-based line and column (in runes) of a file.
type Pos struct {
	File      string
	Line, Col int
}

// IsValid reports whether p names a line.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String returns file:line:col, the form every Go tool can click.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col) }

// File is one source text. Its Text must not change once a position of it was
// asked for. Use it by pointer.
type File struct {
	Name string // as the user would type it
	Text []byte

	once  sync.Once
	lines []int // offset of the first byte of each line
}

// Span is a half-open range of byte offsets in a file.
type Span struct {
	File       *File
	Start, End int
}

// Severity orders diagnostics by what they prevent.
type Severity uint8

// An error prevents the result; a warning does not; advice is a matter of taste.
const (
	Error Severity = iota
	Warning
	Advice
)

// Note points at another place that took part in a problem.
type Note struct {
	Span    Span
	Message string
}

// Edit replaces the text of a span; a diagnostic carries one only where the
// repair is certain.
type Edit struct {
	Span Span
	Text string
}

// Diagnostic is one thing to say to the user: where, what was found, what was
// expected and what to do. Message and Label are lower case without full stop.
type Diagnostic struct {
	Code     string // permanent, such as "E0101"
	Severity Severity
	Span     Span
	Message  string // one line after the position
	Label    string // after the caret: what the marked text means
	Hint     string // one action; empty when none is certain
	Notes    []Note
	Edits    []Edit
}

// List collects diagnostics.
type List []Diagnostic

// Add appends d.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// HasErrors reports whether the list holds an error.
func (l List) HasErrors() bool {
	for _, d := range l {
		if d.Severity == Error {
			return true
		}
	}
	return false
}

// Sort orders by file, position and code, so that output never depends on the
// order of discovery.
func (l List) Sort() {
	sort.SliceStable(l, func(i, j int) bool {
		a, b := l[i], l[j]
		if an, bn := fileName(a.Span), fileName(b.Span); an != bn {
			return an < bn
		}
		if a.Span.Start != b.Span.Start {
			return a.Span.Start < b.Span.Start
		}
		return a.Code < b.Code
	})
}

func fileName(s Span) string {
	if s.File == nil {
		return ""
	}
	return s.File.Name
}

// Bug is the panic value of a broken invariant of the compiler.
type Bug struct{ Message string }

func (b Bug) Error() string { return "netc: internal error: " + b.Message }

// Bugf panics with a Bug; the root package recovers it and names the pass.
func Bugf(format string, args ...any) { panic(Bug{fmt.Sprintf(format, args...)}) }
