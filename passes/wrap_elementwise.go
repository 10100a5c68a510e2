package passes

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
)

// wrapElementwise makes every elementwise op a region of one instruction. The
// one op whose operands do not broadcast by numpy's rule is spelled out first:
//
//	prelu(x, a) = relu(x) + a*min(x, 0)
func wrapElementwise(m *ir.Module, _ target.Desc) (string, error) {
	fusedOp := op.Lookup("fused")
	n := 0
	m.Stage = ir.Scheduled // regions are scheduled ops
	for _, f := range m.Funcs {
		edit.Rebuild(f, spellPrelu)
		for i, in := range f.Instrs {
			if isElementwise(in.Op) {
				f.Instrs[i] = newRegion(fusedOp, []*ir.Instr{in})
				n++
			}
		}
	}
	return fmt.Sprintf("%d regions", n), nil
}

// isElementwise reports whether a region may hold the op.
func isElementwise(d *op.Def) bool {
	switch d.Name {
	case "select", "cast":
		return true
	}
	return d.Group == "unary" || d.Group == "activation" || d.Group == "binary"
}

func spellPrelu(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
	if in.Op.Name != "prelu" {
		return nil, false
	}
	x, slope := in.Args[0], in.Args[1]
	if !one(slope.Type.Elems()) {
		slope = alongChannels(b, slope, x.Type.Rank())
	} else if x.Type.Rank() == 0 {
		slope = b.One("reshape", op.Attrs{"shape": []op.Dim{}}, slope)
	}
	below := b.One("mul", nil, b.One("min", nil, x, scalar(b, 0)), slope)
	return []*ir.Value{b.One("add", nil, b.One("relu", nil, x), below)}, true
}

// newRegion returns the fused instruction of a body. Its operands are what the
// body reads from outside, in order of first use; its results are all values of
// the body, to be cut down by whoever knows their readers.
func newRegion(fusedOp *op.Def, body []*ir.Instr) *ir.Instr {
	first := body[0]
	r := &ir.Instr{Op: fusedOp, Attrs: op.Attrs{}, Body: body, Pos: first.Pos, Stage: first.Stage}
	inside := map[*ir.Value]bool{}
	for _, in := range body {
		for _, a := range in.Args {
			if a != nil && !inside[a] && !slices.Contains(r.Args, a) {
				r.Args = append(r.Args, a)
			}
		}
		for _, v := range in.Outs {
			inside[v] = true
			r.Outs = append(r.Outs, v)
		}
	}
	return r
}

// sameSizes reports whether both types have the same axes, whatever their names.
func sameSizes(a, b op.Type) bool {
	return slices.EqualFunc(a.Dims, b.Dims, func(x, y op.Dim) bool { return x.Size.Equal(y.Size) })
}
