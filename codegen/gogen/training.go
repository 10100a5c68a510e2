package gogen

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// line is the alignment of states in the master arena, in floats.
const line = 16

// training keeps the master weights of one net in one flat arena, those that an
// equal update changes next to each other, and their gradients and slots in
// arenas of the same layout: one kernel call updates a whole group.
type training struct {
	u      *unit
	fields *scope
	net    string

	groups []*updateGroup
	states []*trainedState // in module order
	of     map[*ir.State]*trainedState
	floats int64 // length of the master arena

	// moved are the values of the step that are computed right into the gradient
	// arena.
	moved map[*ir.Value]*trainedState
	last  map[*updateGroup]*ir.Instr // the update after which a group is complete

	slots   []string  // what the optimiser remembers, in order of [slotFields]
	counted *ir.Instr // the first update emitted that reads the number of the step

	setups    map[*ir.Value]field
	setupList []field

	inputs   map[string]*trainInput
	inputSeq []*trainInput
}

// trainInput is a field of the model that holds an input of its functions: a
// view of the batch, or one number.
type trainInput struct {
	name, typ, doc string
	scalar         bool
}

// isScalar reports whether v is a number that Step is called with.
func (h *training) isScalar(v *ir.Value) bool {
	return len(v.Type.Dims) == 0 && (v.Name == "lr" && v.Type.DType == tensor.F32 || v.Name == "seed" && v.Type.DType == tensor.I64)
}

// input returns the field of v.
func (h *training) input(v *ir.Value) string {
	if in := h.inputs[v.Name]; in != nil {
		return in.name
	}
	in := &trainInput{
		name: h.fields.unique(fieldName(v.Name)), typ: goTypes[v.Type.DType], doc: v.Type.String(), scalar: h.isScalar(v),
	}
	h.inputs[v.Name] = in
	h.inputSeq = append(h.inputSeq, in)
	return in.name
}

// updateGroup is the states that one call updates.
type updateGroup struct {
	attrs  op.Attrs // settings
	lr     *ir.Value
	lo, hi int64 // floats of the master arena
}

// trainedState is a state with its place in the master arena.
type trainedState struct {
	state *ir.State
	name  string // field with the slice
	lo, n int64
	shape []int64
	group *updateGroup // nil for what no group updates
}

// newTraining lays out the states: groups in order of their first update, then
// everything that no group changes.
func newTraining(u *unit, net string, states []*ir.State, step *ir.Func) (*training, error) {
	h := &training{
		u: u, fields: newScope(), net: net, of: map[*ir.State]*trainedState{},
		moved: map[*ir.Value]*trainedState{}, last: map[*updateGroup]*ir.Instr{}, setups: map[*ir.Value]field{}, inputs: map[string]*trainInput{},
	}
	for _, name := range []string{"master", "gradients", "a", "c", "packed", "unused", "n", "metrics", "steps"} {
		h.fields.unique(name)
	}
	for _, f := range slotFields {
		h.fields.unique(f.field)
	}
	for _, s := range states {
		shape, err := stateShape(s)
		if err != nil {
			return nil, err
		}
		t := &trainedState{state: s, name: h.fields.unique(fieldName(s.Name)), n: product(shape), shape: shape}
		h.states = append(h.states, t)
		h.of[s] = t
	}
	if err := h.group(step); err != nil {
		return nil, err
	}
	place := func(t *trainedState) {
		t.lo = h.floats
		h.floats += (t.n + line - 1) / line * line
	}
	for _, g := range h.groups {
		g.lo = h.floats
		for _, t := range h.states {
			if t.group == g {
				place(t)
			}
		}
		g.hi = h.floats
	}
	for _, t := range h.states {
		if t.group == nil {
			place(t)
		}
	}
	return h, nil
}

