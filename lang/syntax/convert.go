package syntax

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/netc-lang/netc/internal/diag"
)

// converter turns the parse tree of one declaration into the tree of ast.go.
type converter struct {
	src      *diag.File
	raw      []Token // with comments
	toks     []lexeme
	problems diag.List
}

// token returns the span of one token.
func (c *converter) token(t lexer.Token) diag.Span {
	end := min(t.Pos.Offset+len(t.Value), len(c.src.Text))
	return diag.Span{File: c.src, Start: min(t.Pos.Offset, end), End: end}
}

// at returns the span of the tokens of a production, without a `;` at its end.
func (c *converter) at(n node) At {
	toks := n.Tokens
	for len(toks) > 1 && toks[len(toks)-1].Value == ";" {
		toks = toks[:len(toks)-1]
	}
	if len(toks) == 0 {
		return At{diag.Span{File: c.src}}
	}
	return At{c.token(toks[0]).To(c.token(toks[len(toks)-1]))}
}

func (c *converter) ident(t lexer.Token) Ident {
	return Ident{At: At{c.token(t)}, Name: t.Value}
}

func (c *converter) optional(t *lexer.Token) *Ident {
	if t == nil {
		return nil
	}
	id := c.ident(*t)
	return &id
}

// idents takes the names out of `a, b, c`.
func (c *converter) idents(toks []lexer.Token) []Ident {
	var out []Ident
	for _, t := range toks {
		if t.Type == typeIdent {
			out = append(out, c.ident(t))
		}
	}
	return out
}

// doc returns the comment right above a declaration: whole lines of comments
// with no blank line between.
func (c *converter) doc(n node) string {
	if len(n.Tokens) == 0 {
		return ""
	}
	first := c.toks[n.Tokens[0].Pos.Line]
	if !first.first {
		return ""
	}
	end := first.raw
	begin := end
	for ; begin > 0; begin-- {
		t := c.raw[begin-1]
		alone := begin-1 == 0 || t.Newlines > 0
		if t.Kind != CommentToken || !alone || c.raw[begin].Newlines != 1 {
			break
		}
	}
	var lines []string
	for _, t := range c.raw[begin:end] {
		lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(t.Text, "//"), " "))
	}
	return strings.Join(lines, "\n")
}

func (c *converter) decl(d *decl) Decl {
	switch {
	case d.Const != nil:
		k := d.Const
		return &Const{c.at(k.node), c.doc(k.node), c.ident(k.Name), c.typ(k.Type), c.expr(k.Value)}
	case d.Classes != nil:
		k := d.Classes
		return &Classes{c.at(k.node), c.doc(k.node), c.ident(k.Name), c.expr(k.Value)}
	case d.Block != nil:
		return c.block(d.Block)
	case d.Data != nil:
		return c.data(d.Data)
	case d.Train != nil:
		k := d.Train
		return &Train{c.at(k.node), c.doc(k.node), c.ref(k.Net), c.ref(k.Data), c.trainBody(k.Body)}
	case d.Predict != nil:
		k := d.Predict
		out := &Predict{At: c.at(k.node), Doc: c.doc(k.node), Net: c.ref(k.Net), Data: c.optionalRef(k.Data)}
		for _, l := range k.Body {
			out.Body = append(out.Body, c.let(l))
		}
		return out
	case d.Weights != nil:
		return c.weights(d.Weights)
	case d.Section != nil:
		return c.section(d.Section)
	}
	k := d.Test
	out := &Test{At: c.at(k.node), NameAt: c.token(k.Name), Name: unquote(k.Name.Value)}
	for _, s := range k.Body {
		if e := s.Expect; e != nil {
			out.Body = append(out.Body, &Expect{c.at(e.node), c.ident(e.Code), c.body(e.Body)})
		} else {
			out.Body = append(out.Body, c.stmt(s.Stmt))
		}
	}
	return out
}

func (c *converter) block(b *blockDecl) *Block {
	out := &Block{
		At: c.at(b.node), Doc: c.doc(b.node), Net: b.Kind.Value == "net", Name: c.ident(b.Name),
		Params: c.params(b.Params), Value: c.expr(b.Value), Body: c.body(b.Body),
	}
	if s := b.Sig; s != nil {
		sig := &Signature{At: c.at(s.node), In: c.params(s.In), Where: c.exprs(s.Where)}
		if s.Out != nil {
			sig.Out, sig.OutType = c.params(s.Out.Named), c.typ(s.Out.Type)
		}
		out.Sig = sig
	}
	return out
}

func (c *converter) params(p *parameters) []*Param {
	if p == nil {
		return nil
	}
	out := make([]*Param, 0, len(p.List))
	for _, x := range p.List {
		out = append(out, &Param{
			At: c.at(x.node), Name: c.ident(x.Name), Variadic: x.Pack != nil,
			Type: c.typ(x.Type), Default: c.expr(x.Default),
		})
	}
	return out
}

