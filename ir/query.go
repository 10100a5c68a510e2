package ir

import (
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// MACs returns the multiply-adds of in by the definition of its operation; 0 for those
// that have none.
func (in *Instr) MACs() sym.Expr {
	if in.Op.Cost == nil || in.Op.Name == "fused" {
		return sym.Const(0)
	}
	types := func(vs []*Value) []op.Type {
		ts := make([]op.Type, len(vs))
		for i, v := range vs {
			if v != nil {
				ts[i] = v.Type
			}
		}
		return ts
	}
	return in.Op.Cost(types(in.Args), types(in.Outs), in.Attrs).MACs
}

// Uses returns the instructions that read each value, in order, once per operand.
func (f *Func) Uses() map[*Value][]*Instr {
	uses := map[*Value][]*Instr{}
	for _, in := range f.Instrs {
		for _, a := range in.Args {
			if a != nil {
				uses[a] = append(uses[a], in)
			}
		}
	}
	return uses
}

// IsResult reports whether f returns v.
func (f *Func) IsResult(v *Value) bool {
	for _, r := range f.Results {
		if r.Value == v {
			return true
		}
	}
	return false
}

// Input returns the input called name, or nil.
func (f *Func) Input(name string) *Value {
	for _, v := range f.Inputs {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Func returns the function called name, or nil.
func (m *Module) Func(name string) *Func {
	for _, f := range m.Funcs {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// State returns the state that the functions of net call name, or nil. A net that
// runs another one reads that one's states: the first of that name serves, unless name
// says whose it is, as NET:NAME does. [Module.Ref] is the other way round.
func (m *Module) State(net, name string) *State {
	var other *State
	for _, s := range m.States {
		switch {
		case s.Name != name:
			if n := len(s.Net); len(name) == n+1+len(s.Name) && name[n] == ':' && name[:n] == s.Net && name[n+1:] == s.Name {
				return s
			}
		case s.Net == net:
			return s
		case other == nil:
			other = s
		}
	}
	return other
}

// Ref returns what the functions of net call s: its name, or NET:NAME where that is
// the name of another state to them.
func (m *Module) Ref(net string, s *State) string {
	if m.State(net, s.Name) == s {
		return s.Name
	}
	return s.Net + ":" + s.Name
}

// Set returns the index set called name, or nil.
func (m *Module) Set(name string) *IndexSet {
	for _, s := range m.Sets {
		if s.Name == name {
			return s
		}
	}
	return nil
}
