package lsp

import "path/filepath"

// byPath returns the open document of a file, or nil.
func (s *Server) byPath(path string) *document { return s.paths[path] }

// document returns an open document.
func (s *Server) document(uri string) (*document, *rpcError) {
	d := s.docs[uri]
	if d == nil {
		return nil, refuse(codeInvalidParams, "%s is not open", uri)
	}
	return d, nil
}

func (s *Server) didOpen(p *didOpenParams) (any, *rpcError) {
	uri := p.TextDocument.URI
	d := &document{uri: uri, path: uri, version: p.TextDocument.Version}
	if path, ok := pathOf(uri); ok {
		d.path = path
	}
	d.set([]byte(p.TextDocument.Text))
	s.docs[uri], s.paths[d.path] = d, d
	s.rawUnit(d.path, d.text)
	s.touch(d)
	return nil, nil
}

func (s *Server) didChange(p *didChangeParams) (any, *rpcError) {
	d, fault := s.document(p.TextDocument.URI)
	if fault != nil {
		return nil, fault
	}
	text := d.text
	for _, c := range p.ContentChanges {
		text = s.enc.apply(text, c)
	}
	moves := packageOf(d.text) != packageOf(text)
	if moves {
		s.touch(d) // the module it leaves
	}
	d.set(text)
	d.version = p.TextDocument.Version
	s.rawUnit(d.path, d.text)
	s.touch(d)
	if moves {
		s.forget()
	}
	return nil, nil
}

func (s *Server) didClose(p *documentParams) (any, *rpcError) {
	d, fault := s.document(p.TextDocument.URI)
	if fault != nil {
		return nil, fault
	}
	delete(s.docs, d.uri)
	delete(s.paths, d.path)
	s.touch(d)
	s.forget()
	return nil, nil
}

func (s *Server) didSave(p *documentParams) (any, *rpcError) {
	return s.didChangeFiles(nil)
}

// didChangeFiles follows a change on disk: of a class list, or of a module.
func (s *Server) didChangeFiles(*struct{}) (any, *rpcError) {
	for _, u := range s.units {
		u.dirty, u.published = true, false
	}
	return nil, nil
}

// forget drops the units that no open document belongs to, with their diagnostics.
func (s *Server) forget() {
	live := map[*unit]bool{}
	for _, d := range s.docs {
		live[s.rawUnit(d.path, d.text)] = true
	}
	keep := map[string]bool{}
	for k, u := range s.units {
		if live[u] {
			for p := range u.said {
				keep[p] = true
			}
			continue
		}
		delete(s.units, k)
		for p := range u.said {
			s.stale = append(s.stale, p)
		}
	}
	kept := s.stale[:0]
	for _, p := range s.stale {
		if !keep[p] {
			kept = append(kept, p)
		}
	}
	s.stale = kept
}

// uri returns the URI of a file, as the client writes it when it is open.
func (s *Server) uri(path string) (string, bool) {
	if d := s.byPath(path); d != nil {
		return d.uri, true
	}
	if filepath.IsAbs(path) {
		return uriOf(path), true
	}
	if p, ok := s.host.Library(path); ok {
		return s.uri(p)
	}
	return "", false
}
