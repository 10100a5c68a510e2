package lsp

import (
	"bytes"
)

// inlayHints shows the shape that comes out of the last stage of each line.
func (s *Server) inlayHints(q *rangeParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Range.Start)
	if fault != nil {
		return nil, fault
	}
	end := s.enc.offset(p.doc.text, q.Range.End)
	out := []inlayHint{}
	u := p.unit
	if u.now == nil || u.now.files[p.file.Name] == nil || !bytes.Equal(u.now.files[p.file.Name].Text, p.file.Text) {
		return out, nil
	}
	type line struct {
		at     int
		shapes []string
	}
	lines := map[int]*line{}
	var order []int
	for _, e := range u.now.seen[p.file.Name] {
		if !e.Stage || e.Span.End < p.offset || e.Span.Start > end || e.Again {
			continue
		}
		text := e.Describe()
		if text == "" {
			continue
		}
		n := s.enc.position(p.file, e.Span.End).Line
		l := lines[n]
		if l == nil {
			l = &line{}
			lines[n], order = l, append(order, n)
		}
		switch {
		case e.Span.End > l.at:
			l.at, l.shapes = e.Span.End, []string{text}
		case e.Span.End == l.at && l.shapes[len(l.shapes)-1] != text:
			l.shapes = append(l.shapes, text)
		}
	}
	for _, n := range order {
		l := lines[n]
		label := l.shapes[0]
		if len(l.shapes) > 1 {
			label += " ..."
		}
		_, after := lineEnd(p.file.Text, l.at)
		at := s.enc.position(p.file, after)
		out = append(out, inlayHint{Position: at, Label: label, Kind: 1, PaddingLeft: true})
	}
	return out, nil
}

// lineEnd returns the begin of the line of an offset, and its end without blanks.
func lineEnd(text []byte, at int) (start, end int) {
	start = bytes.LastIndexByte(text[:at], '\n') + 1
	end = len(text)
	if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
		end = at + n
	}
	for end > at && (text[end-1] == ' ' || text[end-1] == '\t' || text[end-1] == '\r') {
		end--
	}
	return start, end
}
