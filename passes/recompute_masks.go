package passes

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
	"github.com/netc-lang/netc/runtime/tensor"
)

// recomputeMasks makes the comparisons of images again where a backward pass selects
// by them. What they compare, the result of an activation, is stored for other
// reasons nearly always; the mask itself then needs no bytes, and the region that
// reads it is one over images of numbers, which have a blocked layout.
func recomputeMasks(m *ir.Module, _ target.Desc) (string, error) {
	n := 0
	for _, f := range m.Funcs {
		if f.Kind != ir.TrainStep {
			continue
		}
		n += edit.Rebuild(f, func(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
			if in.Op.Name != "select" || !isMask(in.Args[0]) {
				return nil, false
			}
			mask := again(b, in.Args[0])
			return []*ir.Value{b.One("select", nil, mask, in.Args[1], in.Args[2])}, true
		})
		edit.Prune(f)
	}
	return fmt.Sprintf("%d masks", n), nil
}

// isMask reports whether v is computed elementwise from images or numbers, and is
// itself a mask of images.
func isMask(v *ir.Value) bool {
	return v.Type.DType == tensor.Bool && v.Type.Rank() == 4 && v.Def != nil && isElementwise(v.Def.Op)
}

// again writes the comparisons that v is made of once more.
func again(b *ir.Builder, v *ir.Value) *ir.Value {
	if !isMask(v) {
		return v
	}
	args := make([]*ir.Value, len(v.Def.Args))
	for i, a := range v.Def.Args {
		args[i] = again(b, a)
	}
	return b.One(v.Def.Op.Name, op.Attrs(v.Def.Attrs), args...)
}
