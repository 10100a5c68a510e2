package syntax

import (
	"bytes"
	"fmt"
	"math"

	"github.com/netc-lang/netc/internal/diag"
)

// repair says how the brackets of a file must be changed to nest. It is empty
// for a right program.
type repair struct {
	// unclosed maps an opener to the token in front of which it must be closed
	// at the latest.
	unclosed map[int]int
	opened   map[int]bool   // tokens in front of which a `{` is missing
	dropped  map[int]bool   // closers that close nothing, openers that open nothing
	replaced map[int]string // closers of the wrong kind
}

var closerOf = map[string]string{"(": ")", "[": "]", "{": "}"}

func newRepair() repair {
	return repair{unclosed: map[int]int{}, opened: map[int]bool{}, dropped: map[int]bool{}, replaced: map[int]string{}}
}

// matcher finds the brackets that do not nest. Braces never stand inside ( or [,
// and a declaration never stands inside anything: that tells which opener was
// forgotten.
type matcher struct {
	src      *diag.File
	toks     []Token
	stack    []int        // indices of open brackets
	strict   bool         // a declaration also closes open braces
	skip     int          // a closing brace known to be one too many, or never
	wrong    map[int]bool // opening braces known to open nothing
	suspect  int          // an opening brace whose closer stands left of its line, or -1
	decl     int          // where the declaration begins that may lack its `{`, or -1
	extra    int          // a closing brace that stands right of its opener's line, or -1
	again    bool         // extra is one too many: match once more without it
	indents  []int        // of the line of each token
	fix      repair
	problems diag.List
	muted    []diag.Span // what the problems explain
	fatal    bool        // nested too deep
	inside   bool        // a declaration stands inside of braces
	looked   int         // tokens that lacksBrace went through
	begin    int         // the first token of the statement
	begins   map[int]int // that of the statement which an opening brace is in
}

// matching is what the brackets of a file make of it.
type matching struct {
	fix      repair
	problems diag.List
	muted    []diag.Span // what the problems explain
	fatal    bool        // nested too deep
}

// matchBrackets finds the repairs that make the brackets nest, in each declaration by
// itself: what is wrong in one says nothing of the next.
func matchBrackets(src *diag.File, toks []Token) *matching {
	indents := lineIndents(src, toks)
	all := &matching{fix: newRepair()}
	looked := 0
	for begin := 0; begin < len(toks) && !all.fatal; {
		end := begin + 1
		for end < len(toks) && !(indents[end] <= indents[begin] && beginsDeclaration(toks, end)) {
			end++
		}
		m := matchDeclaration(src, toks[begin:end], indents[begin:end], looked)
		all.take(m, begin)
		looked = m.looked
		begin = end
	}
	return all
}

// take adds what was found in the declaration whose first token is begin.
func (all *matching) take(m *matcher, begin int) {
	for open, limit := range m.fix.unclosed {
		all.fix.unclosed[begin+open] = begin + limit
	}
	for i := range m.fix.opened {
		all.fix.opened[begin+i] = true
	}
	for i := range m.fix.dropped {
		all.fix.dropped[begin+i] = true
	}
	for i, text := range m.fix.replaced {
		all.fix.replaced[begin+i] = text
	}
	if len(all.problems) < maxReported || m.fatal {
		all.problems = append(all.problems, m.problems...)
		all.muted = append(all.muted, m.muted...)
	}
	if m.fatal {
		all.problems, all.fatal = m.problems, true
	}
}

