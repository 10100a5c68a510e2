package check

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/lang/syntax"
)

// inline elaborates a block at one use of it.
func (f *frame) inline(c *callable, tensors []argument, names *nameScope, span diag.Span) value {
	b := c.block
	in := &frame{
		c: f.c, mod: c.mod, block: b, g: f.g, names: names, sites: f.c.sitesOf(b), vars: newScope(nil),
		caller: f, site: span, test: f.test && !b.Net,
	}
	f.noteBlock(b, names)
	if f.c.passed[b] {
		f.c.doubt++
		defer func() { f.c.doubt-- }()
	}
	before := f.c.problems()
	v := f.inlineBody(in, c, tensors, span)
	if f.c.problems() > before || isPoison(v) {
		f.c.taint(b)
		f.c.passOver(c)
	}
	return v
}

func (f *frame) inlineBody(in *frame, c *callable, tensors []argument, span diag.Span) value {
	b := c.block
	if f.c.unbound[b] || !f.bindStatics(in, c, span) {
		return poison{}
	}
	if b.Sig == nil {
		return in.macro(c, tensors, span)
	}
	if !f.bindInputs(in, c, tensors, span) {
		return poison{}
	}
	for _, w := range b.Sig.Where {
		if !in.holds(w, span) {
			return poison{}
		}
	}
	return in.result(in.body())
}

// macro runs a block without a signature, which names a layer.
func (f *frame) macro(c *callable, tensors []argument, span diag.Span) value {
	v := f.body()
	if len(v) == 1 {
		if l, ok := v[0].(*callable); ok {
			return f.within(f.names).run(l, tensors, "_", span)
		}
		if isPoison(v[0]) {
			return poison{}
		}
	}
	return f.fail(c.block.Name.Where, "E0302", fmt.Sprintf("`%s` has no inputs, so its value must be a layer", c.name), "", "give it a signature: `: (x: f32[N, C, H, W])`")
}

// body runs the expression or the statements and returns the results.
func (f *frame) body() []value {
	b := f.block
	if b.Value != nil {
		v := f.eval(b.Value)
		if t, ok := v.(tuple); ok {
			return t
		}
		return []value{v}
	}
	v, returned := f.exec(b.Body)
	if !returned {
		at := b.Name.Where
		f.fail(at, "E0220", fmt.Sprintf("`%s` returns nothing", b.Name.Name), "", "end it with `return`")
		return []value{poison{}}
	}
	return v
}

// bindStatics gives the compile-time parameters their values.
func (f *frame) bindStatics(in *frame, c *callable, span diag.Span) bool {
	in.given = c.bound
	ok := true
	var missing []string
	for _, p := range c.block.Params {
		a, have := given(c.bound, p.Name.Name)
		var v value
		switch {
		case have:
			v = f.convert(a.v, p.Type, a, role{p.Name.Name, c.name})
		case p.Default != nil:
			v = in.evalFor(p.Default, p)
			if !isPoison(v) {
				v = in.convert(v, p.Type, argument{v: v, span: p.Default.Span()}, role{p.Name.Name, c.name})
			}
		default:
			missing = append(missing, "`"+p.Name.Name+"`")
			v = poison{}
		}
		ok = ok && !isPoison(v)
		in.define(p.Name.Name, v)
	}
	if len(missing) > 0 {
		f.fail(span, "E0303", fmt.Sprintf("`%s` also needs %s", c.name, joinAnd(missing)), "", "it is written `"+usage(c)+"`")
		return false
	}
	return ok
}

// blame finds the value that a user gave for x, which is written in the prelude: the
// caret belongs under it and not under the whole call. The frame is the one to report
// it from.
func (f *frame) blame(x syntax.Expr) (*frame, diag.Span, bool) {
	for at := f; at.mod.prelude && at.caller != nil; at = at.caller {
		var found argument
		ok := false
		if x != nil {
			syntax.Inspect(x, func(n syntax.Node) bool {
				if name, is := n.(*syntax.Name); is && !ok {
					found, ok = given(at.given, name.Name)
				}
				return !ok
			})
		}
		if !ok {
			return nil, diag.Span{}, false
		}
		if !at.caller.mod.prelude {
			return at.caller, found.span, found.span.IsValid()
		}
		x = found.x
	}
	return nil, diag.Span{}, false
}

