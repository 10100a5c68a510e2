package passtest

import (
	"reflect"
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

// TestPicturesDrawEveryAttribute holds that they have every attribute with another value than
// its default, and those of rows and columns with values that differ: a kernel that takes one
// for the other would pass every comparison else.
func TestPicturesDrawEveryAttribute(t *testing.T) {
	type attr struct{ op, name string }
	drawn, uneven := map[attr]bool{}, map[attr]bool{}
	for seed := range uint64(400) {
		for _, in := range Pictures("Net", 2e6+seed).Func("Net.loss").Instrs {
			for _, a := range in.Op.Attrs {
				at, v := attr{in.Op.Name, a.Name}, in.Attrs[a.Name]
				drawn[at] = drawn[at] || v != nil && !reflect.DeepEqual(v, a.Default)
				if v, ok := v.([]int64); ok && len(v) > 1 {
					uneven[at] = uneven[at] || v[0] != v[1]
				}
			}
		}
	}
	for _, d := range op.All() {
		if slices.Contains(madeByPasses, d.Name) {
			continue
		}
		for _, a := range d.Attrs {
			at := attr{d.Name, a.Name}
			if slices.Contains(neverSet, a.Name) {
				continue
			}
			if !drawn[at] {
				t.Errorf("%s.%s is always %v", d.Name, a.Name, a.Default)
			}
			if slices.Contains([]string{"kernel", "stride", "dilation", "pad", "scale"}, a.Name) && !uneven[at] {
				t.Errorf("%s.%s is always the same in rows and columns", d.Name, a.Name)
			}
		}
	}
}

// neverSet are attributes that passes set, and the type of states, which all are f32.
var neverSet = []string{"algo", "act", "act_args", "dtype"}