// group finds the updates of step that share their settings, and which gradients
// can be computed in place.
func (h *training) group(step *ir.Func) error {
	index := map[string]*updateGroup{}
	for _, in := range step.Instrs {
		if in.Op.Effect != op.Update || in.Attrs.String("rule") == "assign" {
			continue
		}
		s, err := findState(h.u.m, step.Net, in.Attrs.String("state"))
		if err != nil {
			return err
		}
		t := h.of[s]
		g := &updateGroup{attrs: in.Attrs, lr: operand(in, 1)}
		lr := -1
		if g.lr != nil {
			lr = g.lr.ID
		}
		key := fmt.Sprintf("%s %d", settings(in.Attrs), lr)
		if old := index[key]; old != nil {
			g = old
		}
		root := movable(in.Args[0])
		if root == nil || h.moved[root] != nil {
			g = nil // updated by itself, from wherever its gradient lies
		} else {
			h.moved[root] = t
			if index[key] == nil {
				index[key] = g
				h.groups = append(h.groups, g)
			}
			h.last[g] = in
		}
		t.group = g
	}
	h.remember(step)
	return nil
}

// movable returns the value that must be computed elsewhere to have v there: v
// itself, or what v is a view of; nil when v is no value of the arena, or when
// its operands lie inside it.
func movable(v *ir.Value) *ir.Value {
	for v.Def != nil && v.Mem.Space == ir.ArenaSpace {
		if !isView(v.Def) {
			if v.Def.Op.Name == "concat" {
				return nil
			}
			return v
		}
		v = v.Def.Args[0]
	}
	return nil
}

// readers counts the operands and results that read each value.
func readers(f *ir.Func) map[*ir.Value]int {
	n := map[*ir.Value]int{}
	for _, in := range f.Instrs {
		for _, a := range in.Args {
			n[a]++
		}
	}
	for _, r := range f.Results {
		n[r.Value]++
	}
	return n
}

func (h *training) loadsOnce() bool { return false }

func (h *training) declare(*lowering, *ir.Instr) bool { return true }

func (h *training) raw(l *lowering, v *ir.Value) string { return "m." + h.of[l.state(v)].name }

// setup keeps values that depend on states only in fields: they are computed
// anew by each call, since the states change.
func (h *training) setup(l *lowering, v *ir.Value) string {
	f, ok := h.setups[v]
	if !ok {
		f = field{
			name: h.fields.unique(stageName(v.Def.Stage) + exported(v.Def.Op.Name)), typ: goTypes[v.Type.DType],
			init: l.elems(v).String(), doc: v.Type.String(),
		}
		h.setups[v] = f
		h.setupList = append(h.setupList, f)
	}
	return "m." + f.name
}

func (h *training) gradient(l *lowering, v *ir.Value) (string, bool) {
	t := h.moved[v]
	if t == nil {
		return "", false
	}
	return fmt.Sprintf("g[%d:%d]", t.lo, t.lo+t.n), true
}

func (h *training) packed(l *lowering, plan string, v *ir.Value) string { return packNow(l, plan, v) }

func (h *training) task(_ *lowering, typ string) string { return "m." + taskField(typ) }

// update emits the write of a state: at once when it stands alone, or for the
// whole group after its last gradient.
func (h *training) update(l *lowering, in *ir.Instr) {
	t := h.of[l.stateNamed(in.Attrs.String("state"))]
	if in.Attrs.String("rule") == "assign" {
		l.comment(in, t.state.Name)
		l.p("copy(m.%s, %s)", t.name, l.slice(in.Args[0]))
		return
	}
	g := t.group
	if g == nil {
		l.comment(in, t.state.Name)
		h.apply(l, in, "m."+t.name, l.slice(in.Args[0]), t.lo, t.lo+t.n)
		return
	}
	if h.last[g] != in {
		return
	}
	n := 0
	for _, t := range h.states {
		if t.group == g {
			n++
		}
	}
	l.p("// update %d states: %s", n, settings(g.attrs))
	h.apply(l, in, fmt.Sprintf("m.master[%d:%d]", g.lo, g.hi), fmt.Sprintf("g[%d:%d]", g.lo, g.hi), g.lo, g.hi)
}
