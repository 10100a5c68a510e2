package syntax

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// The slips that have words of their own. Each rule returns false when the wrong
// token is not its case.

// afterStage is E0107: `x |> f(a) + b`.
func (m *mistake) afterStage() (diag.Diagnostic, bool) {
	if m.tok.Kind != OperatorToken {
		return diag.Diagnostic{}, false
	}
	k := m.at - 1
	if k > 0 && m.token(k-1).Text == "as" {
		k -= 2
	}
	for {
		t := m.token(k)
		switch {
		case t.Kind == PunctToken && (t.Text == ")" || t.Text == "]"):
			k = m.mate(k) - 1
			continue
		case t.Text == "|>":
			return m.pipeFirst(), k < m.at-1
		case t.Kind != IdentToken && t.Kind != NumberToken && t.Kind != StringToken:
			return diag.Diagnostic{}, false
		}
		k--
		if m.token(k).Text == "." {
			k--
		} else if m.token(k).Text != "|>" {
			return diag.Diagnostic{}, false
		}
	}
}

// pipeFirst words E0107; the repair puts the pipe into parentheses.
func (m *mistake) pipeFirst() diag.Diagnostic {
	op := m.tok
	d := diag.Diagnostic{
		Code: "E0107", Span: m.span(op),
		Message: "an operator cannot follow a pipe stage",
		Label:   fmt.Sprintf("`|>` binds weaker than `%s`", op.Text),
		Hint:    fmt.Sprintf("put the pipe before `%s` in parentheses", op.Text),
	}
	if op.Text == ">" && m.next.Kind == IdentToken {
		d.Hint = "write `|>`, or put the pipe before `>` in parentheses"
		return d
	}
	begin := m.expressionBegin()
	end := m.expressionEnd()
	pipe := diag.Span{File: m.p.src, Start: m.token(begin).Start, End: m.prev.End()}
	rest := diag.Span{File: m.p.src, Start: op.Start, End: m.token(end - 1).End()}
	if begin < m.at {
		d.Edits = []diag.Edit{
			{Span: diag.Span{File: m.p.src, Start: pipe.Start, End: pipe.Start}, Text: "("},
			{Span: diag.Span{File: m.p.src, Start: pipe.End, End: pipe.End}, Text: ")"},
		}
	}
	if text := "(" + pipe.Text() + ") " + rest.Text(); !strings.Contains(text, "\n") && len(text) <= 100 {
		d.Hint = "write `" + text + "`"
	}
	return d
}

// expressionBegin returns the index of the first token of the expression in
// front of the wrong token, at the same depth of brackets.
func (m *mistake) expressionBegin() int {
	k := m.at - 1
	for ; k >= m.stmt; k-- {
		t := m.token(k)
		if t.Kind == PunctToken {
			switch t.Text {
			case ")", "]":
				k = m.mate(k)
				continue
			case "(", "[", "{", ",", "=", ";", ":":
				return k + 1
			}
		}
		if t.Kind == KeywordToken && t.Text != "not" && t.Text != "as" && t.Text != "true" && t.Text != "false" {
			return k + 1
		}
	}
	return k + 1
}

// expressionEnd returns the index behind the expression that the wrong token
// continues.
func (m *mistake) expressionEnd() int {
	k := m.at
	for depth := 0; k < len(m.ids); k++ {
		t := m.token(k)
		if t.Kind == KeywordToken && depth == 0 && t.Text != "not" && t.Text != "as" && t.Text != "true" && t.Text != "false" {
			return k
		}
		if t.Kind != PunctToken {
			continue
		}
		switch t.Text {
		case "(", "[":
			depth++
		case ")", "]":
			if depth--; depth < 0 {
				return k
			}
		case ",", ";", "{", "}", "=":
			if depth == 0 {
				return k
			}
		}
	}
	return k
}

// namesFollow are the words behind which a new name stands.
var namesFollow = words("package", "import", "const", "net", "block", "layer", "param", "buffer",
	"for", "as", "classes", "data", "phase", "metric", "prep", "augment", "eval")

