package grad

import (
	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

var one = sym.Const(1)

func init() {
	register("reduce", reduce)
	register("cumsum", cumsum)
	register("topk", topk)
}

// reduce: sum spreads dy, mean spreads dy/n, max and min share dy among equals,
// prod spreads dy times the product of the other elements.
func reduce(b *ir.Builder, in *ir.Instr, dy []*ir.Value, _ []bool) []*ir.Value {
	e, x := emitter{b}, in.Args[0]
	axes := make([]int64, 0, len(in.Attrs.Ints("axes")))
	kept := append([]op.Dim(nil), x.Type.Dims...)
	var sizes []sym.Expr
	for _, a := range in.Attrs.Ints("axes") {
		if a < 0 {
			a += int64(x.Type.Rank())
		}
		axes = append(axes, a)
		sizes = append(sizes, kept[a].Size)
		kept[a] = op.Dim{Size: one}
	}
	// From here on y and dy have x's rank, so that they broadcast against x.
	y, d := e.reshape(in.Outs[0], kept), e.reshape(dy[0], kept)
	switch kind := in.Attrs.String("kind"); kind {
	case "sum":
		return []*ir.Value{e.stretch(d, x.Type.Dims)}
	case "mean":
		return []*ir.Value{e.stretch(e.div(d, e.count(sizes, d)), x.Type.Dims)}
	case "max", "min":
		chosen := e.equal(x, y)
		share := e.div(d, e.reshape(e.sum(e.asFloat(chosen, x), axes), kept))
		return []*ir.Value{e.masked(chosen, share)}
	case "prod":
		return []*ir.Value{e.prod(x, y, d, axes, kept)}
	default:
		diag.Bugf("grad: reduce of kind %q", kind)
		return nil
	}
}

// prod is dy·Π_{j≠i} x_j without dividing by zero: with no zero among the
// elements it is dy·y/x; with exactly one, only that element has a derivative,
// the product of the others; with more, none has.
func (e emitter) prod(x, y, d *ir.Value, axes []int64, kept []op.Dim) *ir.Value {
	zero := e.equal(x, e.scalar(0, x))
	safe := e.choose(zero, e.scalar(1, x), x)
	zeros := e.reshape(e.sum(e.asFloat(zero, x), axes), kept)
	others := e.reshape(e.One("reduce", op.Attrs{"kind": "prod", "axes": axes, "keep": false}, safe), kept)
	single := e.masked(e.equal(zeros, e.scalar(1, x)), e.mul(d, others))
	return e.choose(zero, single, e.div(e.mul(d, y), safe))
}

// cumsum: dx[k] = Σ_{j≥k} dy[j], a cumulative sum from the other end.
func cumsum(b *ir.Builder, in *ir.Instr, dy []*ir.Value, _ []bool) []*ir.Value {
	axis := axisOf(in, in.Args[0].Type.Rank())
	flip := op.Attrs{"axes": []int64{axis}}
	back := b.One("cumsum", op.Attrs{"axis": axis}, b.One("reverse", flip, dy[0]))
	return []*ir.Value{b.One("reverse", flip, back)}
}

// topk sends the cotangent of each value to the position it was taken from, by
// comparing positions: dx[…, j, …] = Σ_k dy[…, k, …]·[indices[…, k, …] = j].
func topk(b *ir.Builder, in *ir.Instr, dy []*ir.Value, _ []bool) []*ir.Value {
	e, x := emitter{b}, in.Args[0]
	rank := x.Type.Rank()
	axis := int(axisOf(in, rank))
	size := fixed(x.Type.Dims[axis].Size, "topk")
	// The axis that j runs along stands right behind the axis of k.
	split := func(v *ir.Value) *ir.Value {
		dims := append([]op.Dim(nil), v.Type.Dims[:axis+1]...)
		dims = append(dims, op.Dim{Size: one})
		return e.reshape(v, append(dims, v.Type.Dims[axis+1:]...))
	}
	shape := make([]int64, rank-axis)
	for i := range shape {
		shape[i] = 1
	}
	shape[0] = size
	places := e.One("iota", op.Attrs{"dtype": "i32", "shape": shape, "axis": int64(0)})
	hit := e.equal(split(in.Outs[1]), places)
	return []*ir.Value{e.sum(e.masked(hit, split(only(in, dy))), []int64{int64(axis)})}
}
