//go:build !amd64 || purego

package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Without assembly no plan has tiles.

func (t *convDWArgs) run(kernel.ISA, int, int, int) { panic("blocked: no assembly in this build") }

func (a *dwSumsArgs) run(bool) { panic("blocked: no assembly in this build") }

func (a *dwQuartersArgs) run() { panic("blocked: no assembly in this build") }

func addTo(kernel.ISA, []float32, []float32) { panic("blocked: no assembly in this build") }

func transpose([]float32, int, int, []float32, []int32) {
	panic("blocked: no assembly in this build")
}
