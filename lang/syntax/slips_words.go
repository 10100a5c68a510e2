package syntax

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/internal/diag"
)

// sectionWords are the words that begin a statement of a section.
var sectionWords = map[string][]string{
	"data":     {"sample", "prep", "augment", "eval", "source"},
	"train":    {"metric", "memory", "freeze", "phase", "layer"},
	"weights":  {"from", "skip"},
	"quantize": {"require"}, "explain": {"require"}, "sampler": {"require"},
	"test": {"expect", "assert", "for", "if"},
	"net":  {"return", "for", "if", "assert", "layer", "param", "buffer", "frozen"},
}

// beginsInSection reports whether word begins a statement of some section.
func beginsInSection(word string) bool {
	for _, words := range sectionWords {
		if slices.Contains(words, word) {
			return true
		}
	}
	return false
}

// memoryLimit catches `memory = 2 GB`, `memory < 2 GB` and a limit without a unit.
func (m *mistake) memoryLimit() (diag.Diagnostic, bool) {
	word, mark, limit := m.token(m.stmt), m.token(m.stmt+1), m.token(m.stmt+2)
	if m.unit != "train" || word.Text != "memory" || word.Kind != IdentToken || m.at > m.stmt+3 {
		return diag.Diagnostic{}, false
	}
	const written = "a limit is written `memory <= 2 GB`"
	switch {
	case mark.Text == "<=" && limit.Kind == NumberToken:
		d := diag.Diagnostic{Code: "E0102", Span: m.span(m.tok), Message: "a limit of memory has a unit", Label: "kB, MB or GB?", Hint: written}
		if !m.tok.auto && m.tok.Text != "" && !m.tok.first {
			d.Label = fmt.Sprintf("found %s", describe(m.tok))
		}
		return d, true
	case mark.Text == "<=":
		return diag.Diagnostic{Code: "E0102", Span: m.span(limit), Message: "a limit of memory is a number with a unit", Hint: written}, true
	case mark.Text == "=" || mark.Text == ":" || mark.Kind == OperatorToken:
		d := instead(m.span(mark), "`memory` is a limit, not a value", "<=", diag.Edit{Span: m.span(mark), Text: "<="})
		d.Hint = written
		return d, true
	}
	return diag.Diagnostic{}, false
}

// sectionWord catches two names at the begin of a statement: the first is most
// likely a misspelt word of the section.
func (m *mistake) sectionWord() (diag.Diagnostic, bool) {
	first, second := m.token(m.stmt), m.token(m.stmt+1)
	if m.at > m.stmt+1 || first.Kind != IdentToken || second.auto || !second.beginsOperand() || m.tok.brace < 0 {
		return diag.Diagnostic{}, false
	}
	unit := m.unit
	if unit == "block" {
		unit = "net"
	}
	guess := diag.Closest(first.Text, sectionWords[unit])
	if guess == "" {
		return diag.Diagnostic{}, false
	}
	return diag.Diagnostic{
		Code: "E0102", Span: m.span(first),
		Message: fmt.Sprintf("no statement of a `%s` begins with `%s`", m.unit, first.Text),
		Label:   fmt.Sprintf("did you mean `%s`?", guess),
		Hint:    fmt.Sprintf("write `%s`", guess),
		Edits:   []diag.Edit{{Span: m.span(first), Text: guess}},
	}, true
}
