package lsp

import (
	"strings"

	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// signatureHelp shows the parameters of the call around the cursor, and which of
// them is being written.
func (s *Server) signatureHelp(q *positionParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Position)
	if fault != nil {
		return nil, fault
	}
	c := contextAt(p.file, p.offset)
	if len(c.callee) == 0 {
		return nil, nil
	}
	k := &completer{s: s, p: p, c: c, lang: theLanguage()}
	b, r := k.called()
	var out signatures
	switch {
	case b != nil:
		out.ActiveParameter = blockSignature(&out, b, c)
	case r != nil:
		out.ActiveParameter = rowSignature(&out, r, c)
	default:
		return nil, nil
	}
	return out, nil
}

// sign writes name(parts...) with the place of each part.
func sign(out *signatures, name string, parts []string, doc string) {
	sig := signature{Documentation: markup{"markdown", doc}, Parameters: []parameter{}}
	var b strings.Builder
	b.WriteString(name + "(")
	for i, part := range parts {
		if i > 0 {
			b.WriteString(", ")
		}
		start := utf16.units([]byte(b.String()))
		b.WriteString(part)
		sig.Parameters = append(sig.Parameters, parameter{[2]int{start, start + utf16.units([]byte(part))}})
	}
	b.WriteString(")")
	sig.Label = b.String()
	out.Signatures = []signature{sig}
}

func blockSignature(out *signatures, b *syntax.Block, c *context) (active int) {
	active = len(b.Params)
	var parts []string
	next := positional(b, c.argIndex)
	for i, p := range b.Params {
		parts = append(parts, strings.Join(strings.Fields(p.Where.Text()), " "))
		if c.argName == p.Name.Name || c.argName == "" && p == next {
			active = i
		}
	}
	sign(out, b.Name.Name, parts, b.Doc)
	return active
}

func rowSignature(out *signatures, r *vocab.Row, c *context) (active int) {
	active = len(r.Args)
	var parts []string
	next := r.Positional(c.argIndex)
	for i := range r.Args {
		a := &r.Args[i]
		parts = append(parts, a.Name+": "+a.Kind.String())
		if c.argName == a.Name || c.argName == "" && a == next {
			active = i
		}
	}
	sign(out, r.Name, parts, rowDoc(r))
	return active
}
