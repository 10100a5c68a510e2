package syntax

import (
	"fmt"

	"github.com/netc-lang/netc/internal/diag"
)

// Marks of other languages, or of another place of this one. Where the same slip
// stands several times in one statement, one diagnostic repairs them all: the
// rest of the statement is not looked at again.

// statementEnd returns the index behind the last token of the statement that
// holds the wrong token.
func (m *mistake) statementEnd() int {
	for k := m.at; k < len(m.ids); k++ {
		t := m.token(k)
		ends := t.Text == ";" || t.Text == "}" && m.tok.brace >= 0 && t.mate == m.tok.brace
		if ends && t.Kind == PunctToken && (t.brace == m.tok.brace || t.Text == "}") {
			return k
		}
	}
	return len(m.ids)
}

// replaceAll returns the edits that put text in place of every token from the
// wrong one to the end of its statement that is the same slip.
func (m *mistake) replaceAll(text string, same func(k int) bool) []diag.Edit {
	var edits []diag.Edit
	for k, end := m.at, m.statementEnd(); k < end; k++ {
		if same(k) {
			edits = append(edits, diag.Edit{Span: m.span(m.token(k)), Text: text})
		}
	}
	return edits
}

// beside calls visit with the wrong token and those behind it in the same brackets,
// or to the end of the statement.
func (m *mistake) beside(visit func(k int)) {
	depth := 0
	for k, end := m.at, m.statementEnd(); k < end; k++ {
		t := m.token(k)
		if t.Kind == PunctToken && (t.Text == ")" || t.Text == "]") {
			depth--
		}
		if depth < 0 {
			return
		}
		if depth == 0 {
			visit(k)
		}
		if t.Kind == PunctToken && (t.Text == "(" || t.Text == "[") {
			depth++
		}
	}
}

// between reports whether token k stands between two values and reads text.
func (m *mistake) between(k int, text string) bool {
	t, after := m.token(k), m.token(k+1)
	return t.Text == text && t.Kind == PunctToken && m.token(k-1).endsOperand() && after.beginsOperand() && !after.auto
}

// instead is E0102 for a mark that stands where another one was meant.
func instead(at diag.Span, message, mark string, edits ...diag.Edit) diag.Diagnostic {
	return diag.Diagnostic{
		Code: "E0102", Span: at, Message: message,
		Label: fmt.Sprintf("did you mean `%s`?", mark),
		Hint:  fmt.Sprintf("write `%s`", mark),
		Edits: edits,
	}
}

// pipeMark catches `x | f` and `x -> f`.
func (m *mistake) pipeMark() (diag.Diagnostic, bool) {
	text := m.tok.Text
	if text != "|" && text != "->" || !m.between(m.at, text) || m.unit == "weights" || m.inSignature() ||
		m.next.Kind != IdentToken && m.next.Text != "(" {
		return diag.Diagnostic{}, false
	}
	message := "`|` joins the words of a type; a pipe is written `|>`"
	if text == "->" {
		message = "`->` points to a result; a pipe is written `|>`"
	}
	edits := m.replaceAll("|>", func(k int) bool { return m.between(k, text) })
	return instead(m.span(m.tok), message, "|>", edits...), true
}

// threePoints catches `a...b`.
func (m *mistake) threePoints() (diag.Diagnostic, bool) {
	if !m.between(m.at, "...") || m.inSignature() {
		return diag.Diagnostic{}, false
	}
	edits := m.replaceAll("..", func(k int) bool { return m.between(k, "...") })
	return instead(m.span(m.tok), "`...` stands for the rest of the axes; a range is written `a..b`", "..", edits...), true
}

// namesArgument reports whether token k is the colon of `name: value` in a call.
func (m *mistake) namesArgument(k int) bool {
	before, name := m.token(k-2), m.token(k-1)
	return m.token(k).Text == ":" && m.token(k).Kind == PunctToken &&
		name.Kind == IdentToken && (before.Text == "(" || before.Text == ",") && m.token(k+1).beginsOperand()
}

