package format

import (
	"github.com/netc-lang/netc/lang/syntax"
)

// role is what the tree knows about a token.
type role uint8

const (
	roleBegins   role = 1 << iota // first token of a declaration or statement
	roleNegates                   // `-` in front of its operand
	roleNamesArg                  // `=` of a named argument
	roleArrow                     // `:` in front of a signature
	roleWord                      // a contextual word: a bracket behind it is no call
	roleElement                   // first token of the element type of `[]T`
	roleShape                     // inside the brackets of a tensor type
	roleBody                      // `=` in front of the body of a net or block
)

// dtypes are the tensor types; `f32[1, RGB, 224, 224]` is also a value.
var dtypes = map[string]bool{
	"f32": true, "f16": true, "bf16": true, "i8": true, "u8": true, "i32": true, "i64": true, "bool": true,
}

// roles finds the role of each token by its offset.
type roles struct {
	toks  []syntax.Token
	index map[int]int // offset → token
	of    []role
	shape []int // begins minus ends of shapes at each token
}

func rolesOf(file *syntax.File, toks []syntax.Token) []role {
	r := roles{
		toks: toks, index: make(map[int]int, len(toks)),
		of: make([]role, len(toks)), shape: make([]int, len(toks)+1),
	}
	for i, t := range toks {
		r.index[t.Start] = i
	}
	syntax.Inspect(file, func(n syntax.Node) bool {
		r.visit(n)
		return true
	})
	for i, depth := 0, 0; i < len(toks); i++ {
		if depth += r.shape[i]; depth > 0 {
			r.of[i] |= roleShape
		}
	}
	for i, t := range toks {
		if t.Kind != syntax.CommentToken { // the package clause is no node
			r.of[i] |= roleBegins
			break
		}
	}
	return r.of
}

// mark gives a role to the token at a node's begin, or k tokens from it.
func (r *roles) mark(n syntax.Node, k int, what role) {
	i, ok := r.index[n.Span().Start]
	if !ok {
		return
	}
	for step := 1; k != 0; k -= step {
		if k < 0 {
			step = -1
		}
		if i += step; i < 0 || i >= len(r.toks) {
			return
		}
		if r.toks[i].Kind == syntax.CommentToken {
			k += step // comments are not counted
		}
	}
	r.of[i] |= what
}

func (r *roles) markShape(n syntax.Node) {
	from, ok := r.index[n.Span().Start]
	if !ok {
		return
	}
	to := from
	for to < len(r.toks) && r.toks[to].Start < n.Span().End {
		to++
	}
	r.shape[from]++
	r.shape[to]--
}

func (r *roles) visit(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Import, syntax.Decl, syntax.Stmt, *syntax.Flow, *syntax.Metric, *syntax.Phase, *syntax.Rule:
		r.mark(n, 0, roleBegins)
	case *syntax.Sample, *syntax.Require, *syntax.From, *syntax.Memory, *syntax.Freeze:
		r.mark(n, 0, roleBegins|roleWord)
	}
	switch n := n.(type) {
	case *syntax.Block:
		if n.Value != nil {
			r.mark(n.Value, -1, roleBody)
		}
	case *syntax.Signature:
		r.mark(n, 0, roleArrow)
	case *syntax.Type:
		if n.HasDims {
			r.markShape(n)
		}
		if n.List != nil {
			r.mark(n.List, 0, roleElement)
		}
	case *syntax.Index:
		if name, ok := n.X.(*syntax.Name); ok && dtypes[name.Name] {
			r.markShape(n)
		}
	case *syntax.Unary:
		if n.Op == "-" {
			r.mark(n, 0, roleNegates)
		}
	case *syntax.Arg:
		if n.Name != nil {
			r.mark(n, 1, roleNamesArg)
		}
	case *syntax.Freeze:
		if n.Until != nil {
			r.mark(n.Until, -1, roleWord)
		}
	case *syntax.From:
		if n.Into != nil {
			r.mark(n.Into, -1, roleWord)
		}
	}
}

// tight are the marks with no space on either side.
var tight = map[string]bool{".": true, "..": true, "**": true}

// spaced reports whether a space stands between two tokens of one line.
func spaced(a syntax.Token, ra role, b syntax.Token, rb role) bool {
	if b.Kind == syntax.CommentToken {
		return true
	}
	aMark := a.Kind == syntax.PunctToken || a.Kind == syntax.OperatorToken
	bMark := b.Kind == syntax.PunctToken || b.Kind == syntax.OperatorToken
	switch {
	case aMark && (a.Text == "(" || a.Text == "[" || a.Text == "..."), bMark && (b.Text == ")" || b.Text == "]"):
		return false
	case bMark && (b.Text == "," || b.Text == ";"):
		return false
	case aMark && tight[a.Text], bMark && tight[b.Text]:
		return false
	case ra&roleNegates != 0, ra&roleNamesArg != 0, rb&roleNamesArg != 0, rb&roleElement != 0:
		return false
	case bMark && b.Text == ":":
		return rb&roleArrow != 0
	case ra&rb&roleShape != 0 && (product(a) || product(b)):
		return false
	case bMark && (b.Text == "(" || b.Text == "["):
		return !callable(a, ra)
	}
	return true
}

// product reports whether t multiplies or divides: in shapes these stand tight,
// as in `H*W*a, VOC + 1`.
func product(t syntax.Token) bool {
	return t.Kind == syntax.OperatorToken && (t.Text == "*" || t.Text == "/" || t.Text == "%")
}

// callable reports whether a bracket right behind t calls or indexes it.
func callable(t syntax.Token, r role) bool {
	switch t.Kind {
	case syntax.IdentToken, syntax.NumberToken, syntax.StringToken:
		return r&roleWord == 0
	case syntax.KeywordToken:
		return t.Text == "true" || t.Text == "false"
	}
	return t.Text == ")" || t.Text == "]" || t.Text == "_"
}
