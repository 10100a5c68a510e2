package passes

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
)

// shape computes every type again from the inputs with the op's own rule and
// fills in the defaults of attributes, so that later passes may read both. A
// type that differs from what the checker promised is refused with its place.
func shape(m *ir.Module, _ target.Desc) (string, error) {
	values := 0
	for _, f := range m.Funcs {
		for _, in := range f.Instrs {
			n, err := inferInstr(in)
			if err != nil {
				return "", fmt.Errorf("%s: %v: %s: %w", f.Name, in.Pos, in.Op.Name, err)
			}
			values += n
		}
	}
	return fmt.Sprintf("%d values", values), nil
}

// inferInstr checks one instruction and returns the number of its results.
func inferInstr(in *ir.Instr) (int, error) {
	attrs, err := op.Normalize(in.Op, in.Attrs)
	if err != nil {
		return 0, err
	}
	in.Attrs = attrs
	types := make([]op.Type, len(in.Args))
	for i, a := range in.Args {
		if a != nil {
			types[i] = a.Type
		}
	}
	outs, err := op.Infer(in.Op, types, attrs)
	if err != nil {
		return 0, err
	}
	if len(outs) != len(in.Outs) {
		return 0, fmt.Errorf("found %d results, expected %d", len(in.Outs), len(outs))
	}
	for i, t := range outs {
		if !in.Outs[i].Type.Equal(t) {
			return 0, fmt.Errorf("found a result of type %v, expected %v", in.Outs[i].Type, t)
		}
	}
	return len(outs), nil
}
