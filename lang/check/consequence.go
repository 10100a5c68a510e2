package check

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// independent drops from a sorted list what has the cause of an earlier mistake: one
// value that went wrong shows wherever it is used.
func independent(list diag.List) diag.List {
	var out diag.List
	for _, d := range list {
		explained := slices.ContainsFunc(list, func(o diag.Diagnostic) bool { return misspells(o, d) })
		for _, o := range out {
			if o.Severity == diag.Error && d.Severity == diag.Error && explains(o, d) {
				explained = true
				break
			}
		}
		if !explained {
			out = append(out, d)
		}
	}
	return out
}

// misspells reports whether o is about a setting that likely is the one that d misses.
func misspells(o, d diag.Diagnostic) bool {
	meant, ok := strings.CutPrefix(o.Label, "did you mean ")
	meant = strings.TrimSuffix(meant, "?")
	return ok && o.Code == "E0502" && d.Code == "E0501" &&
		(strings.Contains(d.Message, " has no "+meant) || strings.Contains(d.Message, " has neither "+meant))
}

// explains reports whether d follows from o, which stands in front of it.
func explains(o, d diag.Diagnostic) bool {
	switch {
	case o.Code == "E0303" && within(d.Span, o.Span):
		return true // a comma lost turns two arguments into one of another type
	case o.Code == d.Code && (oneOfALine[d.Code] || unknown(d)) && o.Span.Pos().Line == d.Span.Pos().Line:
		return true // a list too short is so for every index; a block called a net, for every parameter
	case (o.Code == "E0306" && ofValues(d.Code) || ofValues(o.Code) && d.Code == "E0306" && o.Span.Pos().Line == d.Span.Pos().Line) && sameBlock(o, d):
		return true // a line that is there twice
	case o.Code == "E0112" && unknown(d) && d.Label == "" && bytes.HasPrefix(d.Span.File.Text[d.Span.End:], []byte(".")):
		return true // the module
	case o.Code == d.Code && o.Message == d.Message && (d.Code == "E0101" || strings.HasSuffix(d.Message, "cannot be called")):
		return true // what a field was called, or a name that took that of a layer
	case strings.Contains(o.Message, "this is the module") && unknown(d) && o.Span.Pos().Line == d.Span.Pos().Line:
		return true // of which it is a part
	case ofValues(o.Code) && unknown(d) && o.Span.Pos().Line == d.Span.Pos().Line:
		return true // a parameter renamed to a layer
	case o.Label == d.Label && strings.HasPrefix(d.Label, "did you mean") && o.Span.Text() == d.Span.Text():
		return true // what was renamed, under its old name
	case o.Code == "E0305" && d.Code == o.Code && strings.ContainsAny(lastWord(d), "0123456789") && sameValue(o, d):
		return true // a constant that is wrong, in another section
	case !ofValues(o.Code) || !ofValues(d.Code):
		return false
	case sameUse(o, d) && o.Code == d.Code && o.Message == d.Message:
		return true // one loop that runs too far
	case calls(o, d):
		return true // its signature may be what is wrong
	case usedIn(o, d):
		return true // what is used there is wrong
	case inUse(o) && inUse(d) && sameBlock(o, d) && !sameUse(o, d):
		return true // in whichever use: the signature may be what is wrong
	case d.Span != o.Span && within(d.Span, o.Span):
		return true // an index of a list that holds a wrong value
	case sameUse(o, d) && sameValue(o, d):
		return true // one value went wrong twice in one use of a block
	}
	wants, input, ok := misfit(d)
	theirs, other, both := misfit(o)
	if !ok || !both || wants != theirs {
		return false
	}
	// Sizes that one input binds are those of the next, and a type that is promised
	// wrongly refuses every use.
	return input == other || o.Span.Pos().Line == d.Span.Pos().Line
}

// oneOfALine are the codes of what is wrong once, however often a line shows it.
var oneOfALine = map[string]bool{"E0212": true, "E0223": true, "E0224": true, "E0304": true, "E0305": true, "E0306": true, "E0504": true}

