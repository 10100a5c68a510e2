package eval

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// update schedules the write of a state; the laws are those of [Optimizer] and of
// assignment. Every update of one evaluation sees the same number of the step.
func (r *run) update(in *ir.Instr, args []*Tensor) error {
	name, value := in.Attrs.String("state"), args[0]
	old := r.env.States[name]
	if old == nil {
		return fmt.Errorf("eval: update: state %q is absent", name)
	}
	if old.Type != value.Type || !tensor.Shape(old.Shape).Equal(value.Shape) {
		return fmt.Errorf("eval: update: state %q: found %v, expected %v", name, value, old)
	}
	if in.Attrs.String("rule") == "assign" {
		r.updates = append(r.updates, func() { r.env.States[name] = value.Clone() })
		return nil
	}
	if len(args) < 2 || args[1] == nil || args[1].Len() != 1 {
		return fmt.Errorf("eval: update: state %q: expected a learning rate", name)
	}
	t := 1.0
	if count := r.env.Slots[op.StepSlot]; count != nil {
		t = count.F[0] + 1
	}
	names := op.Slots(in.Attrs)
	slots := make([]*Tensor, len(names))
	for k, slot := range names {
		slots[k] = r.env.Slots[slot+":"+name]
	}
	next, after := optimizerOf(in.Attrs, args[1].F[0]).Step(t, old, value, slots)
	if r.env.Round {
		RoundAll(next)
		for _, s := range after {
			RoundAll(s)
		}
	}
	r.updates = append(r.updates, func() {
		r.env.States[name] = next
		if r.env.Slots == nil {
			r.env.Slots = map[string]*Tensor{}
		}
		for k, slot := range names {
			r.env.Slots[slot+":"+name] = after[k]
		}
		if op.CountsSteps(in.Attrs) {
			r.env.Slots[op.StepSlot] = Scalar(t)
		}
	})
	return nil
}
