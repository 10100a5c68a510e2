package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// told is a mistake as it is told, with what the rules about consequences ask of it.
type told struct {
	diag.Diagnostic
	line     int
	text     string // the line on which it begins, or what is near it in a long one
	ofValues bool   // it tells of sizes, types or arguments
}

func tell(d diag.Diagnostic) told {
	return told{
		Diagnostic: d,
		line:       d.Span.Pos().Line,
		text:       d.Span.Line(),
		ofValues:   strings.HasPrefix(d.Code, "E02") || strings.HasPrefix(d.Code, "E03") || d.Code == "E0602",
	}
}

// unknown reports whether it is a name that nothing has.
func (t told) unknown() bool {
	return t.Code == "E0101" && strings.HasPrefix(t.Message, "nothing here is called")
}

// behind is the text that follows what it marks, or its begin.
func (t told) behind() string {
	text := t.Span.File.Text[t.Span.End:]
	return string(text[:min(len(text), 1)])
}

// thisIs is what it says that something is.
func (t told) thisIs() string {
	_, what, _ := strings.Cut(t.Message, "this is ")
	return what
}

// isDeclaration reports whether it says that something is a declaration with a name.
func (t told) isDeclaration() bool { return ofDeclaration.MatchString(t.thisIs()) }

var ofDeclaration = regexp.MustCompile("^the (module|net|block|classes|data) |^the .*`$")

// declared is the block or net in whose head it stands, or "?".
func (t told) declared() string {
	if m := blockHead.FindStringSubmatch(t.text); m != nil {
		return m[1]
	}
	return "?"
}

// declares is the kind and the name of the declaration in whose head it stands, or "?".
func (t told) declares() string {
	if head := declarationHead.FindString(t.text); head != "" {
		return head
	}
	return "?"
}

var declarationHead = regexp.MustCompile(`^[a-z]+ \w+`)

// misfit takes apart what is said of an input that does not fit: who wants which.
func (t told) misfit() (who, input string, ok bool) {
	who, rest, ok := strings.Cut(t.Message, " wants ")
	if !ok {
		return "", "", false
	}
	if input, _, ok = strings.Cut(rest, ", and "); !ok {
		input, _, ok = strings.Cut(rest, ", but ")
	}
	return who, input, ok
}

// lacksOption is what it says has no such option, or "".
func (t told) lacksOption() string {
	who, _, ok := strings.Cut(t.Message, " has no option ")
	if !ok {
		return ""
	}
	return who
}

// lacksField is the name of which it says that no field of the sample has it, or "".
func (t told) lacksField() string {
	if m := noField.FindStringSubmatch(t.Message); m != nil {
		return m[1]
	}
	return ""
}

var noField = regexp.MustCompile("^the sample has no field `([^`]*)`")

// repeatsLine reports whether its line is the same as that of its note.
func (t told) repeatsLine() bool {
	return len(t.Notes) > 0 && t.Notes[0].Span.Pos().Line != t.line &&
		strings.TrimSpace(t.Notes[0].Span.Line()) == strings.TrimSpace(t.text)
}

// expects is the block or net and the type it takes of which a misfit tells, or "".
func (t told) expects() string {
	if m := takes.FindStringSubmatch(t.Message); m != nil {
		return m[1] + " " + m[2]
	}
	return ""
}

var (
	blockHead = regexp.MustCompile(`^(?:block|net) (\w+)`)
	takes     = regexp.MustCompile("(`[^`]*`) (?:wants (?:`[^`]*` to be )?|reads )(\\w+\\[[^\\]]*\\])")
)

// usedAt is the note of where a block was used in which a mistake was met.
const usedAt = "in the block used"

// inUse reports whether it was met in the use of a block.
func (t told) inUse() bool {
	return len(t.Notes) > 0 && t.Notes[len(t.Notes)-1].Message == usedAt
}

// sameUse reports whether two mistakes were met in one use of a block.
func sameUse(o, d told) bool {
	return o.inUse() && d.inUse() && o.Notes[len(o.Notes)-1].Span == d.Notes[len(d.Notes)-1].Span
}

// usesWithin reports whether a mistake was met inside that use of a block in which the
// other one was.
func usesWithin(o, d told) bool {
	if !o.inUse() {
		return false
	}
	use := o.Notes[slices.IndexFunc(o.Notes, func(n diag.Note) bool { return n.Message == usedAt })].Span
	return slices.ContainsFunc(d.Notes, func(n diag.Note) bool { return n.Message == usedAt && n.Span == use })
}

// calls reports whether a mistake stands on a line that uses the block of which the other
// one says that an argument is wrong.
func calls(o, d told) bool {
	block := argumentOf.FindStringSubmatch(d.Message)
	return block != nil && strings.Contains(o.text, block[1]+"(")
}

var argumentOf = regexp.MustCompile("^`[^`]*` of `([A-Z][^`]*)`")

// isUpper reports whether a name is one of blocks and nets, not of layers.
func isUpper(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }

func within(s, outer diag.Span) bool {
	return s.File == outer.File && outer.Start <= s.Start && s.End <= outer.End
}

// sameDeclaration reports whether no declaration begins between two mistakes.
func sameDeclaration(o, d told) bool {
	if o.Span.File != d.Span.File || o.Span.Start > d.Span.Start {
		return false
	}
	return !beginsDeclaration.Match(o.Span.File.Text[o.Span.Start:d.Span.Start])
}

// beginsDeclaration matches the begin of a line that is not indented.
var beginsDeclaration = regexp.MustCompile(`\n[a-z]`)

// sameValue reports whether one mistake ends with a value that the other names too.
func sameValue(o, d told) bool {
	in := func(list []string, v string) bool { return len(v) > 2 && slices.ContainsFunc(list, ends(v)) } // 0 or 16 is in many a message
	return in(o.words(), d.lastWord()) || in(d.words(), o.lastWord())
}

func (t told) words() []string {
	return strings.FieldsFunc(t.Message, func(r rune) bool { return strings.ContainsRune(" ,[]`", r) })
}

func (t told) lastWord() string {
	list := t.words()
	return list[len(list)-1]
}

// ends matches a value and a range that ends with it.
func ends(v string) func(string) bool {
	return func(word string) bool { return word == v || strings.HasSuffix(word, ".."+v) }
}

// sharesSize reports whether the sizes of which two mistakes tell are computed from one
// that has a name.
func sharesSize(o, d told) bool {
	names := computedFrom.FindAllString(o.Message, -1)
	return slices.ContainsFunc(computedFrom.FindAllString(d.Message, -1), func(n string) bool { return slices.Contains(names, n) })
}

// computedFrom matches a named size that is rounded.
var computedFrom = regexp.MustCompile(`\([a-z]\w*/`)
