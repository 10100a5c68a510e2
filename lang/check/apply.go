package check

import (
	"fmt"
	"strconv"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/lang/syntax"
)

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
	if !f.activated(c, tensors) {
		return poison{}
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
		if n.failed {
			return poison{} // its own mistake is reported
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
	if !f.labour(names.inst.path, span) {
		return poison{}
	}
	v := f.runIn(c, tensors, names, span)
	if f.g.counts {
		names.inst.out = v
	}
	return v
}

// runIn applies a callable to its tensors under names of its own.
func (f *frame) runIn(c *callable, tensors []argument, names *nameScope, span diag.Span) value {
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
	key := "[" + strconv.Itoa(n) + "]"
	c := i.children[key]
	if c == nil {
		c = newInstance(i.net, i.path+key)
		c.frozen = i.frozen
		c.made = i.made
		i.adopt(key, c)
	}
	return c
}

// spend takes one statement from the budget of the net. What a layer of the
// prelude is made of is not the user's.
func (f *frame) spend(span diag.Span) bool {
	if f.c.work > maxWork {
		return false
	}
	if !f.mod.prelude {
		f.c.budget--
	}
	if f.c.budget >= 0 {
		return true
	}
	f.tooMuch(span)
	return false
}

// labour counts what an operation or a layer costs, whoever wrote it: all nets of a
// program are kept until its end. A long path of names weighs more.
func (f *frame) labour(path string, span diag.Span) bool {
	if f.c.work > maxWork {
		return false
	}
	if f.c.work += 1 + len(path)/64; f.c.work > maxWork {
		held := f.c.capture
		f.c.capture = nil // an `expect` around it is not what failed
		f.fail(span, "E0602", fmt.Sprintf("this program makes more than %s operations and layers", grouped(maxWork)), "",
			"nets, sections and tests are unrolled at compile time; do less of it, or divide the module")
		f.c.capture = held
		return false
	}
	return true
}

func (f *frame) tooMuch(span diag.Span) value {
	if f.c.budget < -maxStatements {
		return poison{}
	}
	f.c.budget = -2 * maxStatements // said once
	return f.fail(span, "E0602", fmt.Sprintf("unrolled, this makes more than %s statements", grouped(maxStatements)), "", "loops and blocks are unrolled at compile time; do less of it")
}
