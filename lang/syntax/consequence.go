package syntax

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// independent drops what a sorted list says twice: a mistake that another one of
// the list explains.
func independent(list diag.List) diag.List {
	const most = 4 * MaxErrors // what follows is cut off anyhow
	var out diag.List
	list = list[:min(len(list), most)]
	for i, d := range list {
		explained := false
		for j, o := range list {
			if i != j && explains(o, d, j < i) {
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

// explains reports whether d follows from the mistake o; first tells that o stands
// in front of d, or is found first at the same place.
func explains(o, d diag.Diagnostic, first bool) bool {
	at, other := d.Span.Pos().Line, o.Span.Pos().Line
	switch {
	case at == other && isBracket(o) && ofGrammar[d.Code]:
		return true // a bracket too many or too few changes all of its line
	case first && strings.Contains(o.Message, "cannot close") && d.Code == "E0152" && sameDeclaration(o, d):
		return true // what was opened is closed later
	case isBracket(o) && isBracket(d) && !isBrace(o) && !isBrace(d) && first:
		return at == other || at == other+1 && strings.HasSuffix(strings.TrimSpace(lineOf(o)), ",") // and what the next ones close
	case o.Code == "E0108" && d.Code == "E0102":
		return at == other || at+1 == other // the line before goes on in this one
	case !first:
		return false
	case isBracket(o) && (isBracket(d) || ofGrammar[d.Code]) && (isBrace(o) || isBrace(d) && at == other) && sameDeclaration(o, d):
		return true // behind a brace too many or too few nobody knows in which body a line stands
	case (isBracket(o) || ofGrammar[o.Code]) && (d.Code == "E0152" && isBrace(d) || d.Code == "E0159" && d.Span.Pos().Col > 1) && sameDeclaration(o, d):
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
		return headWithoutBrace(o) || isBracket(o)
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
var declares = regexp.MustCompile(`(?m)^(net|block|const|classes|data|train|predict|weights|quantize|explain|sampler|test)\b`)

// cutShort matches what is said of a statement that ends too early.
var cutShort = regexp.MustCompile("found the end of the line$")

// ofGrammar are the codes of what the grammar does not accept.
var ofGrammar = map[string]bool{"E0102": true, "E0107": true, "E0108": true, "E0159": true}

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
