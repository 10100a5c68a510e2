package lsp

import (
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// sectionWord describes the word at the cursor where it begins a declaration, or a
// statement of a section: `train`, `freeze`.
func (p *place) sectionWord() (at diag.Span, text string) {
	if p.tree == nil {
		return at, ""
	}
	say := func(n syntax.Node, usage string, docs map[string]string) bool {
		w := firstWord(n.Span())
		doc := docs[w.Text()]
		if doc == "" || p.offset < w.Start || p.offset > w.End {
			return false
		}
		at, text = w, fenced(w.Text()+usage)+"\n\n"+doc
		return true
	}
	for _, i := range p.tree.Imports {
		if say(i, ` "module"`, declarationDocs) {
			return at, text
		}
	}
	for _, d := range p.tree.Decls {
		if p.offset < d.Span().Start || p.offset > d.Span().End {
			continue
		}
		if say(d, " ...", declarationDocs) {
			return at, text
		}
		section := firstWord(d.Span()).Text()
		syntax.Inspect(d, func(n syntax.Node) bool {
			switch n.(type) {
			case *syntax.Sample, *syntax.Flow, *syntax.Metric, *syntax.Memory, *syntax.Freeze, *syntax.Phase, *syntax.State, *syntax.From, *syntax.Rule, *syntax.Require:
				return !say(n, " ...", theLanguage().fields[section])
			}
			return text == ""
		})
	}
	return at, text
}

// firstWord is the identifier that s begins with.
func firstWord(s diag.Span) diag.Span {
	text := s.Text()
	n := strings.IndexFunc(text, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if n >= 0 {
		s.End = s.Start + n
	}
	return s
}
