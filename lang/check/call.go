package check

import (
	"fmt"
	"strings"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

// evalCall evaluates a call; piped are the values in front of a `|>`. A call that
// lacks its tensors is a layer. node is what the body's numbering knows it by.
func (f *frame) evalCall(x *syntax.Call, piped []argument, label *syntax.Ident, node syntax.Node) value {
	switch fun := f.eval(x.Fun).(type) {
	case poison:
		return poison{}
	case opRef:
		return f.callOp(string(fun), x)
	case macsRef:
		return f.callMacs(fun.net, x)
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
		if !ok {
			return poison{}
		}
		return f.apply(fun, bound, append(piped[:len(piped):len(piped)], tensors...), label, node, x.Where)
	default:
		return f.fail(x.Fun.Span(), "E0302", kindOf(fun)+" cannot be called", "", "only layers, nets, blocks and functions can")
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
		var next *syntax.Param
		if given < len(positional) {
			next = positional[given]
		}
		v := argument{span: a.Where, name: nameOf(a.Value), x: a.Value, v: f.evalFor(a.Value, next)}
		if isPoison(v.v) {
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
	case *tensorValue:
		return true
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
		Hint: "it is " + typeText(p.Type),
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

// apply gives a callable more arguments, and runs it when it has its tensors.
func (f *frame) apply(c *callable, bound []boundArg, tensors []argument, label *syntax.Ident, node syntax.Node, span diag.Span) value {
	for _, t := range tensors {
		if isPoison(t.v) {
			return poison{}
		}
	}
	if len(bound) > 0 {
		more := *c
		more.bound = append(c.bound[:len(c.bound):len(c.bound)], bound...)
		c = &more
	}
	if len(tensors) == 0 {
		if len(bound) == 0 && !c.bare() {
			return c
		}
		made := *c
		made.span = span
		if made.bound == nil {
			made.bound = []boundArg{} // called, so a layer, not the block itself
		}
		return &made
	}
	return f.run(c, tensors, f.childName(label, node), span)
}

// run applies a callable to its tensors under a name of this body.
func (f *frame) run(c *callable, tensors []argument, name string, span diag.Span) value {
	if !f.spend(span) {
		return poison{}
	}
	if f.g == nil {
		return f.fail(span, "E0216", "there are no tensors here to compute with", "", "write this inside a net, a block or a section")
	}
	if f.c.calls >= maxCalls {
		return f.fail(span, "E0602", fmt.Sprintf("blocks are nested more than %d deep here", maxCalls), "", "does a block use itself?")
	}
	f.c.calls++
	defer func() { f.c.calls-- }()
	var names *nameScope
	ok := true
	switch {
	case c.inst != nil:
		stage := c.inst.path
		names = newNameScope(c.inst, stage)
	case c.block != nil && c.block.Net:
		n := f.c.netOf(c.mod, c.block)
		if n.busy {
			return f.fail(span, "E0114", fmt.Sprintf("net `%s` uses itself", c.block.Name.Name), "", "")
		}
		stage := ""
		if f.names != nil && f.names.inst.net != nil && f.names.inst.net.block != nil {
			stage = join(f.names.stage, name)
		}
		names = newNameScope(n.root, stage)
	default:
		names, ok = f.enter(name, span)
	}
	if !ok {
		return poison{}
	}
	switch {
	case c.chain != nil:
		return f.runChain(c, tensors, names)
	case c.repeat != nil:
		return f.runRepeat(c, tensors, names, span)
	case c.builtin != nil:
		return f.runLayerBuiltin(c, tensors, span)
	}
	return f.made(f.inline(c, tensors, names, span), names.stage, span)
}

// made notes where the results of a layer come from, as the body that used it sees
// it.
func (f *frame) made(v value, stage string, span diag.Span) value {
	switch v := v.(type) {
	case *tensorValue:
		t := *v
		t.made, t.stage = f.userSpan(span), stage
		return &t
	case tuple:
		out := make(tuple, len(v))
		for i, e := range v {
			out[i] = f.made(e, stage, span)
		}
		return out
	}
	return v
}

// within returns f working under other names: the parts of a chain are written in
// f's file and belong to a layer of their own.
func (f *frame) within(names *nameScope) *frame {
	g := *f
	g.names, g.loop, g.sites = names, nil, siteNames{}
	return &g
}

func (f *frame) runChain(c *callable, tensors []argument, names *nameScope) value {
	g := f.within(names)
	var v value
	for _, p := range c.chain {
		span := p.node.Span()
		if s, ok := p.node.(*syntax.Stage); ok {
			span = s.Layer.Span()
		}
		v = g.run(p.c, tensors, p.label, span)
		if isPoison(v) {
			return poison{}
		}
		tensors = spread(argument{v: v, span: span}, nil)
	}
	return v
}

func (f *frame) runRepeat(c *callable, tensors []argument, names *nameScope, span diag.Span) value {
	g := f.within(names)
	var v value = poison{}
	if len(tensors) > 0 {
		v = tensors[0].v
	}
	for i := range c.repeat.n {
		inst := names.inst.indexed(i)
		made := *c.repeat.c
		if made.inst == nil && !(made.block != nil && made.block.Net) {
			made.inst = inst
		}
		v = g.run(&made, tensors, inst.path, span)
		if isPoison(v) {
			return poison{}
		}
		tensors = spread(argument{v: v, span: span}, nil)
	}
	return v
}

// indexed returns the i-th copy of a repeated layer: path[i].
func (i *instance) indexed(n int) *instance {
	key := fmt.Sprintf("[%d]", n)
	c := i.children[key]
	if c == nil {
		c = newInstance(i.net, i.path+key)
		c.parent = i
		i.children[key] = c
	}
	return c
}

// spend takes one statement from the budget of the net.
func (f *frame) spend(span diag.Span) bool {
	f.c.budget--
	if f.c.budget >= 0 {
		return true
	}
	f.tooMuch(span)
	return false
}

func (f *frame) tooMuch(span diag.Span) value {
	if f.c.budget < -maxStatements {
		return poison{}
	}
	f.c.budget = -2 * maxStatements // said once
	return f.fail(span, "E0602", fmt.Sprintf("unrolled, this makes more than %s statements", grouped(maxStatements)), "", "loops and blocks are unrolled at compile time; do less of it")
}
