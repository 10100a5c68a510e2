package syntax

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
)

// Limits of docs/spec.md, section 10. They are checked before the grammar runs, so
// that no text makes the parser slow or deep.
const (
	maxNesting    = 256
	maxList       = 10_000 // elements between two brackets
	maxExpression = 20_000 // words and marks of one expression, brackets as one
	maxStatements = 10_000 // statements of one body, declarations of one file
	maxReported   = 100    // problems of one kind; more help nobody
)

// lexeme is a token as the grammar sees it.
type lexeme struct {
	Token
	auto  bool // stands for a newline, or closes a forgotten bracket
	first bool // first on its line
	raw   int  // index among the tokens of Scan; of the next one when auto
	brace int  // index of the innermost `{` around it, -1 at file level
	mate  int  // index of a bracket's partner
}

// layout is the token stream of a file with statement ends.
type layout struct {
	toks     []lexeme
	problems diag.List
	muted    []diag.Span // where a reported mistake explains later ones
	fatal    bool        // a limit is exceeded: do not parse
}

// level is an open bracket, or the file.
type level struct {
	open     int // index of the opener in toks, -1 for the file
	raw      int // its index among the raw tokens
	forgot   bool
	limit    int // raw index in front of which a forgotten one closes
	items    int // commas or semicolons so far
	length   int // tokens of the current expression
	implicit int // nesting without brackets: if, else if, [], |
}

type layouter struct {
	layout
	src    *diag.File
	fix    repair
	levels []level
	depth  int // brackets and implicit nesting
}

// lay applies the newline rule: a newline ends a statement behind a name, a
// literal or a closing bracket, except inside ( and [ and in front of a word that
// continues the line; `;` may be left out before `}` and at the end.
func lay(src *diag.File, raw []Token) layout {
	m := matchBrackets(src, raw)
	fix := m.fix
	l := &layouter{src: src, fix: fix, levels: []level{{open: -1, limit: never}}}
	l.problems, l.muted, l.fatal = m.problems, m.muted, m.fatal
	if l.fatal {
		return l.layout
	}
	l.toks = make([]lexeme, 0, len(raw)+len(raw)/4+4)
	newlines, opens := 0, false
	for i, t := range raw {
		opens = opens || fix.opened[i] // by the first word of a body, which may be dropped
		if t.Kind == CommentToken {
			newlines += t.Newlines
			continue
		}
		t.Newlines += newlines
		newlines = 0
		if fix.dropped[i] {
			newlines = t.Newlines
			continue
		}
		if text, ok := fix.replaced[i]; ok {
			t.Text = text
		}
		l.closeForgotten(i, t)
		if opens {
			opens = false
			l.add(lexeme{Token: Token{Kind: PunctToken, Text: "{", Start: l.end()}, auto: true, raw: i})
		}
		l.separate(i, t)
		l.add(lexeme{Token: t, first: t.Newlines > 0 || len(l.toks) == 0, raw: i})
		if l.fatal {
			return l.layout
		}
	}
	end := Token{Kind: PunctToken, Text: "}", Start: len(src.Text), Newlines: 1}
	l.closeForgotten(len(raw), end)
	l.separate(len(raw), end)
	return l.layout
}

func (l *layouter) top() *level { return &l.levels[len(l.levels)-1] }

func (l *layouter) inBraces() bool {
	return l.top().open < 0 || l.toks[l.top().open].Text == "{"
}

// closeForgotten inserts the closers that were forgotten before token i.
func (l *layouter) closeForgotten(i int, t Token) {
	for l.top().forgot && l.top().limit <= i {
		l.insertCloser(i, t)
	}
}

func (l *layouter) insertCloser(i int, t Token) {
	open := l.toks[l.top().open]
	text := closerOf[open.Text]
	if text == "}" {
		l.endStatement(i, t)
	} else if len(l.muted) < maxReported {
		l.muted = append(l.muted, diag.Span{File: l.src, Start: open.Start, End: l.end()})
	}
	l.add(lexeme{Token: Token{Kind: PunctToken, Text: text, Start: l.end()}, auto: true, raw: i})
}

// end returns the offset behind the last token.
func (l *layouter) end() int {
	if len(l.toks) == 0 {
		return 0
	}
	last := l.toks[len(l.toks)-1]
	if last.auto {
		return last.Start // it takes no place
	}
	return last.End()
}

// separate inserts the `;` that a newline, a `}` or the end of the file stands
// for in front of token t.
func (l *layouter) separate(i int, t Token) {
	closing := t.Text == "}" && t.Kind == PunctToken
	if len(l.toks) == 0 || t.Newlines == 0 && !closing {
		return
	}
	last := l.toks[len(l.toks)-1]
	if !last.endsStatement() {
		if l.top().forgot && l.top().open == len(l.toks)-1 && last.Text != "{" {
			l.insertCloser(i, t) // `f(` at the end of a line
			l.separate(i, t)
			return
		}
		if l.inBraces() && len(l.levels) == 1 && beginsHere(t) && last.Text != ";" {
			l.semicolon(i) // `x = ` in front of `net Y`: the damage ends here
		}
		return
	}
	if continuations[t.Text] && t.Kind != StringToken {
		return
	}
	if l.inBraces() && !closing && cannotBegin(t) {
		l.misplaced(last, t)
		return
	}
	for l.top().forgot && !l.inBraces() {
		l.insertCloser(i, t)
	}
	if l.inBraces() {
		l.semicolon(i)
	}
}