func joinAnd(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// usage prints how a block is called: conv(out, k, stride=1, pad=half).
func usage(c *callable) string {
	var parts []string
	for _, p := range c.block.Params {
		if p.Default != nil {
			parts = append(parts, p.Name.Name+"="+p.Default.Span().Text())
		} else {
			parts = append(parts, p.Name.Name)
		}
	}
	if len(parts) == 0 {
		return c.name
	}
	return c.name + "(" + strings.Join(parts, ", ") + ")"
}

// bindInputs gives the inputs their tensors and binds the sizes in their types.
func (f *frame) bindInputs(in *frame, c *callable, tensors []argument, span diag.Span) bool {
	params := c.block.Sig.In
	if f.swapped(in, c, params, tensors) {
		return false
	}
	ok := true
	next := 0
	for i, p := range params {
		switch {
		case p.Variadic:
			rest := variadic(tensors[next:])
			next = len(tensors)
			in.define(p.Name.Name, rest.v)
			in.inputs = append(in.inputs, boundArg{p.Name.Name, rest})
			for _, v := range elements(rest.v) {
				if _, is := v.(*tensorValue); !is && !isPoison(v) {
					f.fail(rest.span, "E0202", fmt.Sprintf("`%s` wants tensors, and this is %s", c.name, f.kindOf(v)), "", "")
					ok = false
				}
			}
		case next < len(tensors):
			a := tensors[next]
			next++
			in.inputs = append(in.inputs, boundArg{p.Name.Name, a})
			in.define(p.Name.Name, a.v)
			if !ok && in.waitsFor(p.Type) {
				continue // for a size of the input that does not fit
			}
			ok = f.matchInput(in, c, p, a) && ok
		case p.Default != nil:
			v := in.eval(p.Default)
			ok = ok && !isPoison(v)
			in.define(p.Name.Name, v)
			a := argument{v: v, span: span}
			if ok {
				ok = f.matchInput(in, c, p, a)
			}
		default:
			var want []string
			for _, q := range params[i:] {
				want = append(want, "`"+q.Name.Name+"`")
			}
			f.fail(span, "E0302", fmt.Sprintf("`%s` takes %s, and %s is missing", c.name, plural(len(params), "tensor"), joinAnd(want)),
				"", fmt.Sprintf("write `(%s) |> %s`", inputNames(params), c.name))
			return false
		}
	}
	if next < len(tensors) {
		f.fail(tensors[next].span, "E0302", fmt.Sprintf("`%s` takes %s, and this is one more", c.name, plural(len(params), "tensor")), "", "")
		return false
	}
	return ok
}

// waitsFor reports whether a type computes with a size that nothing has bound.
func (f *frame) waitsFor(t *syntax.Type) bool {
	for ; t != nil; t = t.Or {
		for _, it := range t.Dims {
			if it.Pack != nil {
				continue
			}
			if _, alone := it.X.(*syntax.Name); alone {
				continue
			}
			for _, n := range sizeNames(it.X) {
				if _, known := f.lookup(n); !known {
					return true
				}
			}
		}
	}
	return false
}

func inputNames(params []*syntax.Param) string {
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name.Name
	}
	return strings.Join(names, ", ")
}

// variadic collects the rest of the tensors; a list among them is spread.
func variadic(rest []argument) argument {
	var out list
	a := argument{}
	for _, t := range rest {
		if !a.span.IsValid() {
			a.span = t.span
		} else {
			a.span = a.span.To(t.span)
		}
		if l, ok := t.v.(list); ok {
			out = append(out, l...)
			continue
		}
		out = append(out, t.v)
	}
	a.v = out
	return a
}

