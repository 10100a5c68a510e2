package passtest

import (
	"slices"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// TestPicturesDrawEveryOp holds that random networks together have every operation that
// a source can ask for: one that is never drawn is one that nothing compares on all
// instruction sets, with passes on and off.
func TestPicturesDrawEveryOp(t *testing.T) {
	drawn := map[string]int{}
	for seed := range uint64(300) {
		m := Pictures("Net", 1e6+seed)
		if err := ir.Verify(m); err != nil {
			t.Fatalf("net %d: %v", seed, err)
		}
		for _, in := range m.Func("Net.loss").Instrs {
			drawn[in.Op.Name]++
		}
	}
	for _, d := range op.All() {
		if made := slices.Contains(madeByPasses, d.Name); made == (drawn[d.Name] > 0) {
			t.Errorf("%s is drawn %d times, and said to be made by passes only: %t", d.Name, drawn[d.Name], made)
		}
	}
}

// madeByPasses are operations that a source cannot name, or that only passes write.
var madeByPasses = []string{
	"update", "conv_dw", "bn_again", "bn_dx", "bn_train", "norm_dx", "avgpool_dx", "maxpool_dx", "resize_dx",
	"rng", "fused", "chain", "relayout", "softmax_dx", "log_softmax_dx", "softmax_xent_dx",
}