// beginsHere is the cheap form of beginsDeclaration for a token that is known to
// stand at file level.
func beginsHere(t Token) bool {
	return (t.Kind == IdentToken || t.Kind == KeywordToken) && declarationWords[t.Text]
}

func (l *layouter) endStatement(i int, t Token) {
	if n := len(l.toks); n > 0 && l.toks[n-1].endsStatement() {
		l.semicolon(i)
	}
}

func (l *layouter) semicolon(i int) {
	l.add(lexeme{Token: Token{Kind: PunctToken, Text: ";", Start: l.end()}, auto: true, raw: i})
}

// cannotBegin reports whether no statement begins with t, which is not one of
// the words that continue a line either.
func cannotBegin(t Token) bool {
	switch t.Kind {
	case OperatorToken:
		return true
	case KeywordToken:
		return t.Text == "then" || t.Text == "as" || t.Text == "in"
	case PunctToken:
		return t.Text == "," || t.Text == "." || t.Text == "{" || t.Text == "|"
	}
	return false
}

// misplaced reports a line that begins with a mark which belongs to the line
// before, and lets it continue that line.
func (l *layouter) misplaced(last lexeme, t Token) {
	if len(l.problems) >= maxReported {
		return
	}
	what := "operator"
	if t.Kind != OperatorToken {
		what = "mark"
	}
	if t.Kind == KeywordToken {
		what = "word"
	}
	join := " " + t.Text
	if t.Text == "," || t.Text == "." {
		join = t.Text
	}
	span := t.span(l.src)
	cut := span
	for cut.End < len(l.src.Text) && l.src.Text[cut.End] == ' ' {
		cut.End++
	}
	l.problems.Add(diag.Diagnostic{
		Code:    "E0108",
		Span:    span,
		Message: fmt.Sprintf("a line cannot start with `%s`, because the newline before it ends the statement", t.Text),
		Label:   fmt.Sprintf("this %s belongs at the end of the line before", what),
		Hint:    fmt.Sprintf("move `%s` behind `%s`", t.Text, last.Text),
		Edits: []diag.Edit{
			{Span: diag.Span{File: l.src, Start: last.End(), End: last.End()}, Text: join},
			{Span: cut, Text: ""},
		},
	})
	l.muted = append(l.muted, diag.Span{File: l.src, Start: last.End(), End: span.End})
}

// add appends a token and keeps account of nesting and of the limits.
func (l *layouter) add(t lexeme) {
	t.brace, t.mate = l.innermostBrace(), -1
	at := len(l.toks)
	top := l.top()
	top.length++
	opener := t.Kind == PunctToken && closerOf[t.Text] != ""
	switch {
	case opener:
		limit, forgot := l.fix.unclosed[t.raw]
		forgot = forgot && !t.auto
		l.levels = append(l.levels, level{open: at, raw: t.raw, forgot: forgot, limit: limit})
		l.nest(t, 1)
	case t.Kind == PunctToken && (t.Text == ")" || t.Text == "]" || t.Text == "}"):
		t.mate = top.open
		l.toks[top.open].mate = at
		l.depth -= 1 + top.implicit
		l.levels = l.levels[:len(l.levels)-1]
		if t.Text == "]" && top.open == at-1 { // []int nests without an end
			l.top().implicit++
			l.nest(t, 1)
		}
	case t.Text == ";" && t.Kind == PunctToken, t.Text == "," && t.Kind == PunctToken:
		l.separator(t, top)
	case t.Kind == KeywordToken && t.Text == "if", t.Kind == PunctToken && t.Text == "|":
		top.implicit++
		l.nest(t, 1)
	}
	if top.length > maxExpression {
		l.tooMuch(t, fmt.Sprintf("this expression has more than %d words and marks", maxExpression),
			"name its parts, or use a list and a `for`")
	}
	l.toks = append(l.toks, t)
}

func (l *layouter) separator(t lexeme, top *level) {
	l.depth -= top.implicit
	top.implicit, top.length = 0, 0
	top.items++
	switch {
	case t.Text == "," && top.items >= maxList && !l.inBraces():
		l.tooMuch(t, fmt.Sprintf("this list has more than %d elements", maxList),
			"put the values into a file, or compute them")
	case top.items > maxStatements && top.open < 0:
		l.tooMuch(t, fmt.Sprintf("this file has more than %d declarations", maxStatements),
			"files with the same `package` in a directory form one module: split it")
	case top.items > maxStatements:
		l.tooMuch(t, fmt.Sprintf("this body has more than %d statements", maxStatements),
			"use a `for` or a block")
	}
}

func (l *layouter) innermostBrace() int {
	for k := len(l.levels) - 1; k > 0; k-- {
		if at := l.levels[k].open; l.toks[at].Text == "{" {
			return at
		}
	}
	return -1
}

func (l *layouter) nest(t lexeme, n int) {
	l.depth += n
	if l.depth > maxNesting && !l.fatal {
		l.fatal = true
		l.problems.Add(tooDeep(t.span(l.src)))
	}
}

func (l *layouter) tooMuch(t lexeme, message, hint string) {
	if l.fatal {
		return
	}
	l.fatal = true
	l.problems.Add(diag.Diagnostic{Code: "E0693", Span: t.span(l.src), Message: message, Hint: hint})
}
