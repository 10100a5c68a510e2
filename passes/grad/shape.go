package grad

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// The transposes of operations that only move elements.
func init() {
	type value = *ir.Value
	pointwise("reshape", func(e emitter, _ *ir.Instr, x, _, dy value) value { return e.reshape(dy, x.Type.Dims) })
	pointwise("broadcast", func(e emitter, _ *ir.Instr, x, _, dy value) value { return e.sumTo(dy, x.Type) })
	pointwise("transpose", func(e emitter, in *ir.Instr, _, _, dy value) value {
		perm := in.Attrs.Ints("perm")
		inverse := make([]int64, len(perm))
		for a, p := range perm {
			inverse[p] = int64(a)
		}
		return e.One("transpose", op.Attrs{"perm": inverse}, dy)
	})
	pointwise("reverse", func(e emitter, in *ir.Instr, _, _, dy value) value {
		return e.One("reverse", keep(in.Attrs, "axes"), dy)
	})
	pointwise("slice", sliceVJP)
	pointwise("pad", padVJP)
	register("concat", concatVJP)
	register("gather", gatherVJP)
}

// padded emits pad with zeros along one axis; no width, no instruction.
func (e emitter) padded(x *ir.Value, axis int, lo, hi int64) *ir.Value {
	if lo == 0 && hi == 0 {
		return x
	}
	los, his := make([]int64, x.Type.Rank()), make([]int64, x.Type.Rank())
	los[axis], his[axis] = lo, hi
	return e.One("pad", op.Attrs{"lo": los, "hi": his, "value": 0.0}, x)
}

// cut emits slice with step 1 along one axis of known size.
func (e emitter) cut(x *ir.Value, axis int, start, stop int64) *ir.Value {
	if n, ok := x.Type.Dims[axis].Size.IsConst(); ok && start == 0 && stop == n {
		return x
	}
	return e.One("slice", op.Attrs{"axis": int64(axis), "start": start, "stop": stop, "step": int64(1)}, x)
}

// sliceVJP puts dy back between zeros. With a step, each element of dy first gets
// step−1 zeros behind it: [m] → [m, 1] → [m, step] → [m·step].
func sliceVJP(e emitter, in *ir.Instr, x, _, dy *ir.Value) *ir.Value {
	axis := int(axisOf(in, x.Type.Rank()))
	size := fixed(x.Type.Dims[axis].Size, "slice")
	start, step := in.Attrs.Int("start"), in.Attrs.Int("step")
	d := dy
	if step > 1 {
		m := fixed(dy.Type.Dims[axis].Size, "slice")
		split := append([]op.Dim(nil), dy.Type.Dims[:axis]...)
		split = append(split, op.Dim{Size: dy.Type.Dims[axis].Size}, op.Dim{Size: one})
		split = append(split, dy.Type.Dims[axis+1:]...)
		d = e.padded(e.reshape(dy, split), axis+1, 0, step-1)
		joined := append([]op.Dim(nil), dy.Type.Dims...)
		joined[axis] = op.Dim{Size: sym.Const(m * step)}
		d = e.reshape(d, joined)
		d = e.cut(d, axis, 0, min(m*step, size-start))
	}
	hi := size - start - fixed(d.Type.Dims[axis].Size, "slice")
	return e.padded(d, axis, start, hi)
}

// padVJP cuts the border off again.
func padVJP(e emitter, in *ir.Instr, x, _, dy *ir.Value) *ir.Value {
	lo, hi := in.Attrs.Ints("lo"), in.Attrs.Ints("hi")
	d := dy
	for a := range lo {
		if lo[a] == 0 && hi[a] == 0 {
			continue
		}
		size := fixed(x.Type.Dims[a].Size, "pad")
		d = e.cut(d, a, lo[a], lo[a]+size)
	}
	return d
}

func concatVJP(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	e, out := emitter{b}, make([]*ir.Value, len(in.Args))
	axis := int(axisOf(in, in.Outs[0].Type.Rank()))
	start := int64(0)
	for i, x := range in.Args {
		size := fixed(x.Type.Dims[axis].Size, "concat")
		if need[i] {
			out[i] = e.cut(dy[0], axis, start, start+size)
		}
		start += size
	}
	return out
}

func gatherVJP(b *ir.Builder, in *ir.Instr, dy []*ir.Value, _ []bool) []*ir.Value {
	e, x := emitter{b}, in.Args[0]
	axis := axisOf(in, x.Type.Rank())
	size := fixed(x.Type.Dims[axis].Size, "gather")
	return []*ir.Value{e.One("scatter_add", op.Attrs{"axis": axis, "size": size}, in.Args[1], dy[0]), nil}
}
