package ir

import (
	"slices"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// MACs returns the multiply-adds of in by the definition of its operation; 0 for those
// that have none.
func (in *Instr) MACs() sym.Expr {
	if in.Op.Name == "chain" {
		total := sym.Const(0)
		for _, b := range in.Body {
			total = total.Add(b.MACs())
		}
		return total
	}
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

// Symbols returns the sizes that the inputs of f define, in their order.
func (f *Func) Symbols() []string {
	var out []string
	for _, v := range f.Inputs {
		for _, d := range v.Type.Dims {
			for _, s := range d.Size.Symbols() {
				if !slices.Contains(out, s) {
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// BatchName is the size that counts the images of a call.
const BatchName = "N"

// UsualSizes returns the sizes that choices are made for where those of a call are not
// known: one image, and for any other size what comes next to 256.
func (f *Func) UsualSizes() map[string]int64 {
	const pixels = 256
	env := map[string]int64{}
	for _, s := range f.Symbols() {
		lo, _ := f.Facts.Sample(s, 0)
		next, _ := f.Facts.Sample(s, 1)
		env[s] = lo
		if s == BatchName {
			env[s] = 1
		} else if next > lo && lo < pixels {
			env[s], _ = f.Facts.Sample(s, (pixels-lo+next-lo-1)/(next-lo))
		}
	}
	return env
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