// reserved is E0153: a keyword in the place of a name.
func (m *mistake) reserved() (diag.Diagnostic, bool) {
	word := m.tok
	switch {
	case word.Kind == KeywordToken || word.Text == "and" || word.Text == "or":
		names := m.next.Text == ":" || m.next.Text == "=" || m.next.Text == ","
		if !namesFollow[m.prev.Text] && !(names && m.prev.Kind == PunctToken) {
			return diag.Diagnostic{}, false
		}
	case (word.Text == "=" || word.Text == ":" || word.Text == ",") && m.prev.Kind == KeywordToken &&
		m.prev.Text != "true" && m.prev.Text != "false" && (m.at > 1 || word.brace >= 0):
		word = m.prev
	default:
		return diag.Diagnostic{}, false
	}
	return diag.Diagnostic{
		Code: "E0153", Span: m.span(word),
		Message: fmt.Sprintf("`%s` is a reserved word and cannot be a name", word.Text),
		Hint:    fmt.Sprintf("choose another name, such as `%s_`", word.Text),
	}, true
}

// ifForms tells the `if` with braces from the `if` with a value.
func (m *mistake) ifForms() (diag.Diagnostic, bool) {
	d := diag.Diagnostic{Code: "E0102", Span: m.span(m.tok)}
	open, last := 0, ""
	for k := m.stmt; k < m.at; k++ {
		switch t := m.token(k); t.Text {
		case "then":
			open++
			last = "then"
		case "else":
			open--
			last = "else"
		case "if":
			last = "if"
		}
	}
	switch {
	case m.tok.Text == "then" && m.token(m.stmt).Text == "if":
		d.Message = "as a statement `if` takes braces, not `then`"
		d.Hint = "write `if condition { ... }`, or `name = if condition then a else b`"
	case m.tok.Text == "{" && last == "if" && m.token(m.stmt).Text != "if":
		d.Message = "as a value `if` takes `then` and `else`, not braces"
		d.Hint = "write `if condition then a else b`"
	case open > 0 && last == "then" && (m.prev.endsOperand() || m.prev.Text == "then") && !m.tok.beginsOperand():
		d.Message = "this `if` has no `else`, and a value is needed in both cases"
		d.Label = "expected `else`"
		d.Hint = "write `if condition then a else b`"
	default:
		return d, false
	}
	return d, true
}

// comparison catches `=` where `==` was meant and other marks of other
// languages.
func (m *mistake) comparison() (diag.Diagnostic, bool) {
	d := diag.Diagnostic{Code: "E0102", Span: m.span(m.tok)}
	first := m.token(m.stmt).Text
	adjacent := m.prev.End() == m.tok.Start && !m.tok.auto
	both := diag.Span{File: m.p.src, Start: m.prev.Start, End: m.tok.End()}
	switch {
	case m.tok.Kind == OperatorToken && m.next.Text == "=" && m.next.Start == m.tok.End():
		d.Span.End++
		d.Message = fmt.Sprintf("there is no `%s=`", m.tok.Text)
		d.Hint = fmt.Sprintf("write `x = x %s ...`: `=` may rebind a name", m.tok.Text)
	case m.tok.Text == "=" && adjacent && m.prev.Text == ":":
		d.Span = both
		d.Message = "there is no `:=`"
		d.Hint = "write `=`"
		d.Edits = []diag.Edit{{Span: both, Text: "="}}
	case m.tok.Text == "=" && m.next.Text == ">" && m.next.Start == m.tok.End() && m.unit == "weights":
		d.Span.End++
		d.Message = "there is no `=>`"
		d.Label = "did you mean `->`?"
		d.Hint = "write `->`"
		d.Edits = []diag.Edit{{Span: d.Span, Text: "->"}}
	case m.tok.Text == "=" && m.next.Text == ">" && m.next.Start == m.tok.End():
		d.Span.End++
		d.Message = "there is no `=>`"
		d.Hint = "write `->` for a result, `>=` for a comparison"
	case m.tok.Text == "|" && m.next.Text == "|":
		d.Message = "there is no `||`"
		d.Hint = "write `or`"
	case m.tok.Text == "=" && (first == "if" || first == "assert" || first == "require" || m.after("where") || m.after("if")):
		d.Message = "`=` gives a value to a name; this place asks a question"
		d.Label = "did you mean `==`?"
		d.Hint = "write `==`"
		d.Edits = []diag.Edit{{Span: d.Span, Text: "=="}}
	default:
		return d, false
	}
	return d, true
}

// after reports whether the statement holds word in front of the wrong token.
func (m *mistake) after(word string) bool {
	for k := m.stmt; k < m.at; k++ {
		if m.token(k).Text == word {
			return true
		}
	}
	return false
}
