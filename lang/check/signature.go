package check

import (
	"slices"

	"github.com/netc-lang/netc/lang/syntax"
)

// checkSignatures looks for sizes in the signatures of blocks that no input binds. No use
// can make them right, so that it is told here, and uses are passed over.
func (c *checker) checkSignatures(m *module) {
	for _, d := range m.order {
		b, ok := d.(*syntax.Block)
		if !ok || b.Net || b.Sig == nil || m.decls[b.Name.Name] != syntax.Decl(b) {
			continue
		}
		f := &frame{c: c, mod: m, block: b, g: newBuilder(false), vars: newScope(nil)}
		for _, n := range signatureNames(b) {
			f.define(n, poison{})
		}
		types := []*syntax.Type{b.Sig.OutType}
		for _, p := range slices.Concat(b.Sig.In, b.Sig.Out) {
			types = append(types, p.Type)
		}
		c.unbound[b] = slices.ContainsFunc(types, f.unboundSize)
	}
}

// unboundSize reports the first name in the sizes of a type that nothing has, if any.
func (f *frame) unboundSize(t *syntax.Type) bool {
	found := false
	for ; t != nil; t = t.Or {
		for _, it := range t.Dims {
			if it.X == nil {
				continue
			}
			syntax.Inspect(it.X, func(n syntax.Node) bool {
				if name, ok := n.(*syntax.Name); ok && !found {
					if _, known := f.lookup(name.Name); !known {
						found = true
						f.evalName(name)
					}
				}
				return !found
			})
		}
	}
	return found
}

// signatureNames returns the names that the signature of a block binds.
func signatureNames(b *syntax.Block) []string {
	var out []string
	for _, p := range b.Params {
		out = append(out, p.Name.Name)
	}
	if b.Sig == nil {
		return out
	}
	for _, p := range b.Sig.In {
		out = append(out, p.Name.Name)
		for t := p.Type; t != nil; t = t.Or {
			for _, it := range t.Dims {
				if it.Pack != nil {
					out = append(out, it.Pack.Name)
				}
				if n, ok := itemName(it); ok {
					out = append(out, n)
				}
			}
		}
	}
	return out
}
