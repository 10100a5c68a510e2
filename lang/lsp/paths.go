package lsp

import (
	"strconv"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// weights resolves the paths of rules: the right side names stages of the net.
func (x *index) weights(s *scope, d *syntax.Weights) {
	net := x.ref(&d.Net)
	x.results(s, net)
	for _, f := range d.From {
		x.expr(s, f.Source)
		at := blockOf(net)
		if f.Into != nil {
			at = x.layerOf(x.expr(s, f.Into))
		}
		for _, r := range f.Rules {
			if !r.Skip {
				x.path(at, r.To, r.ToAt)
			}
		}
	}
}

// path resolves the segments of a quoted weight path below a block.
func (x *index) path(b *syntax.Block, path string, at diag.Span) {
	if at.End-at.Start != len(path)+2 {
		return // it has escapes
	}
	start := at.Start + 1
	for _, segment := range strings.Split(path, ".") {
		name, _, _ := strings.Cut(segment, "[")
		step, ok := x.steps(b)[name]
		if !ok {
			return
		}
		x.addPath(diag.Span{File: at.File, Start: start, End: start + len(name)}, step)
		b = x.layerOf(step.sym)
		start += len(segment) + 1
	}
}

// pathStep is a name under a block: a label, or the small name of an unnamed layer.
type pathStep struct {
	sym    *symbol
	label  bool
	suffix string // the number of a further call site: "_2"
}

func (x *index) addPath(at diag.Span, s pathStep) {
	at.End -= len(s.suffix)
	if s.sym == nil || at.End <= at.Start {
		return
	}
	x.occs[at.File] = append(x.occs[at.File], occurrence{at: at, sym: s.sym, path: !s.label})
}

// steps lists the names that weight paths have below a block.
func (x *index) steps(b *syntax.Block) map[string]pathStep {
	if b == nil {
		return nil
	}
	if known, ok := x.labels[b]; ok {
		return known
	}
	out := map[string]pathStep{}
	x.labels[b] = out
	m := x.moduleOf(b)
	if m == nil {
		return out
	}
	count := map[string]int{}
	unnamed := func(callee *symbol, name string) {
		count[name]++
		suffix := ""
		if n := count[name]; n > 1 {
			suffix = "_" + strconv.Itoa(n)
		}
		if _, taken := out[name+suffix]; !taken && callee != nil {
			out[name+suffix] = pathStep{sym: callee, suffix: suffix}
		}
	}
	staged := map[syntax.Node]bool{}
	syntax.Inspect(b, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Pipe:
			if n.HeadAs != nil {
				out[n.HeadAs.Name] = pathStep{sym: m.label(n.HeadAs, n), label: true}
			}
		case *syntax.Stage:
			callee := m.callee(n.Layer, x.lang)
			if call, ok := n.Layer.(*syntax.Call); ok {
				staged[call] = true
			}
			unnamed(callee, lowerName(n.Layer))
			if n.As != nil && n.As.Name != "_" {
				out[n.As.Name] = pathStep{sym: m.label(n.As, n), label: true}
			}
		case *syntax.Call:
			if !staged[n] {
				unnamed(m.callee(n, x.lang), lowerName(n))
			}
		}
		return true
	})
	return out
}

// moduleOf finds the module that declares b.
func (x *index) moduleOf(b *syntax.Block) *module {
	mods := append([]*module{x.main, x.lang.prelude}, importsOf(x.main)...)
	for _, m := range mods {
		if t := m.decls[b.Name.Name]; t != nil && t.decl == syntax.Node(b) {
			return m
		}
	}
	return nil
}

// importsOf lists the modules below m, each once.
func importsOf(m *module) []*module {
	var out []*module
	seen := map[*module]bool{m: true}
	var walk func(*module)
	walk = func(m *module) {
		for _, i := range m.imports {
			if !seen[i] {
				seen[i] = true
				out = append(out, i)
				walk(i)
			}
		}
	}
	walk(m)
	return out
}

// callee returns what a layer expression of m applies, when it is a declaration.
func (m *module) callee(e syntax.Expr, lang *language) *symbol {
	switch e := e.(type) {
	case *syntax.Name:
		if t := m.decls[e.Name]; t != nil {
			return t
		}
		return lang.prelude.decls[e.Name]
	case *syntax.Call:
		return m.callee(e.Fun, lang)
	case *syntax.Member:
		if n, ok := e.X.(*syntax.Name); ok {
			if i := m.imports[n.Name]; i != nil {
				return i.decls[e.Name.Name]
			}
		}
	case *syntax.Tuple:
		if len(e.Elems) == 1 {
			return m.callee(e.Elems[0], lang)
		}
	}
	return nil
}

// layerOf returns the block whose stages are below a symbol.
func (x *index) layerOf(s *symbol) *syntax.Block {
	if s == nil {
		return nil
	}
	switch d := s.decl.(type) {
	case *syntax.Block:
		return d
	case *syntax.Stage:
		return blockOf(s.module.callee(d.Layer, x.lang))
	case *syntax.Pipe:
		return blockOf(s.module.callee(d.Head, x.lang))
	case *syntax.State:
		return blockOf(s.module.callee(d.Value, x.lang))
	}
	return nil
}

// lowerName is the name an unnamed layer takes.
func lowerName(e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.Name:
		return strings.ToLower(e.Name)
	case *syntax.Member:
		return strings.ToLower(e.Name.Name)
	case *syntax.Index:
		return lowerName(e.X)
	case *syntax.Call:
		return lowerName(e.Fun)
	case *syntax.Tuple:
		if len(e.Elems) == 1 {
			return lowerName(e.Elems[0])
		}
	}
	return "layer"
}
