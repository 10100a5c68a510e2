package syntax

import "github.com/netc-lang/netc/internal/diag"

// openingBrace handles the closing brace i, for which none is open: where the
// declaration around it has a body without `{`, that is what is missing. It
// returns false when it is not.
func (m *matcher) openingBrace(i int) bool {
	decl := m.decl
	m.decl = -1 // one search for each declaration
	if decl < 0 {
		return false
	}
	body, last := m.bodyBegin(decl, i)
	if body < 0 {
		return false
	}
	m.abandon(i)
	m.fix.opened[body] = true
	end := m.toks[last].End()
	span := diag.Span{File: m.src, Start: end, End: end}
	m.report(diag.Diagnostic{
		Code: "E0102", Span: span,
		Message: "expected `{`, found the end of the line",
		Label:   "behind " + describe(lexeme{Token: m.toks[last]}),
		Hint:    "add `{`",
		Edits:   []diag.Edit{{Span: span, Text: " {"}},
	})
	return true
}

// bodyBegin returns the first token of the first line behind the head of the
// declaration that begins at decl, and the last token of the head; -1 when the
// declaration has its brace or takes none. The body ends at token limit.
func (m *matcher) bodyBegin(decl, limit int) (body, last int) {
	block := m.toks[decl].Text == "net" || m.toks[decl].Text == "block"
	if plainHeads[m.toks[decl].Text] == nil {
		return -1, -1
	}
	depth, newlines := 0, 0
	last = decl
	for k := decl; k <= limit; k++ {
		t := m.toks[k]
		if k > decl {
			newlines += t.Newlines
		}
		if t.Kind == CommentToken {
			continue
		}
		if newlines > 0 && depth == 0 && m.toks[last].endsStatement() && !(block && continuations[t.Text]) {
			return k, last
		}
		newlines = 0
		if t.Kind == PunctToken {
			switch t.Text {
			case "(", "[":
				depth++
			case ")", "]":
				depth--
			case "{", "}", ";":
				return -1, -1
			case "=":
				if depth == 0 {
					return -1, -1
				}
			}
		}
		last = k
	}
	return -1, -1
}
