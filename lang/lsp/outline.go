package lsp

import (
	"bytes"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/format"
	"github.com/netc-lang/netc/lang/syntax"
)

// Kinds of symbol of the protocol.
const (
	symbolModule   = 2
	symbolClass    = 5
	symbolField    = 8
	symbolEnum     = 10
	symbolFunction = 12
	symbolVariable = 13
	symbolConstant = 14
	symbolObject   = 19
	symbolEvent    = 24
)

// documentSymbols lists the declarations of a file with their stages and fields.
func (s *Server) documentSymbols(q *documentParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, position{})
	if fault != nil {
		return nil, fault
	}
	out := []documentSymbol{}
	if p.tree != nil {
		for _, d := range p.tree.Decls {
			if e, ok := s.outline(d); ok {
				out = append(out, e)
			}
		}
	}
	if s.nested {
		return out, nil
	}
	flat := []symbolInformation{}
	for _, e := range out {
		flat = append(flat, symbolInformation{e.Name, e.Kind, location{p.doc.uri, e.SelectionRange}})
	}
	return flat, nil
}

func (s *Server) outline(d syntax.Decl) (documentSymbol, bool) {
	make := func(name, detail string, kind int, all, at diag.Span) documentSymbol {
		if all.Start > at.Start || all.End < at.End {
			all = at
		}
		return documentSymbol{Name: name, Detail: detail, Kind: kind, Range: s.enc.span(all), SelectionRange: s.enc.span(at)}
	}
	var out documentSymbol
	switch d := d.(type) {
	case *syntax.Const:
		return make(d.Name.Name, "const", symbolConstant, d.Where, d.Name.Where), true
	case *syntax.Classes:
		return make(d.Name.Name, "classes", symbolEnum, d.Where, d.Name.Where), true
	case *syntax.Block:
		out = make(d.Name.Name, "block", symbolFunction, d.Where, d.Name.Where)
		if d.Net {
			out.Kind, out.Detail = symbolClass, "net"
		}
	case *syntax.Data:
		out = make(d.Name.Name, "data", symbolObject, d.Where, d.Name.Where)
	case *syntax.Train:
		out = make("train "+refName(d.Net), "on "+refName(d.Data), symbolEvent, d.Where, d.Net.Where)
	case *syntax.Predict:
		out = make("predict "+refName(d.Net), "", symbolEvent, d.Where, d.Net.Where)
	case *syntax.Weights:
		return make("weights "+refName(d.Net), "", symbolObject, d.Where, d.Net.Where), true
	case *syntax.Section:
		return make(d.Kind.Name+" "+refName(d.Name), "", symbolObject, d.Where, d.Kind.Where), true
	case *syntax.Test:
		return make(d.Name, "test", symbolModule, d.Where, d.NameAt), true
	default:
		return out, false
	}
	syntax.Inspect(d, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Pipe:
			if n.HeadAs != nil && n.HeadAs.Name != "_" {
				out.Children = append(out.Children, make(n.HeadAs.Name, "stage", symbolField, n.Head.Span().To(n.HeadAs.Where), n.HeadAs.Where))
			}
		case *syntax.Stage:
			if n.As != nil && n.As.Name != "_" {
				out.Children = append(out.Children, make(n.As.Name, "stage", symbolField, n.Where, n.As.Where))
			}
		case *syntax.State:
			out.Children = append(out.Children, make(n.Name.Name, n.Kind, symbolField, n.Where, n.Name.Where))
		case *syntax.Sample:
			for _, f := range n.Fields {
				out.Children = append(out.Children, make(f.Name.Name, "field", symbolField, f.Where, f.Name.Where))
			}
		case *syntax.Metric:
			if n.Let != nil && len(n.Let.Names) == 1 {
				id := n.Let.Names[0]
				out.Children = append(out.Children, make(id.Name, "metric", symbolVariable, n.Where, id.Where))
			}
			return false
		case *syntax.Phase:
			out.Children = append(out.Children, make(n.Name.Name, "phase", symbolEvent, n.Where, n.Name.Where))
			return false
		}
		return true
	})
	return out, true
}

func refName(r syntax.Ref) string {
	if r.Module != nil {
		return r.Module.Name + "." + r.Name.Name
	}
	return r.Name.Name
}

// formatting returns the canonical form as one edit of the lines that change. A
// text with syntax errors has none.
func (s *Server) formatting(q *documentParams) (any, *rpcError) {
	d, fault := s.document(q.TextDocument.URI)
	if fault != nil {
		return nil, fault
	}
	src := diag.NewFile(d.path, d.text)
	out, problems := format.Source(src)
	if problems.HasErrors() {
		return nil, nil
	}
	edits := []textEdit{}
	if bytes.Equal(out, d.text) {
		return edits, nil
	}
	move := newShift(d.text, out)
	// Whole lines, so that the edit never cuts a character.
	from := bytes.LastIndexByte(d.text[:move.prefix], '\n') + 1
	to := len(d.text) - move.suffix
	if n := bytes.IndexByte(d.text[to:], '\n'); n >= 0 {
		to += n + 1
	} else {
		to = len(d.text)
	}
	text := out[from : len(out)-(len(d.text)-to)]
	return append(edits, textEdit{s.enc.span(diag.Span{File: src, Start: from, End: to}), string(text)}), nil
}