// result checks what the body returned against the signature.
func (f *frame) result(vs []value) value {
	for _, v := range vs {
		if isPoison(v) {
			return poison{}
		}
	}
	sig := f.block.Sig
	if sig.Out != nil && len(vs) != len(sig.Out) {
		return f.fail(f.returnSpan(), "E0220", fmt.Sprintf("`%s` promises %s and returns %d", f.block.Name.Name, plural(len(sig.Out), "result"), len(vs)), "", "")
	}
	if sig.OutType != nil && len(vs) != 1 {
		return f.fail(f.returnSpan(), "E0220", fmt.Sprintf("`%s` promises one result and returns %d", f.block.Name.Name, len(vs)), "", "")
	}
	ok := true
	for i, v := range vs {
		t, is := v.(*tensorValue)
		if !is {
			if f.mod.prelude {
				continue // size arithmetic of the prelude
			}
			f.fail(f.returnSpan(), "E0220", fmt.Sprintf("`%s` returns %s, and a block returns tensors", f.block.Name.Name, f.kindOf(v)), "", "")
			return poison{}
		}
		switch {
		case sig.Out != nil:
			ok = f.matchOutput(sig.Out[i].Type, t, "`"+sig.Out[i].Name.Name+"`") && ok
		case sig.OutType != nil:
			ok = f.matchOutput(sig.OutType, t, "its result") && ok
		}
	}
	if !ok {
		return poison{}
	}
	if len(vs) == 1 {
		return vs[0]
	}
	return tuple(vs)
}

// returnSpan is where the results are made: the expression, or the last return.
func (f *frame) returnSpan() diag.Span {
	if f.block.Value != nil {
		if p, ok := f.block.Value.(*syntax.Pipe); ok && len(p.Stages) > 0 {
			return p.Stages[len(p.Stages)-1].Layer.Span()
		}
		return f.block.Value.Span()
	}
	for i := len(f.block.Body) - 1; i >= 0; i-- {
		if r, ok := f.block.Body[i].(*syntax.Return); ok && len(r.Values) > 0 {
			if p, ok := r.Values[0].(*syntax.Pipe); ok && len(r.Values) == 1 && len(p.Stages) > 0 {
				return p.Stages[len(p.Stages)-1].Layer.Span()
			}
			return r.Where
		}
	}
	return f.block.Name.Where
}

// holds checks a where clause at a use.
func (f *frame) holds(w syntax.Expr, span diag.Span) bool {
	v := f.eval(w)
	switch v := v.(type) {
	case bool:
		if v {
			return true
		}
		label := ""
		if b, ok := w.(*syntax.Binary); ok {
			var parts []string
			for _, n := range sizeNames(b) {
				if x, ok := f.lookup(n); ok {
					if s, ok := sizeOf(x); ok {
						parts = append(parts, n+" is "+s.String())
					}
				}
			}
			label = strings.Join(parts, ", ")
		}
		f.caller.fail(span, "E0203", fmt.Sprintf("`%s` wants %s", f.block.Name.Name, w.Span().Text()), label, "")
	case undecided:
		d := diag.Diagnostic{Code: "E0203", Message: fmt.Sprintf("`%s` wants %s, and that is not always so", f.block.Name.Name, w.Span().Text())}
		if b, ok := w.(*syntax.Binary); ok && b.Op == "==" {
			s, sok := sizeOf(f.eval(b.Left))
			t, tok := sizeOf(f.eval(b.Right))
			if sok && tok && s.den == 1 && t.den == 1 {
				f.describe(&d, f.prove(s.e, t.e))
			}
		}
		f.caller.report(span, d)
	case poison:
	default:
		f.fail(w.Span(), "E0211", "a condition is true or false, and this is "+f.kindOf(v), "", "")
	}
	return false
}

// describe adds the counterexample and the repair of a failed proof.
func (f *frame) describe(d *diag.Diagnostic, v sym.Verdict) {
	if len(v.Counterexample) > 0 {
		d.Label = "not for " + example(v.Counterexample)
	}
	if v.RepairModulus > 1 {
		d.Hint = f.repairHint(v)
	}
}

// sizeNames returns the names an expression uses, in order.
func sizeNames(x syntax.Expr) []string {
	var out []string
	seen := map[string]bool{}
	syntax.Inspect(x, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Name); ok && !seen[id.Name] {
			seen[id.Name] = true
			out = append(out, id.Name)
		}
		return true
	})
	return out
}
