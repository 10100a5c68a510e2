//go:build !amd64 || purego

package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Without assembly no plan has taps.
func (a *depthTapsArgs) run(kernel.ISA, int, int) { panic("blocked: no assembly in this build") }
