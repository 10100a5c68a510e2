package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// evalCall evaluates a call; piped are the values in front of a `|>`. A call that
// lacks its tensors is a layer. node is what the body's numbering knows it by.
func (f *frame) evalCall(x *syntax.Call, piped []argument, label *syntax.Ident, node syntax.Node) value {
	if m, ok := x.Fun.(*syntax.Member); ok {
		if ref, is := f.costOf(m); is {
			return f.callCost(ref, x)
		}
	}
	switch fun := f.eval(x.Fun).(type) {
	case poison:
		return poison{}
	case opRef:
		return f.callOp(string(fun), x)
	case *callable:
		if fun.builtin != nil && fun.builtin.layer && len(piped) > 0 {
			l, ok := f.callBuiltin(fun, x, nil).(*callable)
			if !ok {
				return poison{}
			}
			return f.apply(l, nil, piped, label, node, x.Where)
		}
		if fun.builtin != nil {
			return f.callBuiltin(fun, x, piped)
		}
		bound, tensors, ok := f.bind(fun, x, len(piped))
		tensors = append(piped[:len(piped):len(piped)], tensors...)
		if !ok || slices.ContainsFunc(tensors, func(a argument) bool { return isPoison(a.v) }) {
			f.c.passOver(fun)
			return poison{}
		}
		return f.apply(fun, bound, tensors, label, node, x.Where)
	default:
		return f.fail(x.Fun.Span(), "E0302", f.kindOf(fun)+" cannot be called", "", "only layers, nets, blocks and functions can")
	}
}

// statics returns the compile-time parameters of a callable, and its inputs.
func (c *callable) params() (statics, inputs []*syntax.Param) {
	switch {
	case c.chain != nil, c.repeat != nil, c.inst != nil, c.block == nil:
		return nil, nil
	case c.block.Sig == nil:
		return c.block.Params, nil
	}
	return c.block.Params, c.block.Sig.In
}

// bind matches the arguments of a call with the parameters: leading tensors are
// inputs, then compile-time values by position, options by name.
func (f *frame) bind(c *callable, x *syntax.Call, piped int) (bound []boundArg, tensors []argument, ok bool) {
	statics, inputs := c.params()
	positional := byPosition(statics, c.bound)
	ok = true
	given, broken := 0, false
	for _, a := range x.Args {
		if a.Name != nil {
			b, in, good := f.bindNamed(c, a, statics, inputs, bound)
			ok = ok && good
			if good && in {
				tensors = append(tensors, b.argument)
			} else if good {
				bound = append(bound, b)
			}
			continue
		}
		if n := f.option(statics, a.Value); n != nil {
			f.fail(n.Where, "E0101", fmt.Sprintf("nothing here is called `%s`", n.Name), "", fmt.Sprintf("an option of `%s` is given by its name: `%s=...`", c.name, n.Name))
			return nil, nil, false // its value may stand beside it
		}
		var next *syntax.Param
		if given < len(positional) {
			next = positional[given]
		}
		v := argument{span: a.Where, name: nameOf(a.Value), x: a.Value, v: f.asTensor(f.evalFor(a.Value, next), a.Where)}
		if isPoison(v.v) || !isTensor(v.v) && holdsPoison(v.v) {
			ok, broken = false, true
			continue
		}
		if broken {
			continue // what the values mean depends on the one that is missing
		}
		if isTensor(v.v) && given == 0 {
			tensors = append(tensors, spread(v, a.Value)...)
			continue
		}
		if next == nil {
			f.tooMany(c, x, a, given, piped > 0 || len(tensors) > 0)
			return nil, nil, false
		}
		given++
		bound = append(bound, boundArg{next.Name.Name, v})
	}
	return bound, tensors, ok
}

// option returns the name that an argument begins with, where it is unknown and that of
// an option.
func (f *frame) option(statics []*syntax.Param, x syntax.Expr) *syntax.Name {
	if p, ok := x.(*syntax.Pipe); ok {
		x = p.Head
	}
	n, ok := x.(*syntax.Name)
	if !ok || !slices.ContainsFunc(statics, func(p *syntax.Param) bool { return p.Default != nil && p.Name.Name == n.Name }) {
		return nil
	}
	if _, known := f.lookup(n.Name); known {
		return nil
	}
	return n
}

// byPosition returns the parameters that have no default and no value yet.
func byPosition(statics []*syntax.Param, bound []boundArg) []*syntax.Param {
	have := map[string]bool{}
	for _, b := range bound {
		have[b.name] = true
	}
	var out []*syntax.Param
	for _, p := range statics {
		if p.Default == nil && !have[p.Name.Name] {
			out = append(out, p)
		}
	}
	return out
}

// isTensor reports whether v can stand for an input: a tensor, or several.
func isTensor(v value) bool {
	switch v := v.(type) {
	case *tensorValue, boxesValue, textValue:
		return true // the last two are refused by the type of the input
	case tuple:
		return len(v) > 0 && isTensor(v[0])
	case list:
		return len(v) > 0 && isTensor(v[0])
	}
	return false
}

