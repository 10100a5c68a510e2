package syntax

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
)

// The slips in the head of a net or block.

// headMark returns the index in ids of a mark in the head of the declaration,
// outside of all brackets and in front of the wrong token; -1 when it is not
// there.
func (m *mistake) headMark(text string) int {
	for k := 0; k < m.at && k < len(m.ids); k++ {
		t := m.token(k)
		if t.Text == text && (t.Kind == PunctToken || t.Kind == KeywordToken) {
			return k
		}
		if t.Kind == PunctToken && closerOf[t.Text] != "" {
			if t.Text == "{" || t.mate < 0 {
				return -1
			}
			for k < m.at && k < len(m.ids) && m.ids[k] != t.mate {
				k++
			}
		}
	}
	return -1
}

// inSignature reports whether the wrong token stands in the head of a net or
// block, in front of its body.
func (m *mistake) inSignature() bool {
	return (m.unit == "net" || m.unit == "block") && m.tok.brace < 0 && m.headMark("=") < 0
}

// inHead reports whether the wrong token stands in the list of parameters or
// results of a net or block.
func (m *mistake) inHead() bool {
	if !m.inSignature() || m.at >= len(m.ids) {
		return false
	}
	open := m.p.innermost(m.ids[m.at])
	return open >= 0 && m.p.conv.toks[open].Text == "(" && m.p.innermost(open) < 0
}

// untyped catches a parameter without a type.
func (m *mistake) untyped() (diag.Diagnostic, bool) {
	before := m.token(m.at - 2).Text
	if !m.inHead() || m.prev.Kind != IdentToken || before != "(" && before != "," {
		return diag.Diagnostic{}, false
	}
	example := "int"
	if m.after(":") {
		example = "f32[N, C, H, W]"
	}
	return diag.Diagnostic{
		Code: "E0102", Span: m.span(m.prev),
		Message: fmt.Sprintf("the parameter `%s` has no type", m.prev.Text),
		Hint:    fmt.Sprintf("write `%s: type`, such as `%s: %s`", m.prev.Text, m.prev.Text, example),
	}, true
}

// resultArrow catches another mark, or none, in front of the results of a net; and
// `->` behind inputs that lack their colon.
func (m *mistake) resultArrow() (diag.Diagnostic, bool) {
	if m.unit != "net" && m.unit != "block" || m.tok.brace >= 0 || m.at >= len(m.ids) ||
		m.p.innermost(m.ids[m.at]) >= 0 || m.headMark("->") >= 0 {
		return diag.Diagnostic{}, false
	}
	at := m.span(m.tok)
	message := fmt.Sprintf("the results of a %s stand behind `->`", m.unit)
	inputs := m.headMark(":") >= 0
	equals := m.headMark("=")
	switch {
	case inputs && m.fatArrow() && equals == m.at-1:
		at.Start = m.prev.Start
		return instead(at, message, "->", diag.Edit{Span: at, Text: "->"}), true
	case equals >= 0 || m.prev.Text != ")":
	case inputs && m.tok.Text == ":":
		return instead(at, message, "->", diag.Edit{Span: at, Text: "->"}), true
	case inputs && m.tok.Text == "(" && !m.tok.first:
		at.End = at.Start
		d := instead(at, message, "->", diag.Edit{Span: at, Text: "-> "})
		d.Label, d.Hint = "", "write `->` in front of the results"
		return d, true
	case !inputs && m.tok.Text == "->" && m.token(2).Text == "(":
		at := m.span(m.token(2))
		at.End = at.Start
		d := instead(at, fmt.Sprintf("the inputs of a %s stand behind `:`", m.unit), ":", diag.Edit{Span: at, Text: ": "})
		d.Label, d.Hint = "", "write `:` in front of the inputs"
		return d, true
	}
	return diag.Diagnostic{}, false
}

// fatArrow reports whether the wrong token ends a `=>`.
func (m *mistake) fatArrow() bool {
	return m.tok.Text == ">" && m.prev.Text == "=" && m.prev.End() == m.tok.Start && !m.tok.auto
}

// noBody catches a net or block whose head is all there is.
func (m *mistake) noBody() (diag.Diagnostic, bool) {
	ends := m.tok.Text == ";" || m.tok.Text == ""
	if !ends || m.at < 2 || !m.prev.endsStatement() || !m.inSignature() {
		return diag.Diagnostic{}, false
	}
	d := diag.Diagnostic{
		Code: "E0102", Span: m.span(m.token(1)),
		Message: fmt.Sprintf("the %s `%s` has no body", m.unit, m.token(1).Text),
		Hint:    "add `= expression` or `{ ... }` behind the signature",
	}
	if m.p.isMuted(m.prev.Start) {
		d.Span = m.span(m.prev) // a bracket of the head lacks, and the body is there
	} else if value, ok := m.valueBelow(); ok {
		at := diag.Span{File: m.p.src, Start: value.Start, End: value.Start}
		d.Span = m.span(value)
		d.Message = fmt.Sprintf("the value of the %s `%s` stands behind a `=`", m.unit, m.token(1).Text)
		d.Label = fmt.Sprintf("did you mean `= %s`?", value.Text)
		d.Hint = "write `=` in front of it"
		d.Edits = []diag.Edit{{Span: at, Text: "= "}}
	}
	return d, true
}

// valueBelow returns the first token of an indented line behind the declaration
// that can only be the value that it lacks.
func (m *mistake) valueBelow() (lexeme, bool) {
	toks := m.p.conv.toks
	k := m.ids[len(m.ids)-1] + 1
	if k+1 >= len(toks) || !toks[k].first || !toks[k].beginsOperand() || declarationWords[toks[k].Text] {
		return lexeme{}, false
	}
	after := toks[k+1]
	indented := toks[k].Start > 0 && m.p.src.Text[toks[k].Start-1] != '\n'
	return toks[k], indented && (after.Text == "|>" || after.Text == "(" || after.Text == "." || after.Text == ";" || after.Kind == OperatorToken)
}
