package syntax

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// told is a mistake as it is told, with what the rules about consequences ask of it.
type told struct {
	diag.Diagnostic
	line    int
	whole   string // the line on which it begins, or what is near it in a long one
	text    string // of that line, without blanks around it
	bracket bool   // it is about brackets
	grammar bool   // the grammar does not accept it
	lexer   bool   // it is text that is no word
}

func tell(d diag.Diagnostic) told {
	t := told{Diagnostic: d, line: d.Span.Pos().Line, whole: d.Span.Line()}
	t.text = strings.TrimSpace(t.whole)
	switch d.Code {
	case "E0151", "E0152":
		t.bracket = true
	case "E0102", "E0107", "E0108", "E0153", "E0157", "E0159":
		t.grammar = true
	case "E0103", "E0104", "E0106":
		t.lexer = true
	}
	return t
}

func (t told) column() int { return t.Span.Pos().Col }

// says reports whether the grammar has something against it that begins with these words.
func (t told) says(words string) bool {
	return t.Code == "E0102" && strings.HasPrefix(t.Message, words)
}

// brace reports whether it is about a brace, round whether about one of ( ) [ ].
func (t told) brace() bool { return t.bracket && strings.ContainsAny(t.Span.Text(), "{}") }
func (t told) round() bool { return t.bracket && !t.brace() }

// addsBrace reports whether the repair is an opening brace.
func (t told) addsBrace() bool { return t.Code == "E0102" && t.Hint == "add `{`" }

// behindSectionWord reports whether it stands behind a word that begins statements of
// sections of some kind.
func (t told) behindSectionWord() bool {
	word, ok := strings.CutPrefix(t.Label, "behind `")
	return ok && beginsInSection(strings.TrimSuffix(word, "`"))
}

// behindFirstWord reports whether it stands behind the word that its line begins with.
func (t told) behindFirstWord() bool {
	word, ok := strings.CutPrefix(t.Label, "behind `")
	return ok && strings.HasPrefix(t.text+" ", strings.TrimSuffix(word, "`")+" ")
}

// misplacesBrace reports whether the brace of a head stands on a line of its own.
func (t told) misplacesBrace() bool { return t.Code == "E0108" && t.Span.Text() == "{" }

// ofBody reports whether it tells where a body begins or ends.
func (t told) ofBody() bool {
	return t.brace() || t.addsBrace() || t.misplacesBrace() || strings.HasSuffix(t.Message, "cannot close `{`")
}

func (t told) hasNoBody() bool { return strings.HasSuffix(t.Message, "has no body") }

func (t told) indented() bool {
	return t.whole != "" && (t.whole[0] == ' ' || t.whole[0] == '\t')
}

// inHead reports whether it stands on the first line of a declaration.
func (t told) inHead() bool { return declares.MatchString("\n" + t.whole) }

// headWithoutBrace reports whether it stands on the first line of a body that has no
// opening brace.
func (t told) headWithoutBrace() bool {
	return bodyHead.MatchString(t.whole) && !strings.Contains(t.whole, "{")
}

// leavesBrace reports whether its line opens more bodies than it closes.
func (t told) leavesBrace() bool {
	code, _, _ := strings.Cut(t.whole, "//")
	return strings.Count(code, "{") > strings.Count(code, "}")
}

var (
	// declares matches the begin of a declaration, with a word too many in front of it too.
	declares = regexp.MustCompile(`\n((net|block|const|classes|data|train|predict|weights|quantize|explain|sampler|test)\b|[^\s/]\S* (net|block|const|classes|data|train|predict|weights|quantize|explain|sampler) [A-Z])`)
	bodyHead = regexp.MustCompile(`^\s*(\}\s*else|for|if|else|net|block|data|train|predict|weights|quantize|explain|sampler|test|phase|expect|from)\b`)

	beginsWithDeclaration = regexp.MustCompile(`^(package|import|net|block|const|classes|data|train|predict|weights|quantize|explain|sampler|test)\b`)

	// strayClosing matches a line that closes a body which it does not open, and goes on.
	strayClosing = regexp.MustCompile(`^[^{}]+\}\s*[^\s/]`)

	// restOfHead matches the last line of the head of a body.
	restOfHead = regexp.MustCompile(`^(->|:|where\b).*\{$`)

	beginsWithWord = regexp.MustCompile("^a statement cannot begin with `[a-z]")
	beginsWithMark = regexp.MustCompile("^a statement cannot begin with `(:|->|=|where)`")
	hasValueBelow  = regexp.MustCompile(`\n\s*=`)
)

// between is the text from one mistake to a later one, or the begin of a long one.
func between(o, d told) []byte {
	const near = 1 << 12
	return d.Span.File.Text[o.Span.Start:min(d.Span.Start, o.Span.Start+near)]
}

// sameDeclaration reports whether no declaration begins between two mistakes. No
// program has one as long as near, and looking through megabytes would take seconds.
func sameDeclaration(o, d told) bool {
	const near = 1 << 16
	between := d.Span.File.Text[o.Span.Start:d.Span.Start]
	return len(between) <= near && !declares.Match(between)
}

// sameStatement reports whether each line from a mistake to a later one continues the
// one before.
func sameStatement(o, d told) bool {
	const most = 1 << 12 // bytes
	between := d.Span.File.Text[o.Span.Start:d.Span.Start]
	if len(between) > most {
		return false
	}
	lines := strings.Split(string(between), "\n")
	lines[len(lines)-1] = d.whole
	for i, next := range lines[1:] {
		line, _, _ := strings.Cut(lines[i], "//")
		if !openEnd.MatchString(strings.TrimSpace(line)) && !continues.MatchString(next) {
			return false
		}
	}
	return true
}

var (
	openEnd   = regexp.MustCompile(`(^|[,(\[=+*/|>:-]|\b(and|or|not|in|as|then|else))$`)
	continues = regexp.MustCompile(`^\s*(\|>|->|:|=|\)|\]|where\b|else\b)`)
)

// onNextLine reports whether nothing but comments stands between the line of a mistake and
// that of a later one.
func onNextLine(d, o told) bool {
	lines := strings.Split(string(between(d, o)), "\n")
	if len(lines) < 2 {
		return false
	}
	for _, line := range lines[1 : len(lines)-1] {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			return false
		}
	}
	return true
}

// tokensBetween counts the tokens from one mistake to a later one, roughly.
func tokensBetween(o, d told) int {
	return len(tokenLike.FindAll(d.Span.File.Text[o.Span.Start:d.Span.Start], 5))
}

var tokenLike = regexp.MustCompile(`\w+|"[^"\n]*"|[^\s\w]`)

// isMark reports whether a mark is alone on its line.
func isMark(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && len(line) <= 2 && !strings.ContainsAny(line, "{}()[]_") && !isWord(line[0])
}

// isAlone reports whether a line is one mark, quote or word, as one in place of a brace.
func isAlone(line string) bool {
	line = strings.TrimSpace(line)
	return isMark(line) || line == `"` || oneWord.MatchString(line)
}

var oneWord = regexp.MustCompile(`^\w+$`)

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '"'
}

// lineAfter is the line behind the one on which a mistake begins.
func lineAfter(t told) string {
	text := t.Span.File.Text
	n := bytes.IndexByte(text[t.Span.Start:], '\n')
	if n < 0 {
		return ""
	}
	return diag.Span{File: t.Span.File, Start: t.Span.Start + n + 1}.Line()
}