// namedArgument catches `f(name: value)`.
func (m *mistake) namedArgument() (diag.Diagnostic, bool) {
	if !m.namesArgument(m.at) || m.at >= len(m.ids) || m.inHead() {
		return diag.Diagnostic{}, false
	}
	open := m.p.innermost(m.ids[m.at])
	if open < 1 || m.p.conv.toks[open].Text != "(" || !m.p.conv.toks[open-1].endsOperand() {
		return diag.Diagnostic{}, false
	}
	d := instead(m.span(m.tok), "`:` gives a type; an argument by name takes `=`", "=")
	d.Hint = fmt.Sprintf("write `%s=%s`", m.prev.Text, m.next.Text)
	m.beside(func(k int) {
		if m.namesArgument(k) {
			span := diag.Span{File: m.p.src, Start: m.token(k - 1).End(), End: m.token(k + 1).Start}
			d.Edits = append(d.Edits, diag.Edit{Span: span, Text: "="})
		}
	})
	return d, true
}

// hasValue reports whether the statement has a `=` outside of all brackets.
func (m *mistake) hasValue() bool {
	depth := 0
	for k, end := m.stmt, m.statementEnd(); k < end; k++ {
		t := m.token(k)
		if t.Kind != PunctToken {
			continue
		}
		switch t.Text {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case "=":
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

// namedSetting catches `epochs: 12` in a section.
func (m *mistake) namedSetting() (diag.Diagnostic, bool) {
	name, colon := m.token(m.stmt), m.token(m.stmt+1)
	if m.unit == "net" || m.unit == "block" || m.tok.brace < 0 || m.at < m.stmt+2 ||
		name.Kind != IdentToken || colon.Text != ":" || colon.Kind != PunctToken {
		return diag.Diagnostic{}, false
	}
	if m.hasValue() {
		return diag.Diagnostic{}, false
	}
	d := instead(m.span(colon), fmt.Sprintf("`:` gives a type; `%s` takes its value with `=`", name.Text), "=")
	d.Hint = fmt.Sprintf("write `%s = ...`", name.Text)
	cut := diag.Span{File: m.p.src, Start: name.End(), End: colon.End()}
	text := " ="
	if m.token(m.stmt+2).Start == colon.End() {
		text = " = "
	}
	d.Edits = []diag.Edit{{Span: cut, Text: text}}
	return d, true
}

// what names the statements of the declaration.
func (m *mistake) what() string {
	switch m.unit {
	case "net", "block", "test":
		return "statements"
	}
	return "settings"
}

// atBody reports whether the wrong token stands in braces and in no other bracket.
func (m *mistake) atBody() bool {
	return m.at < len(m.ids) && m.tok.brace >= 0 && m.p.innermost(m.ids[m.at]) == m.tok.brace
}

// separates reports whether token k is a comma where a statement ends.
func (m *mistake) separates(k int) bool {
	t, next := m.token(k), m.token(k+1)
	ends := next.Kind == IdentToken && m.token(k+2).Text == "=" || next.auto && next.Text == ";" || next.Text == "}"
	return t.Text == "," && t.Kind == PunctToken && ends
}

// separator catches `a = 1, b = 2` and `a = 1 b = 2`.
func (m *mistake) separator() (diag.Diagnostic, bool) {
	if !m.atBody() {
		return diag.Diagnostic{}, false
	}
	d := diag.Diagnostic{
		Code: "E0102", Span: m.span(m.tok),
		Message: m.what() + " on one line are separated by `;`",
		Hint:    "write `;`, or begin a new line",
	}
	switch {
	case m.separates(m.at):
		d.Label = "did you mean `;`?"
		if m.next.first || m.next.Kind != IdentToken {
			d.Message, d.Label, d.Hint = "no comma stands at the end of "+m.what(), "", "remove it"
		}
		m.beside(func(k int) {
			if !m.separates(k) {
				return
			}
			edit := diag.Edit{Span: m.span(m.token(k)), Text: ";"}
			if next := m.token(k + 1); next.first || next.Kind != IdentToken {
				edit.Text = ""
			}
			d.Edits = append(d.Edits, edit)
		})
	case m.begins(m.at) && m.after("="):
		d.Label = "a new one begins here"
		m.beside(func(k int) {
			if m.begins(k) {
				at := m.token(k - 1).End()
				d.Edits = append(d.Edits, diag.Edit{Span: diag.Span{File: m.p.src, Start: at, End: at}, Text: ";"})
			}
		})
	default:
		return diag.Diagnostic{}, false
	}
	return d, true
}

// begins reports whether a statement `name = ...` begins at token k on the line
// of another.
func (m *mistake) begins(k int) bool {
	t, eq := m.token(k), m.token(k+1)
	return k > m.stmt && t.Kind == IdentToken && !t.first && eq.Text == "=" && eq.Kind == PunctToken &&
		m.token(k-1).endsOperand()
}
