package syntax

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// independent drops what a sorted list says twice: a mistake that another one of
// the list explains. Of two that explain each other the first stays, and one always does.
func independent(list diag.List) diag.List {
	const most = 4 * MaxErrors // what follows is cut off anyhow
	var out diag.List
	list = list[:min(len(list), most)]
	for i, d := range list {
		explained := false
		for j, o := range list {
			if i != j && explains(o, d, j < i) && !(i < j && explains(d, o, true)) {
				explained = true
				break
			}
		}
		if !explained {
			out = append(out, d)
		}
	}
	if len(out) == 0 && len(list) > 0 {
		return list[:1]
	}
	return out
}

// explains reports whether d follows from the mistake o; first tells that o stands
// in front of d, or is found first at the same place.
func explains(o, d diag.Diagnostic, first bool) bool {
	at, other := d.Span.Pos().Line, o.Span.Pos().Line
	switch {
	case at == other && isBracket(o) && ofGrammar[d.Code]:
		return true // a bracket too many or too few changes all of its line
	case first && strings.Contains(o.Message, "cannot close") && d.Code == "E0152" && sameDeclaration(o, d):
		return true // what was opened is closed later
	case o.Code == "E0154" && at == other:
		return true // the line stands in place of the clause
	case o.Code == "E0157" && (d.Code == o.Code || ofLexer[d.Code]) && at == other && first:
		return true // one chain of comparisons
	case isBracket(o) && strings.Contains(lineOf(o), "}") && (ofGrammar[d.Code] || isBracket(d)) && first && sameDeclaration(o, d):
		return true // that brace may have ended the body
	case isBracket(o) && isBracket(d) && !isBrace(o) && !isBrace(d) && first:
		return at == other || at == other+1 && strings.HasSuffix(strings.TrimSpace(lineOf(o)), ",") // and what the next ones close
	case o.Code == "E0108" && d.Code == "E0102":
		return at == other || at+1 == other // the line before goes on in this one
	case ofLexer[o.Code] && d.Code == "E0102" && !first && nextLine(d, o):
		return true // nor does the line before end there
	case !first:
		return false
	case ofLexer[o.Code] && d.Code == "E0103" && at == other:
		return true // quotes that lack
	case ofLexer[o.Code] && (isBracket(d) && isBrace(d) || ofGrammar[d.Code] && at == other+1 && isIndented(d)) && sameDeclaration(o, d):
		return true // the rest of its line is lost
	case isBracket(o) && (isBracket(d) || ofGrammar[d.Code]) && (isBrace(o) || isBrace(d) && at == other) && sameDeclaration(o, d):
		return true // behind a brace too many or too few nobody knows in which body a line stands
	case (isBracket(o) || ofGrammar[o.Code]) && (d.Code == "E0152" && isBrace(d) || d.Code == "E0159" && d.Span.Pos().Col > 1 && bracesFrom(o, d)) && sameDeclaration(o, d):
		return true // nor which brace closes what
	case ofGrammar[o.Code] && ofGrammar[d.Code] && at == other && (tokensBetween(o, d) <= 3 || strings.HasSuffix(o.Message, "found `;`")):
		return true // the same slip, once more, or the rest of a statement cut in two
	case o.Code == "E0159" && d.Code == "E0152" && isBrace(d) && sameDeclaration(o, d):
		return true // a body that ended too early goes on outside
	case o.Code == "E0151" && isBrace(o) && d.Message == "a statement cannot begin with `{`":
		return true // one brace too many
	case addsBrace(o) && d.Code == "E0102" && at == other+1:
		return true // the head goes on there
	case strings.HasSuffix(o.Message, "has no body") && isBracket(d) && sameDeclaration(o, d):
		return true // the body is behind a bracket too many
	case d.Code == "E0152" && isBrace(d), addsBrace(d):
		// The brace of that head lacks, or an `=` stands in its place.
		return headWithoutBrace(o) || o.Code == "E0102" &&
			(strings.HasPrefix(o.Message, "expected `{`") || strings.HasSuffix(o.Message, "this place asks a question"))
	case d.Code == "E0159" && d.Label == "":
		return headWithoutBrace(o) && !hasValueBelow.Match(between(o, d)) || isBracket(o)
	case onlyBracket(d) && (isBracket(o) && isBrace(o)):
		return true // in place of its closer
	case sameStatement(o, d) && ofGrammar[o.Code] && d.Code == "E0102" && strings.HasPrefix(d.Message, "a statement cannot begin"):
		return true // the rest of one that is cut in two
	case sameStatement(o, d) && (isBracket(o) || ofGrammar[o.Code] || ofLexer[o.Code]) && isBracket(d) && !isBrace(d):
		return true // a list may be cut in two where the first one is
	case inHead(o) && d.Code == "E0102" && beginsWithWord.MatchString(d.Message) && sameDeclaration(o, d):
		return true // a declaration whose head is wrong may be of another kind
	case inHead(o) && strings.HasSuffix(o.Message, "found `on`") && ofGrammar[d.Code] && sameDeclaration(o, d):
		return true // a section that is called a block
	case isBracket(o) && isBrace(o) && strings.HasSuffix(lineOf(d), "{") && (d.Code == "E0152" || d.Code == "E0102" && strings.HasSuffix(d.Message, "found `{`")):
		return true // the brace too many
	case (isBracket(o) || ofGrammar[o.Code]) && d.Code == "E0102" && strings.TrimSpace(lineOf(d)) == "}" && sameDeclaration(o, d):
		return true // what stands in front of the brace is wrong
	case o.Code == "E0102" && strings.HasPrefix(o.Message, "expected `{`") && !addsBrace(o) && ofGrammar[d.Code] && sameDeclaration(o, d):
		return true // the brace lacks that would close
	case isBracket(o) && isBrace(o) && d.Code == "E0102" && beginsWithMark.MatchString(d.Message):
		return true // the rest of a head that is there twice
	case ofGrammar[o.Code] && d.Code == "E0151" && at == other+1 && strings.HasPrefix(strings.TrimSpace(lineOf(d)), "else"):
		return true // the brace in front of the word lacks
	case o.Code == "E0159" && o.Label == "" && (isBracket(d) || ofGrammar[d.Code] && isIndented(d)) && sameDeclaration(o, d):
		return true // or have no body
	case strings.HasSuffix(o.Message, "has no body") && ofGrammar[d.Code]:
		return at == other+1 // its head goes on there
	case o.Code == "E0151" && isBrace(o):
		return isMark(lineOf(d)) || d.Code == "E0102" && cutShort.MatchString(d.Message) && isMark(lineAfter(d)) // in place of `}`
	}
	return false
}

