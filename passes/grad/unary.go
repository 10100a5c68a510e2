package grad

import (
	"math"

	"github.com/netc-lang/netc/ir"
)

// pointwise registers an operation y = f(x) with dx = dy·f'(x), given as a
// function of x, y and dy.
func pointwise(name string, dx func(e emitter, in *ir.Instr, x, y, dy *ir.Value) *ir.Value) {
	register(name, func(b *ir.Builder, in *ir.Instr, dy []*ir.Value, _ []bool) []*ir.Value {
		return []*ir.Value{dx(emitter{b}, in, in.Args[0], in.Outs[0], dy[0])}
	})
}

// Where the derivative can be had from y it is, so that x need not be kept.
func init() {
	type value = *ir.Value
	// Outside of training dropout is the identity; in training mode has replaced it.
	pointwise("dropout", func(_ emitter, _ *ir.Instr, _, _, dy value) value { return dy })
	pointwise("neg", func(e emitter, _ *ir.Instr, _, _, dy value) value { return e.neg(dy) })
	pointwise("abs", func(e emitter, _ *ir.Instr, x, _, dy value) value { return e.mul(dy, e.One("sign", nil, x)) })
	pointwise("exp", func(e emitter, _ *ir.Instr, _, y, dy value) value { return e.mul(dy, y) })
	pointwise("log", func(e emitter, _ *ir.Instr, x, _, dy value) value { return e.div(dy, x) })
	pointwise("sqrt", func(e emitter, _ *ir.Instr, _, y, dy value) value { return e.div(e.scale(dy, 0.5), y) })
	pointwise("rsqrt", func(e emitter, _ *ir.Instr, _, y, dy value) value {
		return e.mul(e.scale(dy, -0.5), e.mul(y, e.mul(y, y)))
	})
	pointwise("recip", func(e emitter, _ *ir.Instr, _, y, dy value) value { return e.neg(e.mul(dy, e.mul(y, y))) })
	pointwise("sin", func(e emitter, _ *ir.Instr, x, _, dy value) value { return e.mul(dy, e.One("cos", nil, x)) })
	pointwise("cos", func(e emitter, _ *ir.Instr, x, _, dy value) value { return e.neg(e.mul(dy, e.One("sin", nil, x))) })
	pointwise("erf", func(e emitter, _ *ir.Instr, x, _, dy value) value {
		return e.mul(e.scale(dy, 2/math.Sqrt(math.Pi)), e.One("exp", nil, e.neg(e.mul(x, x))))
	})
	pointwise("tanh", func(e emitter, _ *ir.Instr, _, y, dy value) value { return e.mul(dy, e.reflect(1, e.mul(y, y))) })
	pointwise("sigmoid", func(e emitter, _ *ir.Instr, _, y, dy value) value {
		return e.mul(dy, e.mul(y, e.reflect(1, y)))
	})
}
