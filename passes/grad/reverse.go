package grad

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// reach marks the values of f that carry derivatives of the values for which
// wanted is true: those, and every float result of a Smooth operation on a marked
// operand. Everything else costs no backward code.
func reach(f *ir.Func, wanted func(*ir.Value) bool) map[*ir.Value]bool {
	marked := map[*ir.Value]bool{}
	for _, v := range f.Inputs {
		if wanted(v) {
			marked[v] = true
		}
	}
	for _, in := range f.Instrs {
		carries := false
		for _, a := range in.Args {
			carries = carries || a != nil && marked[a]
		}
		for _, v := range in.Outs {
			if wanted(v) || carries && in.Op.Gradient != op.ZeroGradient && v.Type.DType.Float() {
				marked[v] = true
			}
		}
	}
	return marked
}

// reverse walks the first n instructions of f backwards and emits behind them the
// adjoint of every marked value that a seed reaches. seeds maps values to their
// cotangents.
//
// A value's contributions are added as they are met, so from its last use to its
// first: only one partial sum is alive, and the order never changes.
func reverse(b *ir.Builder, f *ir.Func, n int, seeds map[*ir.Value]*ir.Value, marked map[*ir.Value]bool) map[*ir.Value]*ir.Value {
	adjoint := map[*ir.Value]*ir.Value{}
	for v, d := range seeds {
		adjoint[v] = d
	}
	for i := n - 1; i >= 0; i-- {
		in := f.Instrs[i]
		if in.Op.Effect == op.Update {
			continue
		}
		dy := make([]*ir.Value, len(in.Outs))
		reached := false
		for k, v := range in.Outs {
			dy[k] = adjoint[v]
			reached = reached || dy[k] != nil
		}
		need := make([]bool, len(in.Args))
		wanted := false
		for k, a := range in.Args {
			need[k] = a != nil && marked[a]
			wanted = wanted || need[k]
		}
		if !reached || !wanted || in.Op.Gradient == op.ZeroGradient {
			continue
		}
		b.Pos, b.Stage = in.Pos, in.Stage
		for k, d := range product(b, in, dy, need) {
			if d == nil {
				continue
			}
			a := in.Args[k]
			if !need[k] {
				diag.Bugf("grad: %s gives a cotangent of operand %d, which needs none", in.Op.Name, k)
			}
			if d = fit(b, d, a.Type); d == nil {
				diag.Bugf("grad: %s gives operand %d of %v no cotangent of its type", in.Op.Name, k, a.Type)
			}
			if sum := adjoint[a]; sum != nil {
				d = b.One("add", nil, sum, d)
			}
			adjoint[a] = d
		}
	}
	return adjoint
}

// product calls the VJP of an instruction.
func product(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	vjp := vjps[in.Op.Name]
	if vjp == nil {
		diag.Bugf("grad: %s has no gradient: the passes before grad should have replaced it", in.Op.Name)
	}
	return vjp(b, in, dy, need)
}

// fit returns d with the index sets of type t, which the rules of some operations
// do not carry; nil when element type or sizes differ.
func fit(b *ir.Builder, d *ir.Value, t op.Type) *ir.Value {
	if d.Type.DType != t.DType || d.Type.Rank() != t.Rank() {
		return nil
	}
	for i, dim := range t.Dims {
		if !d.Type.Dims[i].Size.Equal(dim.Size) {
			return nil
		}
	}
	return emitter{b}.reshape(d, t.Dims)
}
