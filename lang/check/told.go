package check

import (
	"bytes"
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

// names are those that it marks, with what they are a part of: no layers that are called,
// and no options.
func (t told) names() []string {
	text, begin := t.Span.File.Text, t.Span.Start
	for begin > 0 && (text[begin-1] == '.' || isWord(text[begin-1])) {
		begin--
	}
	return markedNames(string(text[begin:t.Span.End]))
}

func markedNames(text string) []string {
	var out []string
	for _, m := range markedName.FindAllStringSubmatch(text, -1) {
		if m[2] == "" || isUpper(m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

var markedName = regexp.MustCompile(`([A-Za-z_]\w*)( *[(=])?`)

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// sharesName reports whether two mistakes mark one name: that of a declaration, or of
// something in the declaration where both are.
func sharesName(o, d told) bool {
	theirs := o.names()
	return slices.ContainsFunc(d.names(), func(n string) bool {
		return (isUpper(n) || sameDeclaration(o, d)) && slices.Contains(theirs, n)
	})
}

// meant is the name that it proposes, or "".
func (t told) meant() string {
	name, ok := strings.CutPrefix(t.Label, "did you mean `")
	if !ok {
		return ""
	}
	return strings.TrimSuffix(name, "`?")
}

// headOfBody matches the line of a loop or of a choice.
var headOfBody = regexp.MustCompile(`^\s*(for|if|\} else if) `)

// endsLine reports whether what it marks ends its line.
func (t told) endsLine() bool {
	text := t.Span.File.Text
	return t.Span.End == len(text) || text[t.Span.End] == '\n'
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

// behindName reports whether it stands, but for a mark, behind the name that a
// declaration gives to something.
func (t told) behindName(name string) bool {
	text := t.Span.File.Text[:t.Span.Start]
	line := text[bytes.LastIndexByte(text, '\n')+1:]
	return len(line) > 0 && declarationOf(name).Match(line) && bytes.HasSuffix(line[:len(line)-1], []byte(" "+name))
}

// headOf returns the words of the line that declares a name.
func (t told) headOf(name string) []string {
	if name == "" {
		return nil
	}
	line := declarationOf(name).Find(t.Span.File.Text)
	return markedNames(string(line))
}

// around is the block or net in whose declaration it stands, or "".
func (t told) around() string {
	heads := blockHeads.FindAllSubmatch(t.Span.File.Text[:t.Span.Start], -1)
	if len(heads) == 0 {
		return ""
	}
	return string(heads[len(heads)-1][1])
}

// usedInLoop reports whether a loop in front of it, in the same body, uses a block.
func (t told) usedInLoop(block string) bool {
	text := t.Span.File.Text[:t.Span.Start]
	heads := blockHeads.FindAllIndex(text, -1)
	if block == "" || len(heads) == 0 {
		return false
	}
	body := text[heads[len(heads)-1][0]:]
	use := regexp.MustCompile(`\n(  +for|    ).*\b` + block + `\b`)
	return !beginsDeclaration.Match(body) && use.Match(body)
}

var blockHeads = regexp.MustCompile(`(?m)^(?:block|net) (\w+)`)

// sharesConstant reports whether the lines of two mistakes use one constant of the file.
func sharesConstant(o, d told) bool {
	theirs := markedNames(o.text)
	return o.Span.File == d.Span.File && slices.ContainsFunc(markedNames(d.text), func(n string) bool {
		return slices.Contains(theirs, n) && bytes.Contains(d.Span.File.Text, []byte("\nconst "+n+" "))
	})
}

// declarationOf matches the head of the declaration of a name.
func declarationOf(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^(?:const|classes|net|block|data) ` + regexp.QuoteMeta(name) + `\b.*$`)
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

// isModule reports whether a name can be that of a module.
func isModule(name string) bool { return name != "" && !isUpper(name) }

func within(s, outer diag.Span) bool {
	return s.File == outer.File && outer.Start <= s.Start && s.End <= outer.End
}

// sameDeclaration reports whether no declaration begins between two mistakes.
func sameDeclaration(o, d told) bool {
	return sameBody(o.Span, d.Span)
}

func sameBody(o, d diag.Span) bool {
	return o.File == d.File && o.Start <= d.Start && !beginsDeclaration.Match(o.File.Text[o.Start:d.Start])
}

// beginsDeclaration matches the begin of a line that declares something.
var beginsDeclaration = regexp.MustCompile(`\n(import|const|classes|net|block|data|train|predict|weights|quantize|explain|sampler|test)\b`)

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

// sharedNumbers counts the numbers of three and more digits that two mistakes tell of.
func sharedNumbers(o, d told) int {
	n, theirs := 0, longNumber.FindAllString(o.Message, -1)
	for _, number := range longNumber.FindAllString(d.Message, -1) {
		if slices.Contains(theirs, number) {
			n++
		}
	}
	return n
}

var longNumber = regexp.MustCompile(`\b[0-9]{3,}\b`)

// sharesSize reports whether the sizes of which two mistakes tell are computed from one
// that has a name.
func sharesSize(o, d told) bool {
	names := computedFrom.FindAllString(o.Message, -1)
	return slices.ContainsFunc(computedFrom.FindAllString(d.Message, -1), func(n string) bool { return slices.Contains(names, n) })
}

// computedFrom matches a named size that is rounded.
var computedFrom = regexp.MustCompile(`\([a-z]\w*/`)
