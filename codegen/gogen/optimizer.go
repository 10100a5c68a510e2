package gogen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// slotFields are the fields of a model with the slots of its optimiser, each an
// arena of the layout of the master weights.
var slotFields = []struct{ slot, field string }{{"momentum", "momenta"}, {"mean", "means"}, {"square", "squares"}}

// slotField returns the field of a slot.
func slotField(slot string) string {
	for _, f := range slotFields {
		if f.slot == slot {
			return f.field
		}
	}
	return ""
}

// slotArenas are the fields of the slots that the model has.
func (h *training) slotArenas() []string {
	fields := make([]string, len(h.slots))
	for i, slot := range h.slots {
		fields[i] = slotField(slot)
	}
	return fields
}

// settings spells what two updates must have in common to be one call:
// "momentum 0.9, weight decay 0.0001, nesterov false".
func settings(a op.Attrs) string {
	number := func(name string) string {
		return fmt.Sprintf("%s %g", strings.ReplaceAll(name, "_", " "), a.Float(name))
	}
	var parts []string
	switch rule := a.String("rule"); rule {
	case "sgd":
		return fmt.Sprintf("%s, %s, nesterov %t", number("momentum"), number("weight_decay"), a.Bool("nesterov"))
	default:
		parts = append(parts, rule)
		for _, name := range slices.Sorted(maps.Keys(a)) {
			if _, ok := a[name].(float64); ok && (a.Float(name) != 0 || name == "weight_decay") {
				parts = append(parts, number(name))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// remember finds the slots of the updates of step, and the first call that reads
// the number of the step: the count goes up before it.
func (h *training) remember(step *ir.Func) {
	used := map[string]bool{}
	for _, slot := range h.slots {
		used[slot] = true
	}
	counted := false
	for _, in := range step.Instrs {
		if in.Op.Effect != op.Update {
			continue
		}
		for _, slot := range op.Slots(in.Attrs) {
			used[slot] = true
		}
		if g := h.group[in]; op.CountsSteps(in.Attrs) && !counted && (g == nil || h.last[g] == in) {
			h.counted[in], counted = true, true
		}
	}
	h.slots = nil
	for _, f := range slotFields {
		if used[f.slot] {
			h.slots = append(h.slots, f.slot)
		}
	}
}

// apply emits the kernel call of the rule of in on the weights w with the
// gradients g, which lie at lo to hi in the arenas.
func (h *training) apply(l *lowering, in *ir.Instr, w, g string, lo, hi int64) {
	a, lr := in.Attrs, l.scalar(in.Args[1])
	slot := func(name string) string {
		if !slices.Contains(op.Slots(a), name) {
			return "nil"
		}
		return fmt.Sprintf("m.%s[%d:%d]", slotField(name), lo, hi)
	}
	if h.accumulate > 1 {
		sums := fmt.Sprintf("m.sums[%d:%d]", lo, hi)
		l.p("kernel.Collect(c, %s, %s, %s)", sums, g, float32Literal(1/float64(h.accumulate)))
		g = sums
		if h.clips(l.fn) > 0 {
			rate := fmt.Sprintf("rate%d", lo)
			l.p("%s := %s", rate, lr) // which may be overwritten until the end of the step
			lr = rate
			before := len(l.lines)
			l.mark(in) // again, where the update runs
			defer func() {
				h.waiting = append(h.waiting, l.lines[before:]...)
				l.lines = l.lines[:before]
			}()
		} else {
			l.p("if m.last {")
			defer func() {
				l.p("clear(%s)", sums)
				l.p("}")
			}()
		}
	}
	if h.counted[in] {
		l.p("m.steps[0]++")
	}
	x := func(name string) string { return strconv.FormatFloat(a.Float(name), 'g', -1, 64) }
	switch rule := a.String("rule"); rule {
	case "sgd":
		l.p("kernel.SGD(c, %s, %s, %s, %s, %s, %s, %t)", w, g, slot("momentum"),
			lr, float32Literal(a.Float("momentum")), float32Literal(a.Float("weight_decay")), a.Bool("nesterov"))
	case "adam", "adamw":
		l.p("kernel.Adam(c, %s, %s, %s, %s, %s, m.steps[0], kernel.AdamRule{Beta1: %s, Beta2: %s, Eps: %s, Decay: %s, Decoupled: %t})",
			w, g, slot("mean"), slot("square"), lr, x("beta1"), x("beta2"), x("eps"), x("weight_decay"), rule == "adamw")
	case "lamb":
		l.p("kernel.LAMB(c, %s, %s, %s, %s, %s, m.steps[0], kernel.LAMBRule{Beta1: %s, Beta2: %s, Eps: %s, Decay: %s})",
			w, g, slot("mean"), slot("square"), lr, x("beta1"), x("beta2"), x("eps"), x("weight_decay"))
	case "rmsprop":
		l.p("kernel.RMSProp(c, %s, %s, %s, %s, %s, kernel.RMSPropRule{Alpha: %s, Eps: %s, Momentum: %s, Decay: %s})",
			w, g, slot("square"), slot("momentum"), lr, x("alpha"), x("eps"), x("momentum"), x("weight_decay"))
	case "adagrad":
		l.p("kernel.Adagrad(c, %s, %s, %s, %s, %s, %s)", w, g, slot("square"), lr, x("eps"), x("weight_decay"))
	case "lion":
		l.p("kernel.Lion(c, %s, %s, %s, %s, kernel.LionRule{Beta1: %s, Beta2: %s, Decay: %s})",
			w, g, slot("mean"), lr, x("beta1"), x("beta2"), x("weight_decay"))
	default:
		l.refuse(in, "the update rule %q", rule)
	}
}

// clips returns the largest norm that the gradients which step collects may have, 0 for
// any.
func (h *training) clips(step *ir.Func) float64 {
	for _, t := range h.u.m.Trains {
		if t.Loss == step.Name && h.accumulate > 1 {
			return t.Clip
		}
	}
	return 0
}

// finish emits the updates that wait for the last gradient of a step.
func (h *training) finish(l *lowering) {
	if most := h.clips(l.fn); most > 0 && len(h.waiting) > 0 {
		l.p("if m.last {")
		l.p("kernel.Clip(c, m.sums, %s)", float32Literal(most))
		l.lines = append(l.lines, h.waiting...)
		l.p("clear(m.sums)")
		l.p("}")
	}
	h.waiting = nil
}

// slotted returns the states that have a slot in any step, in module order.
func (h *training) slotted(slot string) []*trainedState {
	var out []*trainedState
	for _, step := range h.steps {
		for _, in := range step.Instrs {
			if in.Op.Effect != op.Update || !slices.Contains(op.Slots(in.Attrs), slot) {
				continue
			}
			s, err := findState(h.u.m, step.Net, in.Attrs.String("state"))
			if err == nil && !slices.Contains(out, h.of[s]) {
				out = append(out, h.of[s])
			}
		}
	}
	slices.SortFunc(out, func(a, b *trainedState) int { return slices.Index(h.states, a) - slices.Index(h.states, b) })
	return out
}

// writeSlots emits the method that returns what the optimiser remembers.
func (t *trainer) writeSlots(f *source) {
	f.p("// Slots returns what the optimiser remembers, as views.")
	f.p("func (m *%s) Slots() []train.State {", t.model)
	f.p("return []train.State{")
	for _, slot := range t.h.slots {
		for _, s := range t.h.slotted(slot) {
			f.p("{Name: %q, Shape: %s, Data: m.%s[%d:%d]},", slot+":"+t.h.key(s), intsLiteral(s.shape), slotField(slot), s.lo, s.lo+s.n)
		}
	}
	if len(t.h.counted) > 0 {
		f.p("{Name: %q, Shape: []int{1}, Data: m.steps},", op.StepSlot)
	}
	if t.h.accumulate > 1 {
		f.p("{Name: \"accumulated\", Shape: []int{%d}, Data: m.sums},", t.h.floats)
		f.p("{Name: train.TakenSlot, Shape: []int{1}, Data: m.taken},")
	}
	f.p("}")
	f.p("}")
	f.p("")
}
