package syntax

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// mistake is a token that the grammar does not accept, with its neighbours.
type mistake struct {
	p    *parser
	ids  []int
	at   int
	tok  lexeme // the end of the file when at is len(ids)
	prev lexeme
	next lexeme
	unit string // first word of the declaration
	stmt int    // index in ids of the first token of the statement
}

// unexpected reports the token ids[at], which the grammar does not accept.
func (p *parser) unexpected(ids []int, at int) {
	m := &mistake{p: p, ids: ids, at: at}
	m.tok, m.prev, m.next = m.token(at), m.token(at-1), m.token(at+1)
	if len(ids) > 0 {
		m.unit = p.conv.toks[ids[0]].Text
	}
	m.stmt = m.statement()
	for _, rule := range []func() (diag.Diagnostic, bool){
		m.afterStage, m.reserved, m.ifForms, m.resultArrow, m.pipeMark, m.namedArgument, m.namedSetting,
		m.threePoints, m.memoryLimit, m.comparison, m.untyped, m.sectionWord, m.separator, m.noBody,
	} {
		if d, ok := rule(); ok {
			p.report(d)
			return
		}
	}
	p.report(m.plain())
}

// token returns the k-th token, the end of the text outside of them.
func (m *mistake) token(k int) lexeme {
	if k >= 0 && k < len(m.ids) {
		return m.p.conv.toks[m.ids[k]]
	}
	return lexeme{Token: Token{Kind: PunctToken, Start: len(m.p.src.Text)}, auto: true, brace: -1, mate: -1}
}

// span returns the place of a token; of an invented one the place behind the
// token before, which is where the newline is.
func (m *mistake) span(t lexeme) diag.Span {
	if !t.auto {
		return t.span(m.p.src)
	}
	at := t.Start
	if t.Text == "" && m.at > 0 {
		at = m.prev.End()
	}
	return diag.Span{File: m.p.src, Start: min(at, len(m.p.src.Text)), End: min(at, len(m.p.src.Text))}
}

// statement returns the begin of the statement that holds the wrong token.
func (m *mistake) statement() int {
	for k := min(m.at, len(m.ids)) - 1; k >= 0; k-- {
		t := m.token(k)
		if t.brace == m.tok.brace && (t.Text == ";" || m.ids[k] == m.tok.brace) || m.ids[k] == m.tok.brace {
			return k + 1
		}
	}
	return 0
}

const lineEnd = "the end of the line"

// describe names a token for a message.
func describe(t lexeme) string {
	switch {
	case t.Text == "":
		return "the end of the file"
	case t.auto && t.Text == ";":
		return lineEnd
	case t.Kind == StringToken:
		return "a string"
	case t.Kind == NumberToken:
		return "the number `" + t.Text + "`"
	}
	return "`" + t.Text + "`"
}

// mate returns the index in ids of the partner of the closing bracket at k.
func (m *mistake) mate(k int) int {
	want := m.token(k).mate
	for ; k >= 0 && m.ids[k] != want; k-- {
	}
	return k
}

// plain says what was expected in place of the wrong token.
func (m *mistake) plain() diag.Diagnostic {
	d := diag.Diagnostic{Code: "E0102", Span: m.span(m.tok)}
	if m.at == m.stmt && m.at > 0 && !m.tok.auto {
		d.Message = fmt.Sprintf("a statement cannot begin with %s", describe(m.tok))
		d.Hint = "a statement is `name = value` or begins with a word such as `return` or `for`"
		if begins := sectionWords[m.unit]; begins != nil && m.unit != "net" {
			d.Hint = fmt.Sprintf("a statement is `name = value` or begins with %s", strings.Join(begins, ", "))
		}
		return d
	}
	found, wanted := describe(m.tok), m.expected()
	if m.tok.first && m.at > 0 { // the line before stopped too early
		if wanted == lineEnd {
			d.Message = fmt.Sprintf("this line cannot begin with %s", found)
			return d
		}
		found = lineEnd
		d.Span.Start, d.Span.End = m.prev.End(), m.prev.End()
	}
	d.Message = fmt.Sprintf("expected %s, found %s", wanted, found)
	if m.at > 0 && !m.prev.auto {
		d.Label = "behind " + describe(m.prev)
	}
	return d
}

// headWords stand in front of a name in the head of a section.
var headWords = words("train", "on", "predict", "weights", "quantize", "explain", "sampler", "of")

// valuesFollow are the words behind which a value stands.
var valuesFollow = words("return", "in", "if", "then", "else", "not", "assert", "where", "require",
	"freeze", "until", "into", "from", "=", "(", "[", ",")

// expected names what can stand behind the token before the wrong one.
func (m *mistake) expected() string {
	prev := m.prev
	switch {
	case m.at == 0:
		return "a value"
	case prev.Kind == OperatorToken, valuesFollow[prev.Text] && prev.Kind != StringToken:
		if m.inHead() {
			return "a parameter such as `x: f32[N, C, H, W]`"
		}
		return "a value"
	case prev.Text == "|>":
		return "a layer"
	case prev.Text == ":", prev.Text == "|", prev.Text == "->" && m.unit != "weights":
		return "a type"
	case prev.Text == "->":
		return "a string"
	case prev.Text == "as":
		return "a name or `_`"
	case namesFollow[prev.Text], prev.Text == ".", m.stmt == 0 && headWords[prev.Text]:
		return "a name"
	case prev.Text == "test" || prev.Text == "sha256" || prev.Text == "skip":
		return "a string"
	}
	return m.expectedBehindOperand()
}

func (m *mistake) expectedBehindOperand() string {
	if m.at < len(m.ids) {
		if open := m.p.innermost(m.ids[m.at]); open >= 0 {
			if text := m.p.conv.toks[open].Text; text != "{" {
				return fmt.Sprintf("`,` or `%s`", closerOf[text])
			}
		}
	}
	first := m.token(m.stmt)
	switch {
	case first.Text == "for" && !m.after("in"):
		return "`in`"
	case first.Text == "if" && m.stmt+1 < m.at || first.Text == "for":
		return "`{`"
	case m.stmt == 0 && m.unit == "import":
		return "the path of a module in quotes"
	case m.stmt == 0 && m.unit == "train" && !m.after("on"):
		return "`on`"
	case m.inSignature() && m.at > 1:
		return m.expectedInSignature()
	case m.stmt == 0 && !m.after("{") && plainHeads[m.unit] != nil && !m.after("="):
		return "`{`"
	case m.stmt == 0 && (m.unit == "const" || m.unit == "classes") && !m.after("="):
		return "`=`"
	case m.onlyNames():
		return "`=`"
	}
	return lineEnd
}

// onlyNames reports whether the statement begins with a list of names, and has nothing else.
func (m *mistake) onlyNames() bool {
	for k := m.stmt; k < m.at; k++ {
		if t := m.token(k); (k-m.stmt)%2 == 0 && t.Kind != IdentToken || (k-m.stmt)%2 == 1 && t.Text != "," {
			return false
		}
	}
	return m.stmt < m.at
}

// expectedInSignature names what can stand behind the part of a signature that is
// there.
func (m *mistake) expectedInSignature() string {
	switch {
	case m.headMark("where") >= 0:
		return "`,`, `=` or `{`"
	case m.headMark("->") >= 0:
		return "`where`, `=` or `{`"
	case m.headMark(":") >= 0:
		return "`->`, `=` or `{`"
	case m.at == 2:
		return "`(`, `:`, `=` or `{`"
	}
	return "`:`, `=` or `{`"
}
