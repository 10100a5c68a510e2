//go:build !amd64 || purego

package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// run runs a row kernel.
func (a *mapRowsArgs) run(_ kernel.ISA, k mapRowsKernel) { a.generic(k) }
