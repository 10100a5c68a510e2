package ir

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

// State returns the state that the functions of net call name, or nil. A net
// that runs another one reads that one's states: the first of that name serves.
func (m *Module) State(net, name string) *State {
	var other *State
	for _, s := range m.States {
		switch {
		case s.Name != name:
		case s.Net == net:
			return s
		case other == nil:
			other = s
		}
	}
	return other
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
