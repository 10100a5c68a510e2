package syntax

import (
	"strconv"

	"github.com/alecthomas/participle/v2/lexer"
)

// body converts statements; that of an absent body is nil, that of `{ }` is not.
func (c *converter) body(b *body) []Stmt {
	if b == nil {
		return nil
	}
	out := make([]Stmt, 0, len(b.List))
	for _, s := range b.List {
		out = append(out, c.stmt(s))
	}
	return out
}

func (c *converter) stmt(s *stmt) Stmt {
	switch {
	case s.Return != nil:
		return &Return{c.at(s.Return.node), c.exprs(s.Return.Values)}
	case s.For != nil:
		f := s.For
		return &For{c.at(f.node), c.optional(f.Index), c.idents(f.Vars), c.expr(f.In), c.body(f.Body)}
	case s.If != nil:
		return c.ifStmt(s.If)
	case s.Assert != nil:
		out := &Assert{At: c.at(s.Assert.node), Cond: c.expr(s.Assert.Cond)}
		if s.Assert.Msg != nil {
			out.Msg = unquote(s.Assert.Msg.Value)
		}
		return out
	case s.State != nil:
		return c.state(s.State)
	}
	return c.let(s.Let)
}

func (c *converter) ifStmt(s *ifStmt) *If {
	out := &If{c.at(s.node), c.expr(s.Cond), c.body(s.Then), c.body(s.Else)}
	if s.Elif != nil {
		out.Else = []Stmt{c.ifStmt(s.Elif)}
	}
	return out
}

func (c *converter) state(s *stateStmt) *State {
	return &State{
		At: c.at(s.node), Frozen: s.Frozen != nil, Kind: s.Kind.Value, Name: c.ident(s.Name),
		Type: c.typ(s.Type), Value: c.expr(s.Value),
	}
}

func (c *converter) let(l *letStmt) *Let {
	return &Let{c.at(l.node), c.doc(l.node), c.idents(l.Names), c.typ(l.Type), c.expr(l.Value)}
}

func (c *converter) exprs(list []*expression) []Expr {
	var out []Expr
	for _, e := range list {
		out = append(out, c.expr(e))
	}
	return out
}

// expr converts an expression; an absent one is nil.
func (c *converter) expr(e *expression) Expr {
	switch {
	case e == nil:
		return nil
	case e.Cond != nil:
		return &Cond{c.at(e.node), c.expr(e.Cond.If), c.expr(e.Cond.Then), c.expr(e.Cond.Else)}
	}
	p := e.Pipe
	head := c.operation(p.Head)
	if p.As == nil && len(p.Stages) == 0 {
		return head
	}
	out := &Pipe{At: c.at(e.node), Head: head, HeadAs: c.optional(p.As)}
	for _, s := range p.Stages {
		out.Stages = append(out.Stages, &Stage{c.at(s.node), c.postfix(s.Layer), c.optional(s.As)})
	}
	return out
}

func (c *converter) postfix(p *postfix) Expr {
	x := c.primary(p)
	for _, t := range p.Tail {
		at := At{x.Span().To(c.at(t.node).Where)}
		switch {
		case t.Call != nil:
			call := &Call{At: at, Fun: x}
			for _, a := range t.Call.List {
				call.Args = append(call.Args, &Arg{c.at(a.node), c.optional(a.Name), c.expr(a.Value)})
			}
			x = call
		case t.Index != nil:
			x = &Index{at, x, c.items(t.Index.List)}
		default:
			x = &Member{at, x, c.ident(*t.Member)}
		}
	}
	return x
}

func (c *converter) primary(post *postfix) Expr {
	single := func(t *lexer.Token) At { return At{c.token(*t)} }
	switch p := post.X; {
	case p.Number != nil:
		return &Number{single(p.Number), p.Number.Value}
	case p.String != nil:
		return &String{single(p.String), unquote(p.String.Value)}
	case p.Bool != nil:
		return &Bool{single(p.Bool), p.Bool.Value == "true"}
	case p.Any != nil:
		return &Any{single(p.Any)}
	case p.Name != nil:
		return &Name{single(p.Name), p.Name.Value}
	case p.Tuple != nil:
		return &Tuple{c.brackets(post), c.exprs(p.Tuple.Elems)}
	default:
		return &List{c.brackets(post), c.exprs(p.List.Elems)}
	}
}

// brackets returns the span of the tuple or list at the begin of a postfix.
func (c *converter) brackets(p *postfix) At {
	open := p.Tokens[0]
	at := c.token(open)
	if mate := c.toks[open.Pos.Line].mate; mate >= 0 {
		at = at.To(c.toks[mate].span(c.src))
	}
	return At{at}
}

// unquote returns the value of a string token. One that the scanner reported
// keeps its text.
func unquote(text string) string {
	if s, err := strconv.Unquote(text); err == nil {
		return s
	}
	return text
}