// matchDeclaration finds the repairs of one declaration, of which the tokens are toks.
func matchDeclaration(src *diag.File, toks []Token, indents []int, looked int) *matcher {
	var wrong map[int]bool
	match := func(strict bool, skip int) *matcher {
		m := matchOnce(src, toks, indents, strict, skip, wrong, looked)
		looked = m.looked
		return m
	}
	twice := func() *matcher {
		m := match(false, never)
		if m.again {
			m = match(false, m.extra)
		}
		return m
	}
	m := twice()
	if m.openBraces() > 0 || m.inside || len(m.problems) > 0 {
		wrong = strayBraces(toks, m.openBraces() > 0)
	}
	if len(wrong) > 0 {
		m = twice()
	}
	if m.openBraces() > 0 || m.inside {
		m = match(true, never)
	}
	m.closeAll(len(toks), false)
	return m
}

func matchOnce(src *diag.File, toks []Token, indents []int, strict bool, skip int, wrong map[int]bool, looked int) *matcher {
	m := &matcher{
		src: src, toks: toks, indents: indents, strict: strict, skip: skip, wrong: wrong, suspect: -1, extra: -1, decl: -1,
		fix: newRepair(), begins: map[int]int{}, looked: looked,
	}
	for i := 0; i < len(toks) && !m.fatal; i++ {
		m.beginStatement(i)
		if beginsDeclaration(toks, i) && !m.within(i) {
			if len(m.stack) > 0 {
				m.closeAll(i, !strict)
			}
			m.inside = m.inside || len(m.stack) > 0
			if len(m.stack) == 0 {
				m.decl = i
			}
		}
		if end := m.strayLine(i); end > i {
			i = end - 1
		} else if toks[i].Kind == PunctToken {
			m.punct(i, toks[i].Text)
		}
	}
	return m
}

// beginsDeclaration reports whether the word at i, first on its line, can only
// be the begin of a declaration: no statement begins with two names of which the
// first is such a word.
func beginsDeclaration(toks []Token, i int) bool {
	t := toks[i]
	if t.Kind != IdentToken && t.Kind != KeywordToken || !declarationWords[t.Text] {
		return false
	}
	if i+1 >= len(toks) || i > 0 && t.Newlines == 0 {
		return false
	}
	next := toks[i+1]
	if next.Newlines > 0 {
		return false
	}
	switch t.Text {
	case "test", "import":
		return next.Kind == StringToken || next.Kind == IdentToken
	}
	return next.Kind == IdentToken
}

// beginStatement remembers token i where a statement begins with it. Two values without a
// mark between them are never part of one list: where the second is on a line of its own,
// indented no more than the statement, all lists end in front of it.
func (m *matcher) beginStatement(i int) {
	t := m.toks[i]
	if i > 0 && t.Newlines == 0 || t.Kind == CommentToken {
		return
	}
	prev := i - 1
	for prev >= 0 && m.toks[prev].Kind == CommentToken {
		prev--
	}
	ended := prev < 0 || m.toks[prev].Text == "{" || m.toks[prev].Text == ";" || m.toks[prev].endsStatement()
	if !ended || continuations[t.Text] && t.Kind != StringToken {
		return
	}
	if m.top() == "(" || m.top() == "[" {
		if t.Kind != IdentToken && !statementWords[t.Text] || !m.toks[prev].endsOperand() || m.indents[i] > m.indents[m.begin] {
			return
		}
		m.abandon(i)
	}
	m.begin = i
}

// statementWords are the reserved words that begin statements and no value.
var statementWords = words("layer", "param", "buffer", "frozen", "return", "for", "assert")

// indentOf is the indentation of the statement that an opening brace is in.
func (m *matcher) indentOf(opener int) int { return m.indents[m.begins[opener]] }

// within reports whether the line of token i is indented more than that of the outermost
// open brace.
func (m *matcher) within(i int) bool {
	for _, at := range m.stack {
		if m.toks[at].Text == "{" {
			return m.indents[i] > m.indentOf(at)
		}
	}
	return false
}

func (m *matcher) top() string {
	if len(m.stack) == 0 {
		return ""
	}
	return m.toks[m.stack[len(m.stack)-1]].Text
}

func (m *matcher) pop() int {
	at := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return at
}

