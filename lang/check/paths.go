package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// place is a path that a section names, such as backbone.stage[0].
type place struct {
	text  string
	span  diag.Span
	parts []*instance // the layers it names: one, or all elements of a list
	state *State      // it names one weight
}

// place resolves a path of the section's net, or says what the net has instead.
func (s *section) place(f *frame, x syntax.Expr) (*place, bool) {
	text, ok := f.pathText(x)
	if !ok {
		return nil, false
	}
	p := &place{text: text, span: x.Span()}
	for _, inst := range s.net.parts {
		if inst.path == text || isElement(inst.path, text) {
			p.parts = append(p.parts, inst)
		}
	}
	for _, st := range s.net.net.States {
		if st.Path == text {
			p.state = st
		}
	}
	if len(p.parts) == 0 && p.state == nil {
		s.noPlace(f, x, text)
		return nil, false
	}
	return p, true
}

// pathText spells a path: names joined by dots, with positions in brackets.
func (f *frame) pathText(x syntax.Expr) (string, bool) {
	switch x := x.(type) {
	case *syntax.Name:
		return x.Name, true
	case *syntax.Tuple:
		if len(x.Elems) == 1 {
			return f.pathText(x.Elems[0])
		}
	case *syntax.Member:
		up, ok := f.pathText(x.X)
		return up + "." + x.Name.Name, ok
	case *syntax.Index:
		up, ok := f.pathText(x.X)
		for _, it := range x.Items {
			if it.Pack != nil || it.X == nil {
				ok = false
				break
			}
			v := f.eval(it.X)
			if isPoison(v) {
				return "", false
			}
			n, isNumber := numberOf(v)
			i, whole := int64(0), false
			if isNumber {
				i, whole = n.int()
			}
			if !whole || i < 0 {
				f.fail(it.X.Span(), "E0211", "a position in a path is a whole number from 0, and this is "+f.kindOf(v), "", "")
				return "", false
			}
			up += fmt.Sprintf("[%d]", i)
		}
		if ok {
			return up, true
		}
	}
	f.fail(x.Span(), "E0512", "a path of stages is wanted here", "", "write names joined by dots, such as `backbone.stage[0]`")
	return "", false
}

// isElement reports whether path is the list's element at some position, or one of
// an element that is a list itself.
func isElement(path, list string) bool {
	rest, ok := strings.CutPrefix(path, list)
	return ok && strings.HasPrefix(rest, "[") && !strings.Contains(rest, ".")
}

// holds reports whether the weight at path belongs to the place.
func (p *place) holds(path string) bool { return under(path, p.text) }

// under reports whether path is top, or lies below it.
func under(path, top string) bool {
	rest, ok := strings.CutPrefix(path, top)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// states returns the weights of the place, in the order of the net.
func (p *place) states(n *Net) []*State {
	var out []*State
	for _, st := range n.States {
		if p.holds(st.Path) {
			out = append(out, st)
		}
	}
	return out
}

// last is the output that the place stands for: that of the stage, or of the last
// one of a list.
func (p *place) last() value {
	for _, inst := range slices.Backward(p.parts) {
		if inst.out != nil {
			return inst.out
		}
	}
	return nil
}

// noPlace reports a path that leads nowhere: the first part of it that the net does
// not have, and what it has at that place.
func (s *section) noPlace(f *frame, x syntax.Expr, text string) {
	for {
		up := parentExpr(x)
		if up == nil {
			break
		}
		upText, ok := f.pathText(up)
		if !ok || s.hasPath(upText) {
			break
		}
		x, text = up, upText
	}
	up := ""
	if e := parentExpr(x); e != nil {
		up, _ = f.pathText(e)
	}
	names := s.below(up)
	d := diag.Diagnostic{Code: "E0512", Message: fmt.Sprintf("`%s` has no stage `%s`", s.net.net.Name, text)}
	at, last := x.Span(), text
	if m, ok := x.(*syntax.Member); ok {
		at, last = m.Name.Where, m.Name.Name
	}
	if near := diag.Closest(last, names); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
		d.Edits = []diag.Edit{{Span: at, Text: near}}
	}
	where := "`" + s.net.net.Name + "`"
	if up != "" {
		where = "`" + up + "`"
	}
	switch {
	case len(names) == 0:
		d.Hint = where + " has no named stages; `as NAME` behind a stage names it"
	case len(names) > 8:
		d.Hint = fmt.Sprintf("%s has %s and %d more; `netc summary` lists them", where, strings.Join(backquoted(names[:8]), ", "), len(names)-8)
	default:
		d.Hint = where + " has " + joinAnd(backquoted(names))
	}
	f.report(at, d)
}

// parentExpr is the path without its last part, nil for a single name.
func parentExpr(x syntax.Expr) syntax.Expr {
	switch x := x.(type) {
	case *syntax.Member:
		return x.X
	case *syntax.Index:
		return x.X
	case *syntax.Tuple:
		if len(x.Elems) == 1 {
			return parentExpr(x.Elems[0])
		}
	}
	return nil
}

func (s *section) hasPath(text string) bool {
	for _, inst := range s.net.parts {
		if under(inst.path, text) {
			return true
		}
	}
	return false
}

// below lists the names of the stages right below a path, without positions.
func (s *section) below(up string) []string {
	var out []string
	for _, inst := range s.net.parts {
		rest := inst.path
		if up != "" {
			if !under(rest, up) || rest == up {
				continue
			}
			rest = rest[len(up):]
			for strings.HasPrefix(rest, "[") {
				_, rest, _ = strings.Cut(rest, "]")
			}
			if rest = strings.TrimPrefix(rest, "."); rest == "" {
				continue
			}
		}
		name := rest
		if i := strings.IndexAny(rest, ".["); i >= 0 {
			name = rest[:i]
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