// sameDeclaration reports whether no declaration begins between two mistakes. No
// program has one as long as near, and looking through megabytes would take seconds.
func sameDeclaration(o, d diag.Diagnostic) bool {
	const near = 1 << 16
	between := d.Span.File.Text[o.Span.Start:d.Span.Start]
	return len(between) <= near && !declares.Match(between)
}

// tokensBetween counts the tokens from one mistake to a later one, roughly.
func tokensBetween(o, d diag.Diagnostic) int {
	return len(tokenLike.FindAll(d.Span.File.Text[o.Span.Start:d.Span.Start], 5))
}

var tokenLike = regexp.MustCompile(`\w+|"[^"\n]*"|[^\s\w]`)

// declares finds a declaration.
var declares = regexp.MustCompile(`\n(net|block|const|classes|data|train|predict|weights|quantize|explain|sampler|test)\b`)

// cutShort matches what is said of a statement that ends too early.
var cutShort = regexp.MustCompile("found the end of the line$")

// ofGrammar are the codes of what the grammar does not accept.
var ofGrammar = map[string]bool{"E0102": true, "E0107": true, "E0108": true, "E0159": true}

// ofLexer are the codes of text that is no word.
var ofLexer = map[string]bool{"E0103": true, "E0104": true, "E0106": true}

// isBrace reports whether a mistake is about a brace, and not one of ( ) [ ].
func isBrace(d diag.Diagnostic) bool { return strings.ContainsAny(d.Span.Text(), "{}") }

// addsBrace reports whether the repair of a mistake is an opening brace.
func addsBrace(d diag.Diagnostic) bool { return d.Code == "E0102" && d.Hint == "add `{`" }

