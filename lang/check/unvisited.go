package check

import "github.com/netc-lang/netc/lang/syntax"

// checkUnvisited looks at blocks that nothing uses. Their shapes depend on a use,
// but a name that nothing has is wrong in any.
func (c *checker) checkUnvisited(m *module) {
	for _, d := range m.order {
		b, ok := d.(*syntax.Block)
		if !ok || b.Net || m.decls[b.Name.Name] != syntax.Decl(b) {
			continue
		}
		if _, visited := c.sites[b]; visited || c.unbound[b] {
			continue
		}
		f := &frame{c: c, mod: m, block: b, g: newBuilder(false), vars: newScope(nil), sites: c.sitesOf(b)}
		for _, n := range boundNames(b) {
			f.define(n, poison{})
		}
		f.resolveNames(b)
	}
}

// boundNames returns every name that a block binds anywhere.
func boundNames(b *syntax.Block) []string {
	var out []string
	ids := func(list ...syntax.Ident) {
		for _, id := range list {
			out = append(out, id.Name)
		}
	}
	optional := func(id *syntax.Ident) {
		if id != nil {
			ids(*id)
		}
	}
	out = append(out, signatureNames(b)...)
	syntax.Inspect(b, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Let:
			ids(n.Names...)
		case *syntax.For:
			optional(n.Index)
			ids(n.Vars...)
		case *syntax.State:
			ids(n.Name)
		case *syntax.Pipe:
			optional(n.HeadAs)
		case *syntax.Stage:
			optional(n.As)
		}
		return true
	})
	return out
}

// resolveNames reports the names that are bound nowhere. A bare name that is an
// argument may be an option word of what is called, which only a use can tell.
func (f *frame) resolveNames(b *syntax.Block) {
	words := map[syntax.Node]bool{}
	syntax.Inspect(b, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Param:
			words[n.Default] = true
		case *syntax.Arg:
			words[n.Value] = true
			if call, ok := n.Value.(*syntax.Call); ok {
				words[call.Fun] = true
			}
		case *syntax.State:
			words[n.Value] = true
			if call, ok := n.Value.(*syntax.Call); ok {
				words[call.Fun] = true
			}
		case *syntax.Name:
			if words[n] {
				return true
			}
			if _, ok := f.lookup(n.Name); !ok {
				f.evalName(n)
			}
		}
		return true
	})
}
