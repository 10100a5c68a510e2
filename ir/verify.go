package ir

import (
	"fmt"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// Verify checks the invariants of m: SSA and order, the rule of every operation,
// stored types equal to inferred ones, the operations legal at the stage, layouts
// that kernels are written for, writes of a state after every read of it, and, once
// planned, that no two values alive at the same time share memory, and that what threads go
// through together is apart.
func Verify(m *Module) error {
	names := map[string]bool{}
	for _, f := range m.Funcs {
		if names[f.Name] {
			return fmt.Errorf("two functions are called %s", f.Name)
		}
		names[f.Name] = true
		v := verifier{m: m, f: f, defined: map[*Value]bool{}, written: map[string]bool{}}
		if err := v.run(); err != nil {
			return err
		}
		if err := verifySegments(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if m.Stage == Planned {
			if err := verifyMemory(f); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			if err := verifyJoints(f); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	return nil
}

type verifier struct {
	m       *Module
	f       *Func
	defined map[*Value]bool
	written map[string]bool // states that an update has written
}

func (v *verifier) run() error {
	for _, in := range v.f.Inputs {
		if in.Name == "" || in.Def != nil {
			return fmt.Errorf("%s: input %%%d has no name or a definition", v.f.Name, in.ID)
		}
		if v.f.Input(in.Name) != in {
			return fmt.Errorf("%s: two inputs are called %s", v.f.Name, in.Name)
		}
		v.defined[in] = true
	}
	for i, in := range v.f.Instrs {
		if err := v.instr(in, false); err != nil {
			return fmt.Errorf("%s: instruction %d, %s (%v): %w", v.f.Name, i, in.Op.Name, in.Pos, err)
		}
	}
	if len(v.f.Results) == 0 {
		return fmt.Errorf("%s returns nothing", v.f.Name)
	}
	for _, r := range v.f.Results {
		if r.Value == nil || !v.defined[r.Value] {
			return fmt.Errorf("%s: result %s is not defined", v.f.Name, r.Name)
		}
	}
	return nil
}

func (v *verifier) instr(in *Instr, inside bool) error {
	types := make([]op.Type, len(in.Args))
	for i, a := range in.Args {
		if a == nil {
			continue
		}
		if !v.defined[a] {
			return fmt.Errorf("operand %d, %%%d, is used before it is defined", i, a.ID)
		}
		types[i] = a.Type
	}
	if err := v.effects(in, types); err != nil {
		return err
	}
	if err := checkLayouts(in, v.m.Stage); err != nil {
		return err
	}
	if v.m.Stage != Graph && graphOnly[in.Op.Name] {
		return fmt.Errorf("the operation belongs to the graph stage")
	}
	switch {
	case in.Op.Name == "chain":
		if err := checkChain(in); err != nil {
			return err
		}
		return v.body(in, inside)
	case in.Op.Name == "fused":
		return v.body(in, inside)
	case len(in.Body) > 0:
		return fmt.Errorf("only fused and chain have a body")
	}
	want, err := op.InferWith(in.Op, types, in.Attrs, v.f.Facts)
	if err != nil {
		return err
	}
	if len(want) != len(in.Outs) {
		return fmt.Errorf("%d results, the rule gives %d", len(in.Outs), len(want))
	}
	for i, o := range in.Outs {
		if !v.sameStored(o.Type, want[i]) {
			return fmt.Errorf("result %d is stored as %v, the rule gives %v", i, o.Type, want[i])
		}
		if v.defined[o] {
			return fmt.Errorf("%%%d is defined twice", o.ID)
		}
		v.defined[o] = true
	}
	return nil
}

// sameStored compares types as a pass may leave them: a rewrite may know the name of
// an axis that the rule alone does not. Sizes are equal where the function's facts
// hold.
func (v *verifier) sameStored(a, b op.Type) bool {
	if a.DType != b.DType || len(a.Dims) != len(b.Dims) {
		return false
	}
	for i := range a.Dims {
		if x, y := a.Dims[i].Size, b.Dims[i].Size; !x.Equal(y) && !sym.ProveEqual(x, y, v.f.Facts).Proved {
			return false
		}
	}
	return true
}

// body checks the body of a region or a chain; its results are values of the body.
func (v *verifier) body(in *Instr, inside bool) error {
	if v.m.Stage == Graph {
		return fmt.Errorf("it belongs to the scheduled stage")
	}
	if inside || len(in.Body) == 0 {
		return fmt.Errorf("it is empty or inside another")
	}
	before := v.defined
	v.defined = map[*Value]bool{}
	for _, a := range in.Args {
		v.defined[a] = true
	}
	for i, b := range in.Body {
		if err := v.instr(b, true); err != nil {
			return fmt.Errorf("body %d, %s: %w", i, b.Op.Name, err)
		}
	}
	body := v.defined
	v.defined = before
	for i, o := range in.Outs {
		if !body[o] {
			return fmt.Errorf("result %d is no value of the body", i)
		}
		if before[o] {
			return fmt.Errorf("%%%d is defined twice", o.ID)
		}
		before[o] = true
	}
	return nil
}

// graphOnly are the operations that the passes mode and grad replace.
var graphOnly = map[string]bool{"batch_norm": true, "dropout": true, "random": true, "detach": true}

// effects checks a read or a write of a state against the module and what came
// before.
func (v *verifier) effects(in *Instr, operands []op.Type) error {
	switch in.Op.Effect {
	case op.Source:
		name := in.Attrs.String("name")
		s := v.m.State(v.f.Net, name)
		if s == nil {
			return fmt.Errorf("the module has no state %q", name)
		}
		if len(in.Outs) == 1 && !v.sameStored(s.Type, in.Outs[0].Type) {
			return fmt.Errorf("the state %q is %v, but is read as %v", name, s.Type, in.Outs[0].Type)
		}
		if v.written[name] {
			return fmt.Errorf("the state %q is read after it is written", name)
		}
	case op.Update:
		name := in.Attrs.String("state")
		s := v.m.State(v.f.Net, name)
		if s == nil {
			return fmt.Errorf("the module has no state %q", name)
		}
		if len(operands) > 0 && !v.sameStored(s.Type, operands[0]) {
			return fmt.Errorf("the state %q is %v, but %v is written", name, s.Type, operands[0])
		}
		if v.written[name] {
			return fmt.Errorf("the state %q is written twice", name)
		}
		v.written[name] = true
	}
	return nil
}
