package passes

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
)

// shape computes every type again from the inputs with the op's own rule, fills
// in the defaults of attributes and counts axes from the front, so that later
// passes and generators may read all three.
//
// Errors, with the place in the source: a type that differs from what the checker
// promised, or a size with a symbol that is no size of an input, so that nothing
// would define it at run time.
func shape(m *ir.Module, _ target.Desc) (string, error) {
	values := 0
	for _, f := range m.Funcs {
		known := f.Symbols()
		for _, in := range f.Instrs {
			if err := inferInstr(in, known, f.Facts); err != nil {
				return "", fmt.Errorf("%s: %v: %s: %w", f.Name, in.Pos, in.Op.Name, err)
			}
			values += len(in.Outs)
		}
	}
	return fmt.Sprintf("%d values", values), nil
}

// inferInstr checks one instruction against the rule of its op, under what the
// where-clauses of its function promise.
func inferInstr(in *ir.Instr, known []string, facts sym.Facts) error {
	attrs, err := op.Normalize(in.Op, in.Attrs)
	if err != nil {
		return err
	}
	in.Attrs = attrs
	types := make([]op.Type, len(in.Args))
	for i, a := range in.Args {
		if a != nil {
			types[i] = a.Type
		}
	}
	outs, err := op.InferWith(in.Op, types, attrs, facts)
	if err != nil {
		return err
	}
	if len(outs) != len(in.Outs) {
		return fmt.Errorf("found %d results, expected %d", len(in.Outs), len(outs))
	}
	for i, t := range outs {
		if !in.Outs[i].Type.Equal(t) {
			return fmt.Errorf("found a result of type %v, expected %v", in.Outs[i].Type, t)
		}
		for _, d := range t.Dims {
			for _, s := range d.Size.Symbols() {
				if !slices.Contains(known, s) {
					return fmt.Errorf("found a result of type %v, but no input has a size %s: nothing defines it at run time", t, s)
				}
			}
		}
	}
	countFromFront(in)
	return nil
}

// countFromFront replaces negative axes of the first operand.
func countFromFront(in *ir.Instr) {
	if len(in.Args) == 0 || in.Args[0] == nil || in.Op.Name == "scatter_add" { // whose axis is one of the result
		return
	}
	rank := int64(in.Args[0].Type.Rank())
	if a, ok := in.Attrs["axis"].(int64); ok && a < 0 {
		in.Attrs["axis"] = a + rank
	}
	for _, name := range []string{"axes", "perm"} {
		list := in.Attrs.Ints(name)
		if slices.ContainsFunc(list, func(a int64) bool { return a < 0 }) {
			list = slices.Clone(list)
			for i, a := range list {
				if a < 0 {
					list[i] = a + rank
				}
			}
			in.Attrs[name] = list
		}
	}
}
