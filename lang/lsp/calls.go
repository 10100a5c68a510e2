package lsp

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/check/vocab"
	"github.com/netc-lang/netc/lang/syntax"
)

// netMembers are the numbers of a net.
var netMembers = map[string]string{
	"params": "The number of trained weights.",
	"macs":   "The products of one run; `.macs(N=1)` gives the sizes that are free.",
	"arena":  "The bytes of working memory.",
}

// call resolves a call; named arguments are parameters of what is called.
func (x *index) call(s *scope, c *syntax.Call) {
	fun := x.expr(s, c.Fun)
	b := blockOf(fun)
	if b == nil && fun != nil && fun.kind == wordKind {
		if name, ok := c.Fun.(*syntax.Name); ok {
			if k, ok := x.rowKind(name.Name); ok {
				x.row(s, k, c)
				return
			}
		}
	}
	given := 0
	for _, a := range c.Args {
		var p *syntax.Param
		switch {
		case a.Name != nil && b != nil:
			if p = paramNamed(b, a.Name.Name); p != nil {
				x.add(a.Name.Where, fun.module.param(p, paramKind), false)
			}
		case b != nil:
			p = positional(b, given)
			given++
		}
		x.argument(s, p, a.Value)
	}
}

// argument resolves a value that may be an option word of its parameter.
func (x *index) argument(s *scope, p *syntax.Param, v syntax.Expr) {
	if p == nil {
		x.expr(s, v)
		return
	}
	if n, ok := v.(*syntax.Name); ok {
		for t := p.Type; t != nil; t = t.Or {
			for _, w := range t.Words {
				if w.Name == n.Name {
					x.add(n.Where, &symbol{name: n.Name, kind: wordKind, usage: p.Where.Text(), doc: "A value of `" + p.Name.Name + "`.", library: true}, false)
					return
				}
			}
		}
	}
	if p.Type != nil && p.Type.Name.Name == "init" {
		x.initial(s, v)
		return
	}
	x.expr(s, v)
}

func blockOf(s *symbol) *syntax.Block {
	if s == nil {
		return nil
	}
	b, _ := s.decl.(*syntax.Block)
	return b
}

func paramNamed(b *syntax.Block, name string) *syntax.Param {
	for _, p := range b.Params {
		if p.Name.Name == name {
			return p
		}
	}
	if b.Sig != nil {
		for _, p := range b.Sig.In {
			if p.Name.Name == name {
				return p
			}
		}
	}
	return nil
}

func positional(b *syntax.Block, i int) *syntax.Param {
	for _, p := range b.Params {
		if p.Default != nil {
			continue
		}
		if i == 0 {
			return p
		}
		i--
	}
	return nil
}

// calleeOf returns the name that an expression is or calls.
func calleeOf(e syntax.Expr) (string, diag.Span) {
	switch e := e.(type) {
	case *syntax.Name:
		return e.Name, e.Where
	case *syntax.Call:
		if n, ok := e.Fun.(*syntax.Name); ok {
			return n.Name, n.Where
		}
	case *syntax.Tuple:
		if len(e.Elems) == 1 {
			return calleeOf(e.Elems[0])
		}
	}
	return "", diag.Span{}
}

// rowKind tells of which kind a word of the vocabulary is that stands where any
// expression may.
func (x *index) rowKind(name string) (vocab.Kind, bool) {
	for _, k := range []vocab.Kind{vocab.Metric, vocab.Moment, vocab.Explanation} {
		if x.lang.rows[k][name] != nil {
			return k, true
		}
	}
	return 0, false
}
