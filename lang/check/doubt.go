package check

import "github.com/netc-lang/netc/lang/syntax"

// passOver remembers that a use of a block was passed over, since a mistake in front of
// it left nothing to use the block on, or that it went wrong itself. What further uses
// show, with other sizes, may have been to be told of this one: it is told once the
// mistake is repaired.
func (c *checker) passOver(fun *callable) {
	b := fun.block
	c.repeats++ // so that a loop does not go on to what it would not have come to
	if b == nil || fun.mod == nil || fun.mod.prelude || c.passed[b] || c.capture != nil {
		return
	}
	c.passed[b] = true
	c.passOverIn(fun.mod, b)
}

// passOver remembers that the data of a section were not given to its net: whether they
// fit further nets, and others this one, is told once the mistake is repaired.
func (s *section) passOver() {
	if s.info != nil {
		s.info.unfed = true
	}
	if s.info != nil && s.net != nil {
		s.c.passOver(s.net.callable())
	}
}

// passOverIn does so for the blocks of which the uses stand in a body that went wrong.
func (c *checker) passOverIn(m *module, body *syntax.Block) {
	syntax.Inspect(body, func(n syntax.Node) bool {
		if name, ok := n.(*syntax.Name); ok {
			if v, ok := c.declared(m, name.Name); ok {
				if fun, ok := v.(*callable); ok {
					c.passOver(fun)
				}
			}
		}
		return true
	})
}
