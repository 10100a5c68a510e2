package passes

import "github.com/netc-lang/netc/ir"

// verify checks the invariants of a module.
func verify(m *ir.Module) error { return nil }
