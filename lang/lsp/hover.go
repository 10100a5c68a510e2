package lsp

import (
	"bytes"
	"fmt"
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
	var parts []string
	at := diag.Span{}
	o, named := p.unit.index.find(p.file, p.offset)
	if named {
		at = o.at
		parts = append(parts, p.about(o))
	}
	seen := p.unit.at(p.file, p.offset, func(e *check.Seen) bool { return e.Stage })
	if len(seen) == 0 && !named {
		seen = p.unit.at(p.file, p.offset, func(e *check.Seen) bool {
			_, tensor := e.Tensor()
			return tensor
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
	switch {
	case usage == "" && value != "":
		usage, value = t.name+": "+value, ""
	case usage == "":
		usage = t.name
		if word := kindWords[t.kind]; word != "" {
			usage = word + " " + t.name
		}
	}
	if st, ok := t.decl.(*syntax.State); ok {
		usage = firstLine(st.Where)
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

// value is what a name holds at an occurrence, as the checker saw it.
func (p *place) value(o occurrence) string {
	at := o.at
	if o.def {
		if node := p.binder(o.at); node != nil {
			at = node.Span()
		}
	}
	var out []string
	for _, e := range p.unit.exact(p.file, at) {
		text := e.Describe()
		if text == "" {
			continue
		}
		known := false
		for _, t := range out {
			known = known || t == text
		}
		if !known {
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

// exact returns what was seen of the expression with a span of the current text;
// of a stage, its result.
func (u *unit) exact(file *diag.File, span diag.Span) []check.Seen {
	for _, p := range []*picture{u.now, u.good} {
		if p == nil || p.files[file.Name] == nil {
			continue
		}
		move := newShift(file.Text, p.files[file.Name].Text)
		start, ok := move.offset(span.Start)
		end, also := move.offset(span.End)
		if !ok || !also {
			continue
		}
		var plain, stages []check.Seen
		for _, e := range p.seen[file.Name] {
			if e.Span.Start != start || e.Span.End != end || e.Describe() == "" {
				continue
			}
			if e.Stage {
				stages = append(stages, e)
			} else {
				plain = append(plain, e)
			}
		}
		if len(stages) > 0 {
			return relevant(stages)
		}
		if len(plain) > 0 {
			return relevant(plain)
		}
	}
	return nil
}

// relevant leaves out what sections and tests computed again, and of a net what
// other nets made of it, unless there is nothing else.
func relevant(seen []check.Seen) []check.Seen {
	own := func(e *check.Seen) bool {
		b := e.Inside
		return b != nil && b.Where.File == e.Span.File && b.Where.Start <= e.Span.Start && e.Span.End <= b.Where.End
	}
	for _, keep := range []func(*check.Seen) bool{
		func(e *check.Seen) bool { return !e.Again && own(e) },
		func(e *check.Seen) bool { return !e.Again },
	} {
		var out []check.Seen
		for i := range seen {
			if keep(&seen[i]) {
				out = append(out, seen[i])
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return seen
}

// use gathers the copies of a stage that one net, or one section, unrolled.
type use struct {
	name   string
	shapes []string
	copies int
	params int64
	macs   []string // each that is not a number
	mac    int64
	bytes  int64
}

// cost tells what comes out of a stage and what it takes, for each net that uses
// it.
func cost(seen []check.Seen) string {
	seen = relevant(seen)
	var uses []*use
	byName := map[string]*use{}
	for i := range seen {
		e := &seen[i]
		text := e.Describe()
		if text == "" {
			continue
		}
		name := ""
		if e.Inside != nil {
			name = e.Inside.Name.Name
		}
		u := byName[name]
		if u == nil {
			u = &use{name: name}
			byName[name], uses = u, append(uses, u)
		}
		u.add(e, text)
	}
	if len(uses) == 0 {
		return ""
	}
	var b strings.Builder
	for i, u := range uses {
		if i == 4 {
			fmt.Fprintf(&b, "\n\nand in %d more", len(uses)-i)
			break
		}
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(u.text(len(uses) > 1))
	}
	return b.String()
}

func (u *use) add(e *check.Seen, text string) {
	u.copies++
	known := false
	for _, s := range u.shapes {
		known = known || s == text
	}
	if !known {
		u.shapes = append(u.shapes, text)
	}
	u.params += e.Params()
	one := map[string]int64{"N": 1}
	macs := e.MACs()
	if n, err := macs.Eval(one); err == nil {
		u.mac += n
	} else if m := macs.String(); len(u.macs) < 3 {
		u.macs = append(u.macs, m)
	}
	if t, ok := e.Tensor(); ok {
		if n, err := t.Elems().Eval(one); err == nil {
			u.bytes += n * int64(t.DType.Size())
		}
	}
}

func (u *use) text(named bool) string {
	var b strings.Builder
	shapes := u.shapes
	if len(shapes) > 6 {
		shapes = append(append([]string{}, shapes[:5]...), "...")
	}
	arrow := "-> "
	if named && u.name != "" {
		b.WriteString("in " + u.name + "\n")
	}
	b.WriteString(fenced(arrow + strings.Join(shapes, "\n"+arrow)))
	b.WriteByte('\n')
	if u.copies > 1 {
		fmt.Fprintf(&b, "%d copies: ", u.copies)
	}
	fmt.Fprintf(&b, "%s weights, ", grouped(u.params))
	switch {
	case len(u.macs) > 0:
		fmt.Fprintf(&b, "%s multiply-adds", strings.Join(u.macs, " + "))
	default:
		fmt.Fprintf(&b, "%s multiply-adds", grouped(u.mac))
	}
	if u.bytes > 0 {
		fmt.Fprintf(&b, ", %s bytes", grouped(u.bytes))
	}
	if len(u.macs) == 0 {
		b.WriteString(" for N = 1")
	}
	return b.String()
}

// grouped prints 73856 as 73,856.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

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
