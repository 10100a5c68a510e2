package gogen

import (
	"fmt"
	"slices"

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

	steps  []*ir.Func
	groups []*updateGroup
	states []*trainedState // in module order
	of     map[*ir.State]*trainedState
	floats int64 // length of the master arena

	// moved are the values of the step that are computed right into the gradient
	// arena.
	moved map[*ir.Value]*trainedState
	// partOf are the ones among them that are computed inside a concatenation.
	partOf map[*ir.Value]*ir.Value
	last   map[*updateGroup]*ir.Instr // the update after which a group is complete
	group  map[*ir.Instr]*updateGroup // of an update; nil for one that stands alone

	accumulate int                // steps whose gradients are added before the weights change
	waiting    []string           // updates of the step emitted that wait for all gradients, to be clipped together
	slots      []string           // what the optimiser remembers, in order of [slotFields]
	counted    map[*ir.Instr]bool // the first update of each step emitted that reads its number

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
	n      int   // states
	lo, hi int64 // floats of the master arena
}

// trainedState is a state with its place in the master arena.
type trainedState struct {
	state *ir.State
	name  string // field with the slice
	lo, n int64
	shape []int64

	groups []*updateGroup // that of each step; nil where none updates it
	class  string         // states of one class are together in all steps
}

// newTraining lays out the states: groups in order of their first update, then
// everything that no group changes. With several steps a group is split where a part
// of it belongs to another group in another step.
func newTraining(u *unit, net string, states []*ir.State, steps []*ir.Func) (*training, error) {
	h := &training{
		u: u, fields: newScope(), net: net, steps: steps, of: map[*ir.State]*trainedState{},
		moved: map[*ir.Value]*trainedState{}, partOf: map[*ir.Value]*ir.Value{}, last: map[*updateGroup]*ir.Instr{}, group: map[*ir.Instr]*updateGroup{},
		counted: map[*ir.Instr]bool{}, setups: map[*ir.Value]field{}, inputs: map[string]*trainInput{},
	}
	for _, name := range []string{"master", "gradients", "a", "c", "packed", "unused", "n", "metrics", "steps", "part", "sums", "taken", "last"} {
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
		t := &trainedState{
			state: s, name: h.fields.unique(fieldName(s.Name)), n: product(shape), shape: shape, groups: make([]*updateGroup, len(steps)),
		}
		h.states = append(h.states, t)
		h.of[s] = t
	}
	for i := range steps {
		if err := h.classify(i); err != nil {
			return nil, err
		}
	}
	for i := range steps {
		if err := h.gather(i); err != nil {
			return nil, err
		}
	}
	h.place()
	for _, step := range steps {
		h.remember(step)
	}
	return h, nil
}

// place gives every state its floats.
func (h *training) place() {
	place := func(t *trainedState) {
		t.lo = h.floats
		h.floats += (t.n + line - 1) / line * line
	}
	placed := map[*trainedState]bool{}
	for _, g := range h.groups {
		for _, t := range h.states {
			if !placed[t] && slices.Contains(t.groups, g) {
				placed[t] = true
				place(t)
			}
		}
	}
	for _, t := range h.states {
		if !placed[t] {
			place(t)
		}
	}
	for _, g := range h.groups {
		g.lo = h.floats
		for _, t := range h.states {
			if slices.Contains(t.groups, g) {
				g.lo = min(g.lo, t.lo)
				g.hi = max(g.hi, t.lo+(t.n+line-1)/line*line)
				g.n++
			}
		}
	}
}

// updateKey spells what two updates of one step share when one call can do both; ""
// for an update that stands alone, with its gradient wherever that lies.
func updateKey(in *ir.Instr, root *ir.Value) string {
	if root == nil {
		return ""
	}
	lr := -1
	if v := operand(in, 1); v != nil {
		lr = v.ID
	}
	key := fmt.Sprintf("%s %d", settings(in.Attrs), lr)
	if in.Attrs.String("rule") == "lamb" {
		key += " " + in.Attrs.String("state") // its step depends on the norm of the state
	}
	return key
}

// optimised calls visit for each update of a step by the optimiser. root is the value
// that is computed right into the gradient arena, nil where none can be.
func (h *training) optimised(i int, visit func(in *ir.Instr, t *trainedState, root *ir.Value)) error {
	step := h.steps[i]
	taken := map[*ir.Value]bool{}
	for _, in := range step.Instrs {
		if in.Op.Effect != op.Update || in.Attrs.String("rule") == "assign" {
			continue
		}
		s, err := findState(h.u.m, step.Net, in.Attrs.String("state"))
		if err != nil {
			return err
		}
		root := movable(in.Args[0])
		if taken[root] {
			root = nil
		}
		taken[root] = true
		visit(in, h.of[s], root)
	}
	return nil
}

// key is the name of a state in files: its path, or NET.PATH where the model has
// another one of that path, as nrt.State finds it.
func (h *training) key(t *trainedState) string {
	for _, o := range h.states {
		if o != t && o.state.Name == t.state.Name {
			return t.state.Net + "." + t.state.Name
		}
	}
	return t.state.Name
}

// classify adds the key of step i to the class of every state.
func (h *training) classify(i int) error {
	for _, t := range h.states {
		t.class += "|"
	}
	return h.optimised(i, func(in *ir.Instr, t *trainedState, root *ir.Value) { t.class += updateKey(in, root) })
}

// gather finds the updates of step i that share their settings and the place of
// their states, and which gradients can be computed in place.
func (h *training) gather(i int) error {
	index := map[string]*updateGroup{}
	return h.optimised(i, func(in *ir.Instr, t *trainedState, root *ir.Value) {
		if root == nil {
			return
		}
		h.moved[root] = t
		if root.Def.Op.Name == "concat" {
			for _, part := range root.Def.Args {
				if part.Mem.Space == ir.GradientSpace && h.moved[part] == nil {
					h.moved[part], h.partOf[part] = t, root
				}
			}
		}
		key := updateKey(in, root) + t.class
		g := index[key]
		if g == nil {
			g = &updateGroup{attrs: in.Attrs, lr: operand(in, 1)}
			index[key] = g
			h.groups = append(h.groups, g)
		}
		t.groups[i], h.group[in], h.last[g] = g, g, in
	})
}

// movable returns the value that the memory of gradients holds where v is one of them:
// v itself, or what v is a view of.
func movable(v *ir.Value) *ir.Value {
	for v.Def != nil && v.Mem.Space == ir.GradientSpace {
		if !isView(v.Def) {
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
			init: l.stored(v).String(), doc: typeText(v),
		}
		h.setups[v] = f
		h.setupList = append(h.setupList, f)
	}
	return "m." + f.name
}

func (h *training) gradient(l *lowering, v *ir.Value) string {
	t := h.moved[v]
	if t == nil {
		l.bug("%%%d of %s is the gradient of no state", v.ID, l.fn.Name)
	}
	at, _ := v.Mem.Offset.IsConst()
	lo := int64(t.lo) + at/4
	return fmt.Sprintf("g[%d:%d]", lo, lo+int64(l.stored(v).fixed))
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
	g := h.group[in]
	if g == nil {
		l.comment(in, t.state.Name)
		h.apply(l, in, "m."+t.name, l.slice(in.Args[0]), t.lo, t.lo+t.n)
		return
	}
	if h.last[g] != in {
		return
	}
	l.mark(in)
	l.p("// update %d states: %s", g.n, settings(g.attrs))
	h.apply(l, in, fmt.Sprintf("m.master[%d:%d]", g.lo, g.hi), fmt.Sprintf("g[%d:%d]", g.lo, g.hi), g.lo, g.hi)
}
