package ir

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir/op"
)

// Builder appends instructions to a function. Pos, Stage and Layer are the source
// place of what follows.
type Builder struct {
	Func  *Func
	Pos   diag.Pos
	Stage string
	Layer string
}

// NewBuilder returns a builder that appends to f.
func NewBuilder(f *Func) *Builder { return &Builder{Func: f} }

// Emit appends an operation and returns its results. Types that do not fit are a
// bug of the caller.
func (b *Builder) Emit(name string, attrs op.Attrs, args ...*Value) []*Value {
	outs, err := b.TryEmit(name, attrs, args...)
	if err != nil {
		diag.Bugf("%s: %v: %v", b.Func.Name, b.Pos, err)
	}
	return outs
}

// One is Emit for an operation with one result, or of which only the first is
// wanted.
func (b *Builder) One(name string, attrs op.Attrs, args ...*Value) *Value {
	return b.Emit(name, attrs, args...)[0]
}

// TryEmit is Emit with an error instead of a panic.
func (b *Builder) TryEmit(name string, attrs op.Attrs, args ...*Value) ([]*Value, error) {
	d := op.Lookup(name)
	if d == nil {
		diag.Bugf("%s: no operation is called %q", b.Func.Name, name)
	}
	a, err := op.Normalize(d, attrs)
	if err != nil {
		return nil, err
	}
	in := make([]op.Type, len(args))
	for i, v := range args {
		if v != nil {
			in[i] = v.Type
		}
	}
	types, err := op.InferWith(d, in, a, b.Func.Facts)
	if err != nil {
		return nil, err
	}
	for len(args) < len(d.Args) && !d.Args[len(d.Args)-1].Variadic {
		args = append(args[:len(args):len(args)], nil)
	}
	instr := &Instr{Op: d, Attrs: a, Args: args, Pos: b.Pos, Stage: b.Stage, Layer: b.Layer}
	for i, t := range types {
		instr.Outs = append(instr.Outs, b.Func.newValue(t, instr, i))
	}
	b.Func.Instrs = append(b.Func.Instrs, instr)
	return instr.Outs, nil
}

// AddInput appends a named input, its sizes as the where-clauses simplify them.
func (f *Func) AddInput(name string, t op.Type) *Value {
	v := f.newValue(t.Simplify(f.Facts), nil, 0)
	v.Name = name
	f.Inputs = append(f.Inputs, v)
	return v
}

// NewValue returns a fresh value of instr's result index; the caller adds it to
// instr.Outs.
func (f *Func) NewValue(t op.Type, instr *Instr, index int) *Value {
	return f.newValue(t, instr, index)
}

func (f *Func) newValue(t op.Type, instr *Instr, index int) *Value {
	v := &Value{ID: f.nextID, Type: t, Def: instr, Index: index}
	f.nextID++
	return v
}

// SetID gives v the number id, and makes sure that later values get larger ones.
func (f *Func) SetID(v *Value, id int) {
	v.ID = id
	f.nextID = max(f.nextID, id+1)
}