func (c *converter) typ(t *typeExpr) *Type {
	if t == nil {
		return nil
	}
	out := &Type{At: c.at(t.node), List: c.typ(t.List), Or: c.typ(t.Or)}
	switch {
	case t.Words != nil:
		out.Words = c.idents(t.Words.Names)
	case t.Tuple != nil:
		for _, e := range t.Tuple.Elems {
			out.Tuple = append(out.Tuple, c.typ(e))
		}
	case t.Tensor != nil:
		k := t.Tensor
		out.Name, out.Member = c.ident(k.Name), c.optional(k.Member)
		if k.Dims != nil {
			out.HasDims, out.Dims = true, c.items(k.Dims.List)
		}
	}
	return out
}

func (c *converter) items(list []*item) []*Item {
	out := make([]*Item, 0, len(list))
	for _, x := range list {
		it := &Item{At: c.at(x.node), X: c.expr(x.X)}
		if x.Pack != nil {
			it.Pack = &Ident{At: At{c.token(*x.Pack)}}
			if x.Name != nil {
				it.Pack = c.optional(x.Name)
			}
		}
		out = append(out, it)
	}
	return out
}

func (c *converter) ref(r *ref) Ref {
	out := Ref{At: c.at(r.node), Name: c.ident(r.First)}
	if r.Second != nil {
		out.Module, out.Name = c.optional(&r.First), c.ident(*r.Second)
	}
	return out
}

func (c *converter) optionalRef(r *ref) *Ref {
	if r == nil {
		return nil
	}
	out := c.ref(r)
	return &out
}

func (c *converter) data(d *dataDecl) *Data {
	out := &Data{At: c.at(d.node), Doc: c.doc(d.node), Name: c.ident(d.Name)}
	for _, s := range d.Body {
		switch {
		case s.Sample != nil:
			out.Body = append(out.Body, &Sample{c.at(s.Sample.node), c.params(s.Sample.Fields)})
		case s.Flow != nil:
			f := s.Flow
			out.Body = append(out.Body, &Flow{c.at(f.node), c.ident(f.Kind), c.idents(f.Names), c.expr(f.Value)})
		default:
			out.Body = append(out.Body, c.let(s.Let))
		}
	}
	return out
}

func (c *converter) trainBody(list []*trainStmt) []Node {
	var out []Node
	for _, s := range list {
		switch {
		case s.Metric != nil:
			out = append(out, &Metric{c.at(s.Metric.node), c.let(s.Metric.Let)})
		case s.Memory != nil:
			m := s.Memory
			out = append(out, &Memory{c.at(m.node), Number{At{c.token(m.Limit)}, m.Limit.Value}, c.ident(m.Unit)})
		case s.Freeze != nil:
			f := s.Freeze
			out = append(out, &Freeze{c.at(f.node), c.exprs(f.Paths), c.expr(f.Until)})
		case s.Phase != nil:
			out = append(out, &Phase{c.at(s.Phase.node), c.ident(s.Phase.Name), c.trainBody(s.Phase.Body)})
		case s.State != nil:
			out = append(out, c.state(s.State))
		default:
			out = append(out, c.let(s.Let))
		}
	}
	return out
}

func (c *converter) weights(w *weightsDecl) *Weights {
	out := &Weights{At: c.at(w.node), Net: c.ref(w.Net)}
	for _, f := range w.From {
		from := &From{At: c.at(f.node), Source: c.expr(f.Source), Into: c.expr(f.Into)}
		if f.SHA256 != nil {
			from.SHA256, from.SHA256At = unquote(f.SHA256.Value), c.token(*f.SHA256)
		}
		for _, r := range f.Rules {
			rule := &Rule{At: c.at(r.node), Skip: r.Skip != nil}
			first := r.From
			if rule.Skip {
				first = r.Skip
			}
			rule.From, rule.FromAt = unquote(first.Value), c.token(*first)
			if r.To != nil {
				rule.To, rule.ToAt = unquote(r.To.Value), c.token(*r.To)
			}
			from.Rules = append(from.Rules, rule)
		}
		out.From = append(out.From, from)
	}
	return out
}

func (c *converter) section(s *sectionDecl) *Section {
	out := &Section{
		At: c.at(s.node), Doc: c.doc(s.node), Kind: c.ident(s.Kind),
		Name: c.ref(s.Name), Of: c.optionalRef(s.Of),
	}
	for _, x := range s.Body {
		if x.Require != nil {
			out.Body = append(out.Body, &Require{c.at(x.Require.node), c.expr(x.Require.Cond)})
		} else {
			out.Body = append(out.Body, c.let(x.Let))
		}
	}
	return out
}
