package gogen

import (
	"testing"

	"github.com/netc-lang/netc/codegen/kernel"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/passtest"
)

// TestRegionsInVectors holds that passes know which regions get assembly: those that
// codegen/kernel writes some for.
func TestRegionsInVectors(t *testing.T) {
	count := map[bool]int{}
	for seed := range uint64(40) {
		m := planWith(t, passtest.Pictures("Net", 1e6+seed), target.OnlyPlain)
		for _, f := range m.Funcs {
			for _, in := range f.Instrs {
				if in.Op.Name != "fused" {
					continue
				}
				r, _, _ := (&lowering{}).regionSteps(in, in.Body)
				_, err := kernel.Sets(r)
				if got := kernels.InVectors(in); got != (err == nil) {
					t.Errorf("net %d: region at %v: got %t from InVectors, and from codegen/kernel: %v", seed, in.Pos, got, err)
				}
				count[err == nil]++
			}
		}
	}
	if count[true] < 100 || count[false] < 20 {
		t.Errorf("got %d regions with assembly and %d without, want many of both", count[true], count[false])
	}
}
