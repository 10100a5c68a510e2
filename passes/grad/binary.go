package grad

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// broadcasting registers y = f(a, b) with broadcast operands: da and db are given
// at the shape of y and summed to the operand's shape here.
func broadcasting(name string, da, db func(e emitter, a, b, y, dy *ir.Value) *ir.Value) {
	register(name, func(bld *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
		e, out := emitter{bld}, make([]*ir.Value, 2)
		for i, d := range []func(e emitter, a, b, y, dy *ir.Value) *ir.Value{da, db} {
			if need[i] {
				out[i] = e.sumTo(d(e, in.Args[0], in.Args[1], in.Outs[0], dy[0]), in.Args[i].Type)
			}
		}
		return out
	})
}

func init() {
	type value = *ir.Value
	same := func(_ emitter, _, _, _, dy value) value { return dy }
	broadcasting("add", same, same)
	broadcasting("sub", same, func(e emitter, _, _, _, dy value) value { return e.neg(dy) })
	broadcasting("mul",
		func(e emitter, _, b, _, dy value) value { return e.mul(dy, b) },
		func(e emitter, a, _, _, dy value) value { return e.mul(dy, a) })
	broadcasting("div",
		func(e emitter, _, b, _, dy value) value { return e.div(dy, b) },
		func(e emitter, _, b, y, dy value) value { return e.neg(e.div(e.mul(dy, y), b)) })
	// d aᵇ/da = b·a^(b−1); d aᵇ/db = aᵇ·log a, which is 0 in the limit a → 0.
	broadcasting("pow",
		func(e emitter, a, b, _, dy value) value {
			return e.mul(dy, e.mul(b, e.One("pow", nil, a, e.shift(b, -1))))
		},
		func(e emitter, a, _, y, dy value) value {
			positive := e.less(e.scalar(0, a), a)
			log := e.One("log", nil, e.choose(positive, a, e.scalar(1, a)))
			return e.mul(dy, e.mul(y, log))
		})
	// Equal operands share the cotangent evenly.
	broadcasting("max",
		func(e emitter, a, b, _, dy value) value { return e.winner(e.less(b, a), e.equal(a, b), dy) },
		func(e emitter, a, b, _, dy value) value { return e.winner(e.less(a, b), e.equal(a, b), dy) })
	broadcasting("min",
		func(e emitter, a, b, _, dy value) value { return e.winner(e.less(a, b), e.equal(a, b), dy) },
		func(e emitter, a, b, _, dy value) value { return e.winner(e.less(b, a), e.equal(a, b), dy) })
	register("select", selectVJP)
	register("cast", castVJP)
}

// winner is dy where wins, dy/2 where ties, else 0.
func (e emitter) winner(wins, ties, dy *ir.Value) *ir.Value {
	return e.choose(ties, e.scale(dy, 0.5), e.masked(wins, dy))
}

func selectVJP(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	e, out := emitter{b}, make([]*ir.Value, 3)
	c := in.Args[0]
	if need[1] {
		out[1] = e.sumTo(e.masked(c, dy[0]), in.Args[1].Type)
	}
	if need[2] {
		out[2] = e.sumTo(e.choose(c, e.scalar(0, dy[0]), dy[0]), in.Args[2].Type)
	}
	return out
}

// castVJP converts the cotangent back; a cast to an integer is never reached
// because integers carry none.
func castVJP(b *ir.Builder, in *ir.Instr, dy []*ir.Value, _ []bool) []*ir.Value {
	return []*ir.Value{b.One("cast", op.Attrs{"to": in.Args[0].Type.DType.String()}, dy[0])}
}
