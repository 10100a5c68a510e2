package check

import (
	"fmt"

	"github.com/netc-lang/netc/lang/syntax"
)

// execState declares a param, a buffer or a layer that is made once.
func (f *frame) execState(s *syntax.State) {
	if s.Kind == "layer" {
		f.execLayer(s)
		return
	}
	if f.g == nil || f.names == nil || f.names.inst.net == nil {
		f.fail(s.Where, "E0219", fmt.Sprintf("a %s belongs in a net or a block", s.Kind), "", "")
		f.define(s.Name.Name, poison{})
		return
	}
	st, ok := f.declareState(s)
	if !ok {
		f.define(s.Name.Name, poison{})
		return
	}
	f.define(s.Name.Name, f.read(st, s.Name.Where))
}

func (f *frame) declareState(s *syntax.State) (*State, bool) {
	if s.Type == nil {
		f.fail(s.Where, "E0219", fmt.Sprintf("`%s` needs a type: `%s %s: f32[...]`", s.Name.Name, s.Kind, s.Name.Name), "", "")
		return nil, false
	}
	t, ok := f.tensorType(s.Type)
	if !ok {
		return nil, false
	}
	for i, d := range t.Dims {
		if syms := d.Size.Symbols(); len(syms) > 0 {
			at := s.Type.Where
			if i < len(s.Type.Dims) {
				at = s.Type.Dims[i].Where
			}
			if f.misnamedSet(at, syms[0]) {
				return nil, false
			}
			f.fail(at, "E0208", fmt.Sprintf("a weight needs its size at compile time, and %s is known only at run time", syms[0]),
				fmt.Sprintf("%s comes from the caller of `%s`", syms[0], f.netName()), "fix the size in the signature")
			return nil, false
		}
	}
	leaf := s.Name.Name + f.indices()
	inst := f.names.inst
	old := inst.states[leaf]
	if free := f.names.take("." + leaf); !free && old != nil {
		f.fail(s.Name.Where, "E0306", fmt.Sprintf("this layer already has a weight called `%s`", leaf), "", "")
		return nil, false
	}
	if old != nil {
		if !old.Type.Equal(t) {
			f.fail(s.Name.Where, "E0207", fmt.Sprintf("`%s` was made as %s, and this use would need %s", old.Path, f.show(old.Type), f.show(t)),
				"", "a layer used twice has one set of weights; make two layers")
			return nil, false
		}
		return old, true
	}
	st := &State{
		Path: join(inst.path, leaf), Buffer: s.Kind == "buffer", Frozen: s.Frozen || inst.frozen, Type: t, Span: f.userSpan(s.Where),
		// Vectors are biases, norm weights and slopes; weight decay is for what
		// mixes channels.
		NoDecay: t.Rank() <= 1, inst: inst,
	}
	if st.Init, ok = f.initial(s, t); !ok {
		return nil, false
	}
	if inst.states == nil {
		inst.states = map[string]*State{}
	}
	inst.states[leaf] = st
	return st, true
}

// execLayer makes a layer once: later calls share its weights.
func (f *frame) execLayer(s *syntax.State) {
	f.define(s.Name.Name, poison{})
	if s.Value == nil {
		f.fail(s.Where, "E0219", fmt.Sprintf("`layer %s` needs a value: `layer %s = conv(64, 3)`", s.Name.Name, s.Name.Name), "", "")
		return
	}
	v := f.eval(s.Value)
	if isPoison(v) {
		return
	}
	c, ok := v.(*callable)
	if !ok {
		f.fail(s.Value.Span(), "E0302", "a layer is wanted here, and this is "+f.kindOf(v), "", "")
		return
	}
	names, ok := f.enter(s.Name.Name+f.indices(), s.Name.Where)
	if !ok {
		return
	}
	names.inst.frozen = names.inst.frozen || s.Frozen
	made := *c
	made.inst = names.inst
	f.define(s.Name.Name, &made)
}
