package syntax

import (
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// independent drops what a sorted list says twice: a mistake that another one of
// the list explains. Of two that explain each other the first stays, and one always does.
func independent(list diag.List) diag.List {
	const most = 4 * MaxErrors // what follows is cut off anyhow
	list = list[:min(len(list), most)]
	all := make([]told, len(list))
	for i, d := range list {
		all[i] = tell(d)
	}
	var out diag.List
	for i, d := range all {
		explained := slices.ContainsFunc(all[:i], func(o told) bool { return follows(o, d) }) ||
			slices.ContainsFunc(all[i+1:], func(o told) bool { return explains(mutual, o, d) && !follows(d, o) })
		if !explained {
			out = append(out, list[i])
		}
	}
	if len(out) == 0 && len(list) > 0 {
		return list[:1]
	}
	return out
}

// follows reports whether a mistake does from one in front of it.
func follows(o, d told) bool { return explains(mutual, o, d) || explains(consequences, o, d) }

func explains(rules []consequence, o, d told) bool {
	return slices.ContainsFunc(rules, func(r consequence) bool { return r.holds(o, d) })
}

// A consequence is a way in which one mistake follows from another: whether d does so
// from o.
type consequence struct {
	because string
	holds   func(o, d told) bool
}

// mutual are the consequences that a mistake has in front of it too.
var mutual = []consequence{
	{"a bracket too many or too few changes all of its line", func(o, d told) bool {
		return o.bracket && d.grammar && d.line == o.line
	}},
	{"the line stands in place of the clause", func(o, d told) bool {
		return o.Code == "E0154" && d.line == o.line
	}},
	{"the word of a declaration inside a body seems to end it", func(o, d told) bool {
		return (o.grammar || o.Code == "E0154") && o.indented() && beginsWithDeclaration.MatchString(o.text) && d.brace()
	}},
	{"the line before goes on in this one", func(o, d told) bool {
		return o.Code == "E0108" && d.Code == "E0102" && (d.line == o.line || d.line+1 == o.line)
	}},
	{"text that is no word may hide what closes a bracket", func(o, d told) bool {
		return o.lexer && d.bracket && d.Span.Start < o.Span.Start && sameDeclaration(d, o)
	}},
	{"the body may stand on a line that is no code", func(o, d told) bool {
		return o.lexer && d.hasNoBody() && d.Span.Start < o.Span.Start && sameDeclaration(d, o)
	}},
	{"a line whose end is no word does not end, nor does the one before", func(o, d told) bool {
		return o.lexer && d.Code == "E0102" && d.Span.Start < o.Span.Start && onNextLine(d, o)
	}},
}

// consequences are those that a mistake has behind it; their order says nothing.
var consequences = slices.Concat(ofLines, ofBrackets, ofStatements, ofBraces, ofBodies)

// ofLines are those on one line.
var ofLines = []consequence{
	{"it is one chain of comparisons", func(o, d told) bool {
		return o.Code == "E0157" && (d.Code == o.Code || d.lexer) && d.line == o.line
	}},
	{"a line that begins with a wrong word is another one, and goes on in the next", func(o, d told) bool {
		return o.Code == "E0108" && d.grammar && (d.line == o.line || d.line == o.line+1 && (isMark(o.text) || o.text == o.Span.Text()))
	}},
	{"quotes lack, or it is one word that is none", func(o, d told) bool {
		return o.lexer && d.lexer && d.line == o.line && (d.Code == "E0103" || d.Span.Start-o.Span.End <= 1)
	}},
	{"the same slip shows once more, or the rest of a statement cut in two", func(o, d told) bool {
		return o.grammar && d.grammar && d.line == o.line && (tokensBetween(o, d) <= 3 || strings.HasSuffix(o.Message, "found `;`") || d.says("expected `{`"))
	}},
	{"a bracket too many makes a name of what stands behind it", func(o, d told) bool {
		return o.Code == "E0153" && d.bracket && d.line == o.line
	}},
	{"the rest of a line is lost", func(o, d told) bool {
		return o.lexer && d.grammar && d.line == o.line || o.lexer && (d.brace() || len(d.text) == 1 && (d.grammar || d.bracket) || d.grammar && d.indented() && (d.line == o.line+1 || d.Code == "E0159")) && sameDeclaration(o, d)
	}},
}

// ofBrackets are those about brackets that are no braces.
var ofBrackets = []consequence{
	{"a bracket changes what the next ones close", func(o, d told) bool {
		return o.round() && d.round() && (d.line == o.line || d.line == o.line+1 && strings.HasSuffix(o.text, ","))
	}},
	{"what was opened is closed later", func(o, d told) bool {
		return (strings.Contains(o.Message, "cannot close") && d.Code == "E0152" ||
			o.Code == "E0151" && d.Message == "this `"+closerOf[o.Span.Text()]+"` closes nothing") && sameDeclaration(o, d)
	}},
	{"a bracket too many takes the closer of a later one", func(o, d told) bool {
		return o.grammar && (strings.HasSuffix(o.Message, "found `(`") || strings.HasSuffix(o.Message, "found `[`")) &&
			d.round() && sameDeclaration(o, d)
	}},
	{"a list is cut in two where the first one is", func(o, d told) bool {
		return (o.bracket || o.grammar || o.lexer) && d.round() && sameStatement(o, d)
	}},
	{"a list without an end takes in the next line, as does a line that ends in no value", func(o, d told) bool {
		return o.round() && d.grammar && d.line == o.line+1 &&
			(d.column() == 1 || d.text != "" && !isWord(d.text[0]) || strings.HasSuffix(o.Message, "closes nothing") && strings.HasSuffix(o.text, o.Span.Text()))
	}},
}

// ofStatements are those about statements.
var ofStatements = []consequence{
	{"it is the rest of one that is cut in two", func(o, d told) bool {
		return o.grammar && d.grammar && d.line == o.line+1 && continues.MatchString(d.whole) ||
			o.grammar && d.says("a statement cannot begin") && sameStatement(o, d) ||
			o.grammar && d.says("a statement cannot begin") && d.line == o.line+1 && strings.HasSuffix(o.Message, "found `;`")
	}},
	{"what stands in front of the brace is wrong", func(o, d told) bool {
		return (o.bracket || o.grammar) && d.Code == "E0102" && d.text == "}" && sameDeclaration(o, d)
	}},
	{"the brace in front of the word lacks", func(o, d told) bool {
		return o.grammar && d.Code == "E0151" && d.line == o.line+1 && strings.HasPrefix(d.text, "else")
	}},
}

// ofBraces are those about braces.
var ofBraces = []consequence{
	{"behind a mistake nobody knows which brace closes what", func(o, d told) bool {
		return (o.bracket || o.grammar && !o.misplacesBrace() || o.lexer) && d.ofBody() && sameDeclaration(o, d)
	}},
	{"a body without an end takes the brace of another, as does a head without one", func(o, d told) bool {
		return (o.ofBody() && !o.misplacesBrace() || o.hasNoBody() || o.grammar && o.headWithoutBrace()) && d.ofBody() && sameDeclaration(o, d)
	}},
	{"that brace may have ended the body", func(o, d told) bool {
		return (o.bracket && strings.Contains(o.text, "}") || o.grammar && strayClosing.MatchString(o.text)) &&
			(d.grammar || d.bracket) && sameDeclaration(o, d)
	}},
	{"behind a brace too many or too few nobody knows in which body a line stands", func(o, d told) bool {
		return o.bracket && (d.bracket || d.grammar) && (o.brace() || d.brace() && d.line == o.line) && sameDeclaration(o, d)
	}},
	{"nor which brace closes what", func(o, d told) bool {
		return (o.bracket || o.grammar) && sameDeclaration(o, d) &&
			(d.Code == "E0152" && d.brace() || d.Code == "E0159" && d.column() > 1)
	}},
	{"the brace that lacks may be the one of that line", func(o, d told) bool {
		return sameDeclaration(o, d) && d.Code == "E0151" && (o.Code == "E0151" && o.brace() && d.leavesBrace() ||
			(o.addsBrace() || strings.HasSuffix(o.Message, "cannot close `{`")) && d.brace())
	}},
	{"a declaration stands in a body without an end", func(o, d told) bool {
		return o.ofBody() && d.Code == "E0153" && d.column() == 1
	}},
	{"it is one brace too many", func(o, d told) bool {
		return o.Code == "E0151" && o.brace() && d.Message == "a statement cannot begin with `{`" && sameDeclaration(o, d)
	}},
	{"it is the brace too many", func(o, d told) bool {
		return o.brace() && strings.HasSuffix(d.text, "{") && sameDeclaration(o, d) &&
			(d.Code == "E0152" || d.Code == "E0102" && strings.HasSuffix(d.Message, "found `{`"))
	}},
	{"it stands in place of the closer", func(o, d told) bool {
		return (o.bracket || o.grammar || o.lexer) && !d.indented() && isAlone(d.text) && sameDeclaration(o, d) ||
			(o.ofBody() || o.says("expected `{`")) && (d.bracket || d.Code == "E0108") && len(d.text) == 1 ||
			o.Code == "E0151" && o.brace() && (isAlone(d.text) || d.Code == "E0102" && strings.HasSuffix(d.Message, "found the end of the line") && isMark(lineAfter(d)))
	}},
	{"the brace lacks that would close", func(o, d told) bool {
		return o.says("expected `{`") && !o.addsBrace() && (d.grammar || d.bracket) && sameDeclaration(o, d)
	}},
	{"the brace of that head lacks, or an `=` stands in its place", func(o, d told) bool {
		return (d.Code == "E0152" && d.brace() || d.addsBrace()) &&
			(o.headWithoutBrace() || o.says("expected `{`") || o.Code == "E0102" && strings.HasSuffix(o.Message, "this place asks a question"))
	}},
	{"a body stands in place of a value", func(o, d told) bool {
		return o.says("as a value `if` takes") && d.bracket && d.line <= o.line+1
	}},
}

// ofBodies are those about the heads and bodies of declarations.
var ofBodies = []consequence{
	{"the head of a declaration is lost, and its body seems to be that of another", func(o, d told) bool {
		return (o.says("this line cannot begin with") || o.grammar && !o.indented() && !o.inHead() && !o.misplacesBrace() && d.indented()) &&
			(d.grammar || d.bracket) && sameDeclaration(o, d)
	}},
	{"the word of a head is lost", func(o, d told) bool {
		return o.Code == "E0108" && o.column() == 1 && d.grammar && sameDeclaration(o, d)
	}},
	{"a declaration whose head is wrong may be of another kind", func(o, d told) bool {
		return o.inHead() && (d.Code == "E0102" && beginsWithWord.MatchString(d.Message) || o.behindFirstWord() && d.grammar) && sameDeclaration(o, d)
	}},
	{"what may follow a body depends on the head", func(o, d told) bool {
		return o.inHead() && (o.grammar || o.lexer) && d.says("expected `:`, `=` or `{`") && sameDeclaration(o, d)
	}},
	{"the head of a body of that kind is lost", func(o, d told) bool {
		return o.Code == "E0102" && o.indented() && beginsWithWord.MatchString(o.Message) && d.grammar && sameDeclaration(o, d)
	}},
	{"the begin of a head is lost, or all of it", func(o, d told) bool {
		return (o.grammar && restOfHead.MatchString(o.text) && strings.HasPrefix(o.text, o.Span.Text()) || o.lexer && bodyHead.MatchString(o.whole)) && (d.grammar || d.bracket) && sameDeclaration(o, d)
	}},
	{"the clause is no word", func(o, d told) bool { return o.lexer && d.Code == "E0154" }},
	{"a section is called a block", func(o, d told) bool {
		return o.inHead() && strings.HasSuffix(o.Message, "found `on`") && d.grammar && sameDeclaration(o, d)
	}},
	{"a section is of another kind than its word", func(o, d told) bool {
		return o.grammar && d.grammar && o.behindSectionWord() && d.behindSectionWord() && sameDeclaration(o, d)
	}},
	{"the head goes on there", func(o, d told) bool {
		return d.line == o.line+1 && (o.addsBrace() && (d.Code == "E0102" || d.bracket) || o.hasNoBody() && d.grammar)
	}},
	{"it stands in place of the mark in front of the value", func(o, d told) bool {
		return o.inHead() && o.grammar && d.grammar && d.line == o.line+1 && d.indented() && beginsWithDeclaration.MatchString(d.text)
	}},
	{"it is the rest of a head that is there twice", func(o, d told) bool {
		return o.brace() && d.Code == "E0102" && beginsWithMark.MatchString(d.Message)
	}},
	{"the value of a head that is lost", func(o, d told) bool {
		return (o.bracket || o.grammar) && d.grammar && d.Span.Text() == "=" && strings.HasPrefix(d.text, "=") && sameDeclaration(o, d)
	}},
	{"a body has lost its head", func(o, d told) bool {
		return sameDeclaration(o, d) && (o.Code == "E0157" && d.Code == "E0159" ||
			o.grammar && strings.HasSuffix(o.Message, "found `{`") && d.grammar && d.indented() ||
			o.bracket && o.headWithoutBrace() && d.grammar && d.indented() ||
			d.Code == "E0159" && d.Label == "" && (o.bracket || o.headWithoutBrace() && !hasValueBelow.Match(between(o, d))))
	}},
	{"the body is behind what is wrong in the head", func(o, d told) bool {
		return o.hasNoBody() && (d.bracket || d.grammar) && sameDeclaration(o, d)
	}},
	{"an import takes in the next line", func(o, d told) bool {
		return o.says("expected the path of a module") && d.grammar && d.line == o.line+1
	}},
	{"a head without a brace leaves its body to another", func(o, d told) bool {
		return o.grammar && o.headWithoutBrace() && d.Code == "E0108" && sameDeclaration(o, d)
	}},
	{"a body that ended too early goes on outside", func(o, d told) bool {
		return o.Code == "E0159" && sameDeclaration(o, d) &&
			(d.Code == "E0152" && d.brace() || o.Label == "" && (d.bracket || d.grammar && d.indented() || isAlone(d.text)))
	}},
}
