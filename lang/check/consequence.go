package check

import (
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// independent drops from a sorted list what has the cause of an earlier mistake: one
// value that went wrong shows wherever it is used.
func independent(list diag.List) diag.List {
	var out diag.List
	for _, d := range list {
		explained := false
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

// explains reports whether d follows from o, which stands in front of it.
func explains(o, d diag.Diagnostic) bool {
	switch {
	case o.Code == "E0303" && within(d.Span, o.Span):
		return true // a comma lost turns two arguments into one of another type
	case o.Code == d.Code && oneOfALine[d.Code] && o.Span.Pos().Line == d.Span.Pos().Line:
		return true // a list too short is so for every index; a block called a net, for every parameter
	case !ofValues(o.Code) || !ofValues(d.Code):
		return false
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
var oneOfALine = map[string]bool{"E0212": true, "E0223": true}

// ofValues reports whether a code tells of sizes, types or arguments.
func ofValues(code string) bool {
	return strings.HasPrefix(code, "E02") || strings.HasPrefix(code, "E03") || code == "E0602"
}

func within(s, outer diag.Span) bool {
	return s.File == outer.File && outer.Start <= s.Start && s.End <= outer.End
}

// usedAt is the note of where a block was used in which a mistake was met.
const usedAt = "in the block used"

// sameUse reports whether two mistakes were met in one use of a block.
func sameUse(o, d diag.Diagnostic) bool {
	if len(o.Notes) == 0 || len(d.Notes) == 0 {
		return false
	}
	a, b := o.Notes[len(o.Notes)-1], d.Notes[len(d.Notes)-1]
	return a.Message == usedAt && b.Message == usedAt && a.Span == b.Span
}

// sameValue reports whether one mistake ends with a value that the other names too.
func sameValue(o, d diag.Diagnostic) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,[]`", r) })
	}
	in := func(list []string, v string) bool { return len(v) > 2 && slices.Contains(list, v) } // 0 or 16 is in many a message
	a, b := words(o.Message), words(d.Message)
	return in(a, b[len(b)-1]) || in(b, a[len(a)-1])
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
