//go:build !amd64 || purego

package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Without assembly no plan has taps.
func (a *depthTapsArgs) run(kernel.ISA, int, int) { panic("blocked: no assembly in this build") }

func (a *depthFilterArgs) run(kernel.ISA, int) { panic("blocked: no assembly in this build") }

func turnFilters(_, _ []float32) { panic("blocked: no assembly in this build") }