// evalFor evaluates an argument of a parameter: its option words and initialisers
// are looked up first.
func (f *frame) evalFor(x syntax.Expr, p *syntax.Param) value {
	if p == nil {
		return f.eval(x)
	}
	if n, ok := x.(*syntax.Name); ok {
		for t := p.Type; t != nil; t = t.Or {
			for _, w := range t.Words {
				if w.Name == n.Name {
					return word(n.Name)
				}
			}
		}
		if words := wordsOf(p.Type); len(words) > 0 {
			if _, known := f.lookup(n.Name); !known {
				return f.notAWord(n, p, words)
			}
		}
	}
	if p.Type.Name.Name == "init" {
		return f.evalInit(x)
	}
	return f.eval(x)
}

func wordsOf(t *syntax.Type) []string {
	var out []string
	for ; t != nil; t = t.Or {
		for _, w := range t.Words {
			out = append(out, w.Name)
		}
	}
	return out
}

func (f *frame) notAWord(n *syntax.Name, p *syntax.Param, words []string) value {
	d := diag.Diagnostic{
		Code: "E0101", Message: fmt.Sprintf("`%s` is no value of `%s`", n.Name, p.Name.Name),
		Hint: "it is " + wanted(p.Type),
	}
	if near := diag.Closest(n.Name, words); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
		d.Edits = []diag.Edit{{Span: n.Where, Text: near}}
	}
	return f.report(n.Where, d)
}

func (f *frame) bindNamed(c *callable, a *syntax.Arg, statics, inputs []*syntax.Param, before []boundArg) (b boundArg, input, ok bool) {
	name := a.Name.Name
	for _, o := range append(append([]boundArg{}, c.bound...), before...) {
		if o.name == name {
			f.fail(a.Name.Where, "E0302", fmt.Sprintf("`%s` is given twice", name), "", "remove one of the two")
			return b, false, false
		}
	}
	var names []string
	for _, p := range statics {
		if p.Name.Name == name {
			v := argument{span: a.Value.Span(), name: nameOf(a.Value), v: f.evalFor(a.Value, p)}
			return boundArg{name, v}, false, !isPoison(v.v)
		}
		names = append(names, p.Name.Name)
	}
	for _, p := range inputs {
		if p.Name.Name == name {
			v := argument{span: a.Value.Span(), name: nameOf(a.Value), v: f.eval(a.Value)}
			return boundArg{name, v}, true, !isPoison(v.v)
		}
		names = append(names, p.Name.Name)
	}
	d := diag.Diagnostic{Code: "E0302", Message: fmt.Sprintf("`%s` has no option `%s`", c.name, name)}
	if near := diag.Closest(name, names); near != "" {
		d.Label = fmt.Sprintf("did you mean `%s`?", near)
		d.Edits = []diag.Edit{{Span: a.Name.Where, Text: near}}
	}
	d.Hint = "it has " + alternatives(optionNames(statics), "and")
	if len(optionNames(statics)) == 0 {
		d.Hint = "it has no options"
	}
	f.report(a.Name.Where, d)
	return b, false, false
}

func optionNames(statics []*syntax.Param) []string {
	var out []string
	for _, p := range statics {
		if p.Default != nil {
			out = append(out, p.Name.Name)
		}
	}
	return out
}

// alternatives joins words as "a, b or c".
func alternatives(words []string, last string) string {
	for i := range words {
		words[i] = strings.Trim(words[i], "`")
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}

// tooMany is E0301: a value by position where only options are left.
func (f *frame) tooMany(c *callable, x *syntax.Call, a *syntax.Arg, given int, hasTensors bool) {
	statics, inputs := c.params()
	v := f.eval(a.Value)
	if isPoison(v) {
		return
	}
	var could []string
	for _, p := range statics {
		if p.Default != nil && p.Type.Name.Name != "init" && f.accepts(p.Type, v) {
			could = append(could, p.Name.Name)
		}
	}
	d := diag.Diagnostic{Code: "E0301", Message: fmt.Sprintf("`%s` takes %s by position; the rest go by name", c.name, plural(given, "value"))}
	if len(optionNames(statics)) == 0 {
		d.Message = fmt.Sprintf("`%s` takes %s", c.name, plural(given, "value"))
		if c.inst != nil || c.chain != nil || c.repeat != nil {
			d.Message = fmt.Sprintf("`%s` is a layer that exists already, and takes only tensors", c.name)
		}
	}
	if isTensor(v) && len(inputs) > 0 {
		d.Message = fmt.Sprintf("the tensors of `%s` come before its other values", c.name)
	} else if len(could) > 0 {
		d.Label = "this could be " + alternatives(could, "or")
		text := x.Where.Text()
		if at, end := a.Where.Start-x.Where.Start, a.Where.End-x.Where.Start; at >= 0 && end <= len(text) && !strings.Contains(text, "\n") {
			d.Hint = fmt.Sprintf("write `%s%s=%s)`", text[:at], could[0], text[at:end])
		}
	}
	f.report(a.Where, d)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
