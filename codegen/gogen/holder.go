package gogen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netc-lang/netc/ir"
)

// holder says where a model keeps what its functions read besides inputs and
// arena. Serving lays weights out once, when it is made; training reads the
// master copies that each step changes.
type holder interface {
	// raw is the slice of a state in its logical layout.
	raw(l *lowering, v *ir.Value) string
	// setup is the slice of a value that depends on states only.
	setup(l *lowering, v *ir.Value) string
	// gradient moves a value of the arena to the flat gradients, where an
	// update of many states reads it; ok is false for all other values.
	gradient(l *lowering, v *ir.Value) string
	// packed is the slice of weights v in the layout of plan; it may emit the
	// packing itself.
	packed(l *lowering, plan string, v *ir.Value) string
	// task is the expression of the pointer to a region's task.
	task(l *lowering, typ string) string
	// loadsOnce tells whether setup instructions run once.
	loadsOnce() bool
	// declare makes room for the results of a setup instruction; it returns false
	// when equal ones have been lowered.
	declare(l *lowering, in *ir.Instr) bool
}

// state finds what a param or buffer value reads.
func (l *lowering) state(v *ir.Value) *ir.State {
	name := v.Mem.State
	if name == "" && v.Def != nil {
		name = v.Def.Attrs.String("name")
	}
	return l.stateNamed(name)
}

func (l *lowering) stateNamed(name string) *ir.State {
	s, err := findState(l.u.m, l.fn.Net, name)
	if err != nil {
		l.bug("%s: %v", l.fn.Name, err)
	}
	return s
}

// findState returns the state that the functions of net call name.
func findState(m *ir.Module, net, name string) (*ir.State, error) {
	if s := m.State(net, name); s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("state %s does not exist", name)
}

// statesOf returns the states that the functions read or update, in module
// order.
func statesOf(m *ir.Module, funcs ...*ir.Func) ([]*ir.State, error) {
	used := map[*ir.State]bool{}
	for _, f := range funcs {
		for _, in := range f.Instrs {
			name := ""
			switch in.Op.Name {
			case "param", "buffer":
				name = in.Attrs.String("name")
			case "update":
				name = in.Attrs.String("state")
			default:
				continue
			}
			s, err := findState(m, f.Net, name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
			used[s] = true
		}
	}
	var out []*ir.State
	for _, s := range m.States {
		if used[s] {
			out = append(out, s)
		}
	}
	return out, nil
}

// stateShape returns the sizes of a state, which are constants.
func stateShape(s *ir.State) ([]int64, error) {
	shape := make([]int64, len(s.Type.Dims))
	for i, d := range s.Type.Dims {
		n, ok := d.Size.IsConst()
		if !ok {
			return nil, fmt.Errorf("%s: weight %s has the run-time size %s", position(s.Pos), s.Name, s.Type)
		}
		shape[i] = n
	}
	return shape, nil
}

func product(shape []int64) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	return n
}

// serving keeps the weights of one net in the layouts its kernels read.
type serving struct {
	u      *unit
	fields *scope
	states []*ir.State
	index  map[*ir.State]int

	kept      []field // states read in their logical layout
	keptName  map[*ir.State]string
	keptIndex map[string]int         // of the state of a field
	setups    map[string]*setupValue // by what they compute
	packs     []pack
	packName  map[string]string
}

type field struct{ name, typ, init, doc string }

// setupValue is a value computed when a model is made. It is kept when a plan
// reads it; otherwise it is a local of load.
type setupValue struct {
	name string
	kept bool
	made bool // its instruction has been lowered
	typ  string
	n    int64
	doc  string
	l    *lowering // and what it is there
	v    *ir.Value
}

// pack is weights in the layout of a plan, made when a model is made. Its source
// is named last, when it is known which values the model keeps.
type pack struct {
	name, plan, doc string
	l               *lowering
	v               *ir.Value
}

func newServing(u *unit, states []*ir.State) *serving {
	h := &serving{
		u: u, fields: newScope(), states: states, index: map[*ir.State]int{},
		keptName: map[*ir.State]string{}, keptIndex: map[string]int{}, setups: map[string]*setupValue{}, packName: map[string]string{},
	}
	for i, s := range states {
		h.index[s] = i
	}
	for _, name := range []string{"threads", "idle", "preparation", "settling"} {
		h.fields.unique(name)
	}
	return h
}

func (h *serving) loadsOnce() bool { return true }

func (h *serving) gradient(l *lowering, v *ir.Value) string {
	l.bug("%%%d is a gradient, and %s updates no state", v.ID, l.fn.Name)
	return ""
}