// push opens a bracket. The limit on nesting keeps every walk over the stack
// short.
func (m *matcher) push(i int) {
	if m.stack = append(m.stack, i); len(m.stack) > maxNesting {
		m.fatal = true
		m.problems = diag.List{tooDeep(m.toks[i].span(m.src))}
		m.stack = nil
	}
}

func tooDeep(s diag.Span) diag.Diagnostic {
	return diag.Diagnostic{
		Code: "E0692", Span: s,
		Message: fmt.Sprintf("this nests more than %d levels deep", maxNesting),
		Hint:    "name the inner parts, or move them into a block",
	}
}

// report files a problem; it explains one that the grammar has in the same place.
func (m *matcher) report(d diag.Diagnostic) {
	if len(m.problems) < maxReported {
		m.problems.Add(d)
		m.muted = append(m.muted, d.Span)
	}
}

func (m *matcher) openBraces() int {
	n := 0
	for _, at := range m.stack {
		if m.toks[at].Text == "{" {
			n++
		}
	}
	return n
}

func (m *matcher) punct(i int, text string) {
	switch text {
	case "(", "[":
		m.push(i)
	case "{":
		m.abandon(i)
		m.begins[i] = m.begin
		m.push(i)
	case "}":
		if i == m.skip || m.openBraces() == 0 {
			again := m.extra >= 0 && m.skip == never
			m.again = m.again || again
			if i == m.skip || again || !m.openingBrace(i) {
				m.stray(i)
			}
			return
		}
		m.abandon(i)
		m.outdent(i, m.pop())
	case ")", "]":
		m.close(i, text)
	}
}

// abandon gives up the round and square brackets on top: limit cannot stand
// inside them.
func (m *matcher) abandon(limit int) {
	for m.top() == "(" || m.top() == "[" {
		m.forgotten(m.pop(), limit)
	}
}

func (m *matcher) close(i int, text string) {
	switch {
	case closerOf[m.top()] == text:
		m.pop()
		return
	case m.top() == "{" && m.lacksBrace(i):
		m.wrongCloser(i, text, m.pop())
		return
	case m.top() == "{" || m.top() == "":
		m.stray(i)
		return
	}
	for k := len(m.stack) - 1; k >= 0 && m.toks[m.stack[k]].Text != "{"; k-- {
		if closerOf[m.toks[m.stack[k]].Text] == text {
			for len(m.stack)-1 > k {
				m.forgotten(m.pop(), i)
			}
			m.pop()
			return
		}
	}
	if m.closesLater(i, closerOf[m.top()]) {
		m.stray(i)
		return
	}
	m.wrongCloser(i, text, m.pop())
}

// wrongCloser files a closer that stands in place of that of the bracket at.
func (m *matcher) wrongCloser(i int, text string, at int) {
	open := m.toks[at]
	want := closerOf[open.Text]
	m.fix.replaced[i] = want
	m.report(diag.Diagnostic{
		Code:    "E0152",
		Span:    m.toks[i].span(m.src),
		Message: fmt.Sprintf("`%s` cannot close `%s`", text, open.Text),
		Label:   fmt.Sprintf("expected `%s`", want),
		Notes:   []diag.Note{{Span: open.span(m.src), Message: fmt.Sprintf("the `%s` is", open.Text)}},
		Edits:   []diag.Edit{{Span: m.toks[i].span(m.src), Text: want}},
		Hint:    fmt.Sprintf("write `%s`", want),
	})
}

// lacksBrace reports whether the rest of the declaration closes fewer braces than are
// open at token i, which ends its line or begins it: then it stands for one of them.
func (m *matcher) lacksBrace(i int) bool {
	const far = 1 << 20 // tokens, of all that ask
	if m.toks[i].Newlines == 0 && i+1 < len(m.toks) && m.toks[i+1].Newlines == 0 {
		return false
	}
	open := m.openBraces()
	for k := i + 1; k < len(m.toks) && !beginsDeclaration(m.toks, k); k++ {
		if m.looked++; m.looked > far {
			return false
		}
		switch t := m.toks[k]; {
		case t.Kind != PunctToken:
		case t.Text == "{":
			open++
		case t.Text == "}":
			open--
		}
	}
	return open > 0
}

