package lsp

import (
	"sort"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
)

// waiting reports whether diagnostics are due.
func (s *Server) waiting() bool {
	if len(s.stale) > 0 {
		return true
	}
	for _, d := range s.docs {
		if !s.rawUnit(d.path, d.text).published {
			return true
		}
	}
	return false
}

// publish sends the diagnostics of every unit that changed, also for files that are
// not open, and takes back those that no longer hold.
func (s *Server) publish() error {
	uris := make([]string, 0, len(s.docs))
	for uri := range s.docs {
		uris = append(uris, uri)
	}
	sort.Strings(uris)
	for _, p := range s.stale {
		if err := s.send(p, nil); err != nil {
			return err
		}
	}
	s.stale = nil
	for _, uri := range uris {
		d := s.docs[uri]
		if u := s.unitOf(d); !u.published {
			u.published = true
			if err := s.publishUnit(u); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) publishUnit(u *unit) error {
	files := map[string]diag.List{}
	for _, f := range u.main.files {
		if f.Source != nil {
			files[f.Source.Name] = nil
		}
	}
	for p := range u.said {
		files[p] = nil
	}
	for _, d := range u.list {
		if d.Span.File != nil {
			files[d.Span.File.Name] = append(files[d.Span.File.Name], d)
		}
	}
	paths := make([]string, 0, len(files))
	for p := range files {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	for _, p := range paths {
		list := files[p]
		if s.byPath(p) == nil && len(list) == 0 && !u.said[p] {
			continue // on disk, and fine
		}
		if err := s.send(p, list); err != nil {
			return err
		}
		delete(u.said, p)
		if len(list) > 0 {
			u.said[p] = true
		}
	}
	return nil
}

func (s *Server) send(path string, list diag.List) error {
	uri, ok := s.uri(path)
	if !ok {
		return nil
	}
	p := publishParams{URI: uri, Diagnostics: []diagnostic{}}
	if d := s.byPath(path); d != nil {
		p.Version = &d.version
	}
	for _, d := range list {
		p.Diagnostics = append(p.Diagnostics, s.diagnostic(d))
	}
	return s.conn.notify("textDocument/publishDiagnostics", p)
}

// diagnostic is d for the client: the message, what the marked text means and the
// hint, as the terminal shows them.
func (s *Server) diagnostic(d diag.Diagnostic) diagnostic {
	out := diagnostic{Range: s.enc.span(d.Span), Severity: 1, Code: d.Code, Source: "netc", Message: d.Message}
	switch d.Severity {
	case diag.Warning:
		out.Severity = 2
	case diag.Advice:
		out.Severity = 4
	}
	if d.Label != "" {
		out.Message += "\n" + d.Label
	}
	if d.Hint != "" {
		out.Message += "\nhint: " + d.Hint
	}
	for _, n := range d.Notes {
		if n.Span.File == nil {
			continue
		}
		if uri, ok := s.uri(n.Span.File.Name); ok {
			out.Related = append(out.Related, related{location{uri, s.enc.span(n.Span)}, n.Message})
		}
	}
	return out
}

// codeActions offers the repairs of the diagnostics in a range.
func (s *Server) codeActions(p *rangeParams) (any, *rpcError) {
	d, fault := s.document(p.TextDocument.URI)
	if fault != nil {
		return nil, fault
	}
	u := s.unitOf(d)
	from, to := s.enc.offset(d.text, p.Range.Start), s.enc.offset(d.text, p.Range.End)
	out := []codeAction{}
	for _, g := range u.list {
		if len(g.Edits) == 0 || g.Span.File == nil || g.Span.File.Name != d.path || g.Span.End < from || g.Span.Start > to {
			continue
		}
		if edit, ok := s.edits(g.Edits); ok {
			out = append(out, codeAction{
				Title: titleOf(g), Kind: "quickfix", Diagnostics: []diagnostic{s.diagnostic(g)}, IsPreferred: true, Edit: edit,
			})
		}
	}
	return out, nil
}

// titleOf says what a repair does.
func titleOf(d diag.Diagnostic) string {
	if len(d.Edits) > 1 {
		if d.Hint != "" {
			return d.Hint
		}
		return "repair " + d.Code
	}
	e := d.Edits[0]
	old, text := strings.TrimSpace(e.Span.Text()), strings.TrimSpace(e.Text)
	switch {
	case strings.ContainsRune(old+text, '\n') || len(old)+len(text) > 80:
		if d.Hint != "" {
			return d.Hint
		}
		return "repair " + d.Code
	case text == "":
		return "remove `" + old + "`"
	case old == "":
		return "insert `" + text + "`"
	}
	return "replace `" + old + "` by `" + text + "`"
}

// edits turns repairs into an edit of the workspace; ok is false when one of them
// is in a file that cannot be named.
func (s *Server) edits(list []diag.Edit) (workspaceEdit, bool) {
	out := workspaceEdit{Changes: map[string][]textEdit{}}
	for _, e := range list {
		if e.Span.File == nil {
			return out, false
		}
		uri, ok := s.uri(e.Span.File.Name)
		if !ok {
			return out, false
		}
		out.Changes[uri] = append(out.Changes[uri], textEdit{s.enc.span(e.Span), e.Text})
	}
	return out, true
}
