package lsp

import (
	"bytes"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/syntax"
)

// place is a position of a request: in which text, and what it belongs to.
type place struct {
	doc    *document
	unit   *unit
	file   *diag.File // the parsed text
	tree   *syntax.File
	offset int
}

func (s *Server) place(id documentID, at position) (*place, *rpcError) {
	d, fault := s.document(id.URI)
	if fault != nil {
		return nil, fault
	}
	p := &place{doc: d, unit: s.unitOf(d), file: d.file, offset: s.enc.offset(d.text, at)}
	for _, f := range p.unit.main.files {
		if f.Source != nil && f.Source.Name == d.path && bytes.Equal(f.Source.Text, d.text) {
			p.file, p.tree = f.Source, f
		}
	}
	return p, nil
}

// hover tells what a name means and what a stage makes and costs.
func (s *Server) hover(q *positionParams) (any, *rpcError) {
	p, fault := s.place(q.TextDocument, q.Position)
	if fault != nil {
		return nil, fault
	}
	if at, text := p.sectionWord(); text != "" {
		return hoverResult{markup{"markdown", text}, s.enc.span(at)}, nil
	}
	var parts []string
	at := diag.Span{}
	o, named := p.unit.index.find(p.file, p.offset)
	if named {
		at = o.at
		parts = append(parts, p.about(o))
	}
	seen := p.unit.at(p.file, p.offset, func(e *check.Seen) bool { return e.Stage })
	if st := stageOf(o.sym); named && len(seen) == 0 && st != nil && st.Where.File == p.file {
		seen = p.unit.exact(p.file, st.Layer.Span(), true)
	}
	if len(seen) == 0 && (!named || applied(o.sym)) {
		seen = p.unit.at(p.file, p.offset, func(e *check.Seen) bool {
			_, tensor := e.Tensor()
			return tensor && !(named && e.Span.End-e.Span.Start == o.at.End-o.at.Start)
		})
	}
	if len(seen) > 0 {
		if !named {
			at = diag.Span{File: p.file, Start: p.offset, End: p.offset}
		}
		if text := cost(seen); text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return hoverResult{markup{"markdown", strings.Join(parts, "\n\n---\n\n")}, s.enc.span(at)}, nil
}

// stageOf returns the stage that a label names.
func stageOf(t *symbol) *syntax.Stage {
	if t == nil {
		return nil
	}
	st, _ := t.decl.(*syntax.Stage)
	return st
}

// applied reports whether a symbol is there to be called, so that the call around it
// is what a reader means.
func applied(t *symbol) bool {
	return t.kind == netKind || t.kind == blockKind || t.kind == wordKind
}

func fenced(text string) string { return "```netc\n" + text + "\n```" }

// about describes the symbol of an occurrence: how it is declared, what it is
// here, and its documentation.
func (p *place) about(o occurrence) string {
	t := o.sym
	usage := t.usage
	value := ""
	switch t.kind {
	case localKind, labelKind, dimKind, stateKind, metricKind, inputKind, paramKind, constKind:
		value = p.value(o)
	}
	switch d := t.decl.(type) {
	case *syntax.State:
		usage = firstLine(d.Where)
	case *syntax.Stage:
		if value == "" {
			usage = "stage " + t.name + " = " + firstLine(d.Layer.Span())
		}
	}
	switch {
	case usage == "" && value != "":
		usage, value = t.name+": "+value, ""
	case usage == "":
		usage = t.name
		if word := kindWords[t.kind]; word != "" {
			usage = word + " " + t.name
		}
	}
	out := fenced(usage)
	if value != "" && !strings.Contains(usage, value) {
		out += "\n\nhere: `" + value + "`"
	}
	if t.doc != "" {
		out += "\n\n" + t.doc
	}
	return out
}

var kindWords = map[kind]string{
	dimKind: "size", labelKind: "stage", metricKind: "metric", phaseKind: "phase", localKind: "name", stateKind: "state",
}

// value is what a name holds at an occurrence, as the checker saw it; of a stage that
// a section names, what it makes.
func (p *place) value(o occurrence) string {
	at := o.at
	if o.def {
		if node := p.binder(o.at); node != nil {
			at = node.Span()
		}
	}
	seen := p.unit.exact(p.file, at, o.sym.kind != paramKind)
	if st := stageOf(o.sym); st != nil && len(seen) == 0 && st.Where.File == p.file {
		seen = p.unit.exact(p.file, st.Layer.Span(), true)
	}
	var out []string
	for _, e := range seen {
		if text := e.Describe(); text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
		if len(out) == 4 {
			break
		}
	}
	return strings.Join(out, ", then ")
}

// binder returns the expression whose value a defining occurrence takes.
func (p *place) binder(at diag.Span) syntax.Node {
	if p.tree == nil {
		return nil
	}
	var out syntax.Node
	syntax.Inspect(p.tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Let:
			for _, id := range n.Names {
				if id.Where == at && n.Value != nil {
					out = n.Value
				}
			}
		case *syntax.Const:
			if n.Name.Where == at && n.Value != nil {
				out = n.Value
			}
		case *syntax.Pipe:
			if n.HeadAs != nil && n.HeadAs.Where == at {
				out = n.Head
			}
		case *syntax.Stage:
			if n.As != nil && n.As.Where == at {
				out = n.Layer
			}
		}
		return out == nil
	})
	return out
}