// closesLater reports whether the next bracket on the line of token i that closes
// none of the line's own reads text.
func (m *matcher) closesLater(i int, text string) bool {
	const far = 256 // tokens
	depth := 0
	for _, t := range m.toks[i+1 : min(len(m.toks), i+far)] {
		if t.Newlines > 0 {
			return false
		}
		if t.Kind != PunctToken {
			continue
		}
		switch t.Text {
		case "(", "[":
			depth++
		case ")", "]":
			if depth--; depth < 0 {
				return t.Text == text
			}
		case "{", "}":
			return false
		}
	}
	return false
}

// stray files a closer that closes nothing. Most likely its opener is what lacks,
// which explains what the grammar has against the line in front of it.
func (m *matcher) stray(i int) {
	if m.toks[i].Text != "}" && len(m.muted) < maxReported {
		at := m.toks[i].Start
		begin := bytes.LastIndexByte(m.src.Text[:at], '\n') + 1
		m.muted = append(m.muted, diag.Span{File: m.src, Start: begin, End: at})
	}
	m.fix.dropped[i] = true
	m.report(diag.Diagnostic{
		Code:    "E0152",
		Span:    m.toks[i].span(m.src),
		Message: fmt.Sprintf("this `%s` closes nothing", m.toks[i].Text),
		Hint:    "remove it, or add the bracket that it should close",
	})
}

// forgotten files an opener without closer.
func (m *matcher) forgotten(open, limit int) {
	m.fix.unclosed[open] = limit
	t := m.toks[open]
	m.report(diag.Diagnostic{
		Code:    "E0151",
		Span:    t.span(m.src),
		Message: fmt.Sprintf("this `%s` is never closed", t.Text),
		Label:   fmt.Sprintf("its `%s` is missing", closerOf[t.Text]),
		Hint:    fmt.Sprintf("add `%s`", closerOf[t.Text]),
	})
}

// closeAll closes what is open in front of the token at limit. Of several open
// braces only one is reported: the one whose closer seems to be used up by
// another, else the outermost. With keepBraces it stops at the first brace.
func (m *matcher) closeAll(limit int, keepBraces bool) {
	reported := false
	braces := m.openBraces()
	for len(m.stack) > 0 {
		if m.top() != "{" {
			m.forgotten(m.pop(), limit)
			continue
		}
		if keepBraces {
			return
		}
		open := m.pop()
		braces--
		if blame := m.suspect; !reported && (blame >= 0 || braces == 0) {
			reported = true
			if blame < 0 {
				blame = open
			}
			m.forgotten(blame, limit)
			delete(m.fix.unclosed, blame)
		}
		m.fix.unclosed[open] = limit
	}
	m.suspect = -1
}

// outdent remembers a closing brace that stands further left or right than the
// line it closes.
func (m *matcher) outdent(closer, opener int) {
	if m.toks[closer].Newlines == 0 {
		return
	}
	at, want := m.indents[closer], m.indentOf(opener)
	if at < want && m.suspect < 0 {
		m.suspect = opener
	}
	if at > want && m.extra < 0 {
		m.extra = closer
	}
}

// lineIndents returns, for each token, the bytes in front of the first token of
// its line.
func lineIndents(src *diag.File, toks []Token) []int {
	out := make([]int, len(toks))
	for i, t := range toks {
		if i > 0 && t.Newlines == 0 {
			out[i] = out[i-1]
			continue
		}
		for k := t.Start; k > 0 && src.Text[k-1] != '\n'; k-- {
			out[i]++
		}
	}
	return out
}

// never is a limit behind every token.
const never = math.MaxInt
