package syntax

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
)

// Marks that other languages use where .net has another.

// instead is E0102 for a mark that stands where another one was meant.
func (m *mistake) instead(at diag.Span, message, mark string) (diag.Diagnostic, bool) {
	return diag.Diagnostic{
		Code: "E0102", Span: at, Message: message,
		Label: fmt.Sprintf("did you mean `%s`?", mark),
		Hint:  fmt.Sprintf("write `%s`", mark),
		Edits: []diag.Edit{{Span: at, Text: mark}},
	}, true
}

// pipeMark catches `x | f` and `x -> f`.
func (m *mistake) pipeMark() (diag.Diagnostic, bool) {
	value := m.after("=") || m.after("return")
	if !value || !m.prev.endsOperand() || m.next.Kind != IdentToken || m.tok.auto {
		return diag.Diagnostic{}, false
	}
	switch m.tok.Text {
	case "|":
		return m.instead(m.span(m.tok), "`|` joins the words of a type; a pipe is written `|>`", "|>")
	case "->":
		return m.instead(m.span(m.tok), "`->` points to a result; a pipe is written `|>`", "|>")
	}
	return diag.Diagnostic{}, false
}

// resultArrow catches another mark, or none, in front of the results of a net.
func (m *mistake) resultArrow() (diag.Diagnostic, bool) {
	head := (m.unit == "net" || m.unit == "block") && m.tok.brace < 0 && m.after(":") && !m.after("->")
	const message = "the results of a %s stand behind `->`"
	switch {
	case !head:
	case m.prev.Text == ")" && m.tok.Text == ":":
		return m.instead(m.span(m.tok), fmt.Sprintf(message, m.unit), "->")
	case m.prev.Text == "=" && m.tok.Text == ">" && m.prev.End() == m.tok.Start:
		both := diag.Span{File: m.p.src, Start: m.prev.Start, End: m.tok.End()}
		return m.instead(both, fmt.Sprintf(message, m.unit), "->")
	case m.prev.Text == ")" && m.tok.Text == "(" && !m.after("="):
		at := diag.Span{File: m.p.src, Start: m.tok.Start, End: m.tok.Start}
		d, ok := m.instead(at, fmt.Sprintf(message, m.unit), "-> ")
		d.Label, d.Hint = "", "write `->` in front of the results"
		return d, ok
	}
	return diag.Diagnostic{}, false
}

// argumentMark catches `f(a: 1)`.
func (m *mistake) argumentMark() (diag.Diagnostic, bool) {
	before := m.token(m.at - 2).Text
	if m.tok.Text != ":" || m.prev.Kind != IdentToken || before != "(" && before != "," || m.inHead() {
		return diag.Diagnostic{}, false
	}
	return m.instead(m.span(m.tok), "`:` gives a type; an argument by name takes `=`", "=")
}

// rangeMark catches `a...b`.
func (m *mistake) rangeMark() (diag.Diagnostic, bool) {
	if m.tok.Text != "..." || !m.prev.endsOperand() || !m.next.beginsOperand() {
		return diag.Diagnostic{}, false
	}
	return m.instead(m.span(m.tok), "`...` stands for the rest of the axes; a range is written `a..b`", "..")
}

// separator catches `a = 1, b = 2` and `a = 1 b = 2` on one line.
func (m *mistake) separator() (diag.Diagnostic, bool) {
	if m.tok.auto || m.tok.first || m.tok.brace < 0 || !m.after("=") || !m.prev.endsOperand() ||
		m.p.innermost(m.ids[m.at]) != m.tok.brace {
		return diag.Diagnostic{}, false
	}
	d := diag.Diagnostic{
		Code: "E0102", Span: m.span(m.tok), Label: "a new statement begins here",
		Message: "statements on one line are separated by `;`", Hint: "write `;`, or begin a new line",
	}
	switch {
	case m.tok.Text == "," && m.next.Kind == IdentToken && m.token(m.at+2).Text == "=":
		d.Label = "did you mean `;`?"
		d.Edits = []diag.Edit{{Span: d.Span, Text: ";"}}
	case m.tok.Kind == IdentToken && m.next.Text == "=":
		end := m.prev.End()
		d.Edits = []diag.Edit{{Span: diag.Span{File: m.p.src, Start: end, End: end}, Text: ";"}}
	default:
		return diag.Diagnostic{}, false
	}
	return d, true
}
