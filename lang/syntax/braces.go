package syntax

import "github.com/netc-lang/netc/internal/diag"

// strayBraces returns the opening braces that can open no body: the `{` of a body ends
// its line or has its `}` there. Of several in one line that cannot all be closed, the
// wrong one is that which stands in round or square brackets or touches a name, else the
// last; but a line that may have a body keeps it where no brace is known to be open.
func strayBraces(toks []Token, open bool) map[int]bool {
	wrong := map[int]bool{}
	for begin := 0; begin < len(toks); {
		end := endOfLine(toks, begin)
		if at := strayBrace(toks, begin, end, open); at >= 0 {
			wrong[at] = true
		}
		begin = end
	}
	return wrong
}

// endOfLine returns the index behind the last token of the line of token i.
func endOfLine(toks []Token, i int) int {
	for i++; i < len(toks) && toks[i].Newlines == 0; i++ {
	}
	return i
}

// strayBrace returns the opening brace of toks[begin:end], one line, that opens no
// body, or -1.
func strayBrace(toks []Token, begin, end int, any bool) int {
	open, likely, last, depth := 0, -1, -1, 0
	for i := begin; i < end; i++ {
		t := toks[i]
		if t.Kind != PunctToken {
			continue
		}
		switch t.Text {
		case "(", "[":
			depth++
		case ")", "]":
			depth = max(depth-1, 0)
		case "{":
			open++
			if endsLine(toks, i, end) && (depth == 0 || bodyWords[toks[begin].Text]) {
				open--
				continue
			}
			if any || !bodyWords[toks[begin].Text] {
				last = i
			}
			if depth > 0 || i > begin && touchesName(toks, i) {
				likely = i
			}
		case "}":
			open = max(open-1, 0)
		}
	}
	switch {
	case open == 0:
		return -1
	case likely >= 0:
		return likely
	}
	return last
}

// bodyWords begin the lines that may end in the `{` of a body.
var bodyWords = words("net", "block", "data", "train", "predict", "weights", "quantize", "explain", "sampler", "test",
	"for", "if", "phase", "expect", "from", "}", ":", "->", "=", "where", "else")

// touchesName reports whether a name ends where token i begins.
func touchesName(toks []Token, i int) bool {
	return toks[i-1].Kind == IdentToken && toks[i-1].End() == toks[i].Start
}

// endsLine reports whether nothing but a comment stands behind token i on its line,
// which ends in front of token end.
func endsLine(toks []Token, i, end int) bool {
	return i+1 == end || i+2 == end && toks[i+1].Kind == CommentToken
}

// strayLine matches the brackets of the line that begins with token begin, if a brace
// of it is wrong, and returns its end. That brace stands in place of another mark, so
// that nothing else of the line is held against it: what the line opens ends with it,
// and what closes nothing is left out.
func (m *matcher) strayLine(begin int) (end int) {
	if len(m.wrong) == 0 || begin > 0 && m.toks[begin].Newlines == 0 {
		return begin
	}
	end = endOfLine(m.toks, begin)
	found := false
	for i := begin; i < end && !found; i++ {
		found = m.wrong[i]
	}
	if !found {
		return begin
	}
	base, level, opens := len(m.stack), 0, false // opens: the brace stands in place of ( or [, at level
	for i := begin; i < end && !m.fatal; i++ {
		switch text := m.toks[i].Text; {
		case m.toks[i].Kind != PunctToken:
		case m.wrong[i]:
			m.fix.dropped[i] = true
			m.strayOpener(i)
			level, opens = len(m.stack), i == begin || !m.toks[i-1].endsOperand() || touchesName(m.toks, i)
		case text == ")" || text == "]":
			least := 0
			if opens {
				least = base
			}
			if at := m.openedBy(text, least); at >= 0 {
				m.endLists(at+1, i)
				m.pop()
				base, opens = min(base, at), opens && at >= level
			} else {
				m.fix.dropped[i] = true
				opens = false
			}
		case text == "{" || text == "}":
			m.endLists(base, i)
			m.punct(i, text)
		default:
			m.punct(i, text)
		}
	}
	m.endLists(base, end)
	return end
}

// openedBy returns the place on the stack, least or above, of the innermost bracket that
// a closer closes, inside of all braces; else -1.
func (m *matcher) openedBy(closer string, least int) int {
	for k := len(m.stack) - 1; k >= least; k-- {
		switch open := m.toks[m.stack[k]].Text; {
		case closerOf[open] == closer:
			return k
		case open == "{":
			return -1
		}
	}
	return -1
}

// endLists ends the round and square brackets above base in front of token limit.
func (m *matcher) endLists(base, limit int) {
	for len(m.stack) > base && m.top() != "{" {
		m.fix.unclosed[m.pop()] = limit
	}
}

// strayOpener files an opening brace that opens no body.
func (m *matcher) strayOpener(i int) {
	m.report(diag.Diagnostic{
		Code:    "E0151",
		Span:    m.toks[i].span(m.src),
		Message: "this `{` is never closed",
		Label:   "it opens no body: that would end the line, or be closed on it",
		Hint:    "remove it, or write the mark that was meant",
	})
	if begin, end := m.toks[i].Start, m.toks[i].End(); len(m.muted) < maxReported {
		for begin > 0 && m.src.Text[begin-1] != '\n' {
			begin--
		}
		for end < len(m.src.Text) && m.src.Text[end] != '\n' {
			end++
		}
		m.muted = append(m.muted, diag.Span{File: m.src, Start: begin, End: end})
	}
}