func (h *serving) raw(l *lowering, v *ir.Value) string {
	s := l.state(v)
	if l.atLoad {
		return fmt.Sprintf("w[%d]", h.index[s])
	}
	name := h.keptName[s]
	if name == "" {
		name = h.fields.unique(fieldName(s.Name))
		h.keptName[s], h.keptIndex[name] = name, h.index[s]
		h.kept = append(h.kept, field{name, "float32", fmt.Sprintf("w[%d]", h.index[s]), s.Name})
	}
	return "m." + name
}

func (h *serving) setup(l *lowering, v *ir.Value) string {
	sv := h.setupOf(l, v)
	if !l.atLoad {
		sv.kept = true
	}
	if sv.kept {
		return "m." + sv.name
	}
	return sv.name
}

func (h *serving) setupOf(l *lowering, v *ir.Value) *setupValue {
	key := setupKey(v)
	if sv := h.setups[key]; sv != nil {
		return sv
	}
	sv := &setupValue{
		name: h.fields.unique(stageName(v.Def.Stage) + exported(v.Def.Op.Name)),
		typ:  goTypes[v.Type.DType], n: l.stored(v).fixed, doc: typeText(v), l: l, v: v,
	}
	h.setups[key] = sv
	return sv
}

func (h *serving) declare(l *lowering, in *ir.Instr) bool {
	if isView(in) {
		return true
	}
	fresh := false // results of one region may equal each other, or some of them those of another
	for _, v := range in.Outs {
		sv := h.setupOf(l, v)
		if sv.made {
			continue
		}
		sv.made, fresh = true, true
		if sv.kept {
			l.p("m.%s = make([]%s, %d)", sv.name, sv.typ, sv.n)
		} else {
			l.p("%s := make([]%s, %d)", sv.name, sv.typ, sv.n)
		}
	}
	return fresh
}

// setupKey spells the computation of v, so that two functions share what both
// compute from the same weights.
func setupKey(v *ir.Value) string {
	if v == nil {
		return "_"
	}
	if v.Def == nil {
		return v.Name
	}
	var args []string
	for _, a := range v.Def.Args {
		args = append(args, setupKey(a))
	}
	body := ""
	inner := map[*ir.Value]int{}
	for i, b := range v.Def.Body {
		body += b.Op.Name + attrsKey(b)
		for _, a := range b.Args {
			if k, ok := inner[a]; ok {
				body += fmt.Sprintf(" #%d", k)
			} else {
				body += fmt.Sprintf(" @%d", slices.Index(v.Def.Args, a))
			}
		}
		for _, o := range b.Outs {
			inner[o] = i
		}
		body += ";"
	}
	return fmt.Sprintf("%s%s{%s}(%s).%d:%s", v.Def.Op.Name, attrsKey(v.Def), body, strings.Join(args, ","), v.Index, v.Type)
}

func (h *serving) packed(l *lowering, plan string, v *ir.Value) string {
	if !isWeight(v) || l.atLoad {
		return packNow(l, plan, v)
	}
	key := plan + " " + setupKey(v)
	name := h.packName[key]
	if name == "" {
		name = h.fields.unique(strings.TrimSuffix(plan, "Plan") + "Packed")
		h.packName[key] = name
		h.packs = append(h.packs, pack{name, plan, v.Type.String(), l, v})
	}
	return "m." + name
}

// packNow packs v right before its use, where its kernel does not read it as it is.
func packNow(l *lowering, plan string, v *ir.Value) string {
	from := l.slice(v)
	if k, ok := l.u.packers[plan].(interface{ AsStored() bool }); ok && k.AsStored() {
		return from
	}
	if l.atLoad {
		name := fmt.Sprintf("packed%d", len(l.load))
		l.p("%s := make([]float32, %s.PackedLen())", name, plan)
		l.p("%s.Pack(%s, %s)", plan, name, from)
		return name
	}
	if l.groupChannels() > 0 {
		name := fmt.Sprintf("packed%d", len(l.group.lines))
		l.p("%s := c.Packed(%s.PackedLen())", name, plan)
		l.p("kernel.Pack(c, %s, %s, %s)", plan, name, from)
		return name
	}
	if !slices.Contains(l.packed, plan+".PackedLen()") {
		l.packed = append(l.packed, plan+".PackedLen()")
	}
	l.p("kernel.Pack(c, %s, %s.packed, %s)", plan, l.self, from)
	return l.self + ".packed"
}

func (h *serving) task(l *lowering, typ string) string {
	if l.atLoad {
		return "new(" + typ + ")"
	}
	if l.group != nil {
		return "kernel.TaskOf[" + typ + "](c)" // of the worker
	}
	return l.self + "." + taskField(typ)
}

// taskField is the field that holds a task: as long as its type, and not it.
func taskField(typ string) string { return typ + "Task" }

// attrsKey spells the attributes of in, sorted by name.
func attrsKey(in *ir.Instr) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(in.Attrs)) {
		fmt.Fprintf(&b, " %s=%v", name, in.Attrs[name])
	}
	return b.String()
}