func isBracket(d diag.Diagnostic) bool { return d.Code == "E0151" || d.Code == "E0152" }

// bodyHead matches lines that end in the `{` of a body.
var bodyHead = regexp.MustCompile(`^\s*(\}\s*else|for|if|else|net|block|data|train|predict|weights|quantize|explain|sampler|test|phase|expect|from)\b`)

// headWithoutBrace reports whether d stands on the first line of a body that has no
// opening brace.
func headWithoutBrace(d diag.Diagnostic) bool {
	text := lineOf(d)
	return bodyHead.MatchString(text) && !strings.Contains(text, "{")
}

// hasValueBelow matches the body of a block that is one value, below its head.
var hasValueBelow = regexp.MustCompile(`\n\s*=`)

// between is the text from one mistake to a later one, or the begin of a long one.
func between(o, d diag.Diagnostic) []byte {
	const near = 1 << 12
	return d.Span.File.Text[o.Span.Start:min(d.Span.Start, o.Span.Start+near)]
}

// isIndented reports whether the line of a mistake is.
func isIndented(d diag.Diagnostic) bool {
	line := lineOf(d)
	return line != "" && (line[0] == ' ' || line[0] == '\t')
}

// nextLine reports whether nothing but comments stands between a mistake and the line of
// a later one.
func nextLine(d, o diag.Diagnostic) bool {
	lines := strings.Split(string(between(d, o)), "\n")
	for _, line := range lines[:len(lines)-1] {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			return false
		}
	}
	return len(lines) > 1
}

// bracesFrom reports whether there is a brace between the line of a mistake and a later
// one.
func bracesFrom(o, d diag.Diagnostic) bool {
	return strings.ContainsAny(lineOf(o), "{}") || bytes.ContainsAny(between(o, d), "{}")
}

// isMark reports whether a mark is alone on its line.
func isMark(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && len(line) <= 2 && !strings.ContainsAny(line, "{}()[]_") && !isWord(line[0])
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '"'
}

// lineAfter is the line behind the one on which a mistake begins.
func lineAfter(d diag.Diagnostic) string {
	text := d.Span.File.Text
	n := bytes.IndexByte(text[d.Span.Start:], '\n')
	if n < 0 {
		return ""
	}
	next := d.Span.Start + n + 1
	return lineOf(diag.Diagnostic{Span: diag.Span{File: d.Span.File, Start: next, End: next}})
}

// lineOf is the line on which a mistake begins, or what is near it in a long one.
func lineOf(d diag.Diagnostic) string {
	const near = 300
	text := d.Span.File.Text
	begin, end := d.Span.Start, d.Span.Start
	for begin > 0 && text[begin-1] != '\n' && d.Span.Start-begin < near {
		begin--
	}
	for end < len(text) && text[end] != '\n' && end-d.Span.Start < near {
		end++
	}
	return string(text[begin:end])
}

// onlyBracket reports whether a mistake is about a bracket that is alone on its line.
func onlyBracket(d diag.Diagnostic) bool {
	return (isBracket(d) || d.Code == "E0108") && len(strings.TrimSpace(lineOf(d))) == 1
}

// beginsWithWord matches what is said of a statement that is of another declaration.
var beginsWithWord = regexp.MustCompile("^a statement cannot begin with `[a-z]")

// beginsWithMark matches what is said of a line that continues a head.
var beginsWithMark = regexp.MustCompile("^a statement cannot begin with `(:|->|=|where)`")

// inHead reports whether a mistake stands in the first line of a declaration.
func inHead(d diag.Diagnostic) bool { return declares.MatchString("\n" + lineOf(d)) }

// sameStatement reports whether each line from a mistake to a later one continues the
// one before.
func sameStatement(o, d diag.Diagnostic) bool {
	const most = 1 << 12 // bytes
	between := d.Span.File.Text[o.Span.Start:d.Span.Start]
	if len(between) > most {
		return false
	}
	lines := strings.Split(string(between), "\n")
	lines[len(lines)-1] = lineOf(d)
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
	continues = regexp.MustCompile(`^\s*(\|>|->|:|=|where\b|else\b)`)
)