// unknown reports whether a mistake is a name that nothing has.
func unknown(d diag.Diagnostic) bool {
	return d.Code == "E0101" && strings.HasPrefix(d.Message, "nothing here is called")
}

// ofValues reports whether a code tells of sizes, types or arguments.
func ofValues(code string) bool {
	return strings.HasPrefix(code, "E02") || strings.HasPrefix(code, "E03") || code == "E0602"
}

func within(s, outer diag.Span) bool {
	return s.File == outer.File && outer.Start <= s.Start && s.End <= outer.End
}

// usedAt is the note of where a block was used in which a mistake was met.
const usedAt = "in the block used"

// inUse reports whether a mistake was met in the use of a block.
func inUse(d diag.Diagnostic) bool {
	return len(d.Notes) > 0 && d.Notes[len(d.Notes)-1].Message == usedAt
}

// usedIn reports whether a mistake was met in a block that the line of another uses.
func usedIn(o, d diag.Diagnostic) bool {
	return slices.ContainsFunc(o.Notes, func(n diag.Note) bool {
		return n.Message == usedAt && n.Span.File == d.Span.File && n.Span.Pos().Line == d.Span.Pos().Line
	})
}

// calls reports whether a mistake stands on a line that uses the block of which the other
// one says that an argument is wrong.
func calls(o, d diag.Diagnostic) bool {
	block := argumentOf.FindStringSubmatch(d.Message)
	return block != nil && strings.Contains(lineOf(o.Span), block[1]+"(")
}

var argumentOf = regexp.MustCompile("^`[^`]*` of `([A-Z][^`]*)`")

// lineOf is the line on which a place begins, or what is near it in a long one.
func lineOf(s diag.Span) string {
	const near = 300
	text := s.File.Text
	before, after := text[max(0, s.Start-near):s.Start], text[s.Start:min(len(text), s.Start+near)]
	if n := bytes.LastIndexByte(before, '\n'); n >= 0 {
		before = before[n+1:]
	}
	if n := bytes.IndexByte(after, '\n'); n >= 0 {
		after = after[:n]
	}
	return string(before) + string(after)
}

// sameUse reports whether two mistakes were met in one use of a block.
func sameUse(o, d diag.Diagnostic) bool {
	return inUse(o) && inUse(d) && o.Notes[len(o.Notes)-1].Span == d.Notes[len(d.Notes)-1].Span
}

// sameBlock reports whether no declaration begins between two mistakes.
func sameBlock(o, d diag.Diagnostic) bool {
	return o.Span.File == d.Span.File && o.Span.Start <= d.Span.Start &&
		!beginsDeclaration.Match(o.Span.File.Text[o.Span.Start:d.Span.Start])
}

// beginsDeclaration matches the begin of a line that is not indented.
var beginsDeclaration = regexp.MustCompile(`\n[a-z]`)

// sameValue reports whether one mistake ends with a value that the other names too.
func sameValue(o, d diag.Diagnostic) bool {
	in := func(list []string, v string) bool { return len(v) > 2 && slices.ContainsFunc(list, ends(v)) } // 0 or 16 is in many a message
	return in(wordsOfMessage(o), lastWord(d)) || in(wordsOfMessage(d), lastWord(o))
}

func wordsOfMessage(d diag.Diagnostic) []string {
	return strings.FieldsFunc(d.Message, func(r rune) bool { return strings.ContainsRune(" ,[]`", r) })
}

func lastWord(d diag.Diagnostic) string {
	list := wordsOfMessage(d)
	return list[len(list)-1]
}

// ends matches a value and a range that ends with it.
func ends(v string) func(string) bool {
	return func(word string) bool { return word == v || strings.HasSuffix(word, ".."+v) }
}

// misfit takes apart what is said of an input that does not fit: who wants which.
func misfit(d diag.Diagnostic) (who, input string, ok bool) {
	who, rest, ok := strings.Cut(d.Message, " wants ")
	if !ok {
		return "", "", false
	}
	if input, _, ok = strings.Cut(rest, ", and "); !ok {
		input, _, ok = strings.Cut(rest, ", but ")
	}
	return who, input, ok
}
