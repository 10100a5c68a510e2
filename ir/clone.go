package ir

import (
	"maps"
	"slices"
)

// Clone returns a module whose functions share nothing mutable with m; the
// descriptions (sets, states, sections) are shared, passes do not change them.
func (m *Module) Clone() *Module {
	c := *m
	c.Funcs = make([]*Func, len(m.Funcs))
	for i, f := range m.Funcs {
		c.Funcs[i] = f.Clone()
	}
	return &c
}

// Clone returns a deep copy of f with the same value numbers.
func (f *Func) Clone() *Func {
	c := *f
	values := map[*Value]*Value{}
	c.Inputs = cloneValues(f.Inputs, nil, values)
	c.Instrs = cloneInstrs(f.Instrs, values)
	c.Results = make([]Result, len(f.Results))
	for i, r := range f.Results {
		c.Results[i] = Result{r.Name, values[r.Value]}
	}
	c.Segments, c.Joints = slices.Clone(f.Segments), slices.Clone(f.Joints)
	if f.Memory != nil {
		m := *f.Memory
		m.Blocks = slices.Clone(m.Blocks)
		c.Memory = &m
	}
	return &c
}

func cloneInstrs(ins []*Instr, values map[*Value]*Value) []*Instr {
	out := make([]*Instr, len(ins))
	for i, in := range ins {
		n := *in
		n.Attrs = maps.Clone(in.Attrs)
		n.Args = make([]*Value, len(in.Args))
		for j, a := range in.Args {
			if a != nil {
				n.Args[j] = values[a]
			}
		}
		if in.Body != nil {
			n.Body = cloneInstrs(in.Body, values)
		}
		out[i] = &n
		// A fused region returns values of its body: those exist already.
		n.Outs = cloneValues(in.Outs, &n, values)
	}
	return out
}

func cloneValues(vs []*Value, def *Instr, values map[*Value]*Value) []*Value {
	out := make([]*Value, len(vs))
	for i, v := range vs {
		if have := values[v]; have != nil {
			out[i] = have
			continue
		}
		n := *v
		if v.Def != nil {
			n.Def = def
		}
		values[v] = &n
		out[i] = &n
	}
	return out
}
