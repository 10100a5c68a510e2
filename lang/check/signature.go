package check

import "github.com/netc-lang/netc/lang/syntax"

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
		before := c.problems()
		for _, p := range b.Sig.In {
			f.resolveSizes(p.Type)
		}
		for _, r := range b.Sig.Out {
			f.resolveSizes(r.Type)
		}
		f.resolveSizes(b.Sig.OutType)
		c.unbound[b] = c.problems() > before
	}
}

// resolveSizes reports the names in the sizes of a type that nothing has.
func (f *frame) resolveSizes(t *syntax.Type) {
	for ; t != nil; t = t.Or {
		for _, it := range t.Dims {
			if it.X == nil {
				continue
			}
			syntax.Inspect(it.X, func(n syntax.Node) bool {
				if name, ok := n.(*syntax.Name); ok {
					if _, known := f.lookup(name.Name); !known {
						f.evalName(name)
					}
				}
				return true
			})
		}
	}
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
