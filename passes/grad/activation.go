package grad

import (
	"math"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// At a kink (0 of relu, the ends of clamp) the derivative is that of PyTorch's
// activation: 0 for relu, relu6 and hardtanh.
func init() {
	type value = *ir.Value
	pointwise("relu", func(e emitter, _ *ir.Instr, _, y, dy value) value {
		return e.masked(e.less(e.scalar(0, y), y), dy)
	})
	pointwise("clamp", func(e emitter, in *ir.Instr, _, y, dy value) value {
		return e.masked(e.inside(in.Attrs.Float("lo"), y, in.Attrs.Float("hi")), dy)
	})
	pointwise("leaky", func(e emitter, in *ir.Instr, x, _, dy value) value {
		return e.choose(e.less(e.scalar(0, x), x), dy, e.scale(dy, in.Attrs.Float("alpha")))
	})
	// Below 0: y = α(exp x − 1), so y' = α·exp x = y + α.
	pointwise("elu", func(e emitter, in *ir.Instr, x, y, dy value) value {
		return e.choose(e.less(e.scalar(0, x), x), dy, e.mul(dy, e.shift(y, in.Attrs.Float("alpha"))))
	})
	// y = x·s: y' = s + x·s·(1−s) = s + y·(1−s).
	pointwise("silu", func(e emitter, _ *ir.Instr, x, y, dy value) value {
		s := e.One("sigmoid", nil, x)
		return e.mul(dy, e.add(s, e.mul(y, e.reflect(1, s))))
	})
	pointwise("gelu", gelu)
	// y' = 0 below −3, 1 above 3, and (2x+3)/6 between.
	pointwise("hardswish", func(e emitter, _ *ir.Instr, x, _, dy value) value {
		slope := e.scale(e.shift(e.scale(x, 2), 3), 1.0/6)
		above := e.choose(e.less(e.scalar(-3, x), x), dy, e.scalar(0, dy))
		return e.choose(e.inside(-3, x, 3), e.mul(dy, slope), above)
	})
	pointwise("hardsigmoid", func(e emitter, _ *ir.Instr, x, _, dy value) value {
		return e.masked(e.inside(-3, x, 3), e.scale(dy, 1.0/6))
	})
	pointwise("softplus", func(e emitter, _ *ir.Instr, x, _, dy value) value {
		return e.mul(dy, e.One("sigmoid", nil, x))
	})
	// y = x·t with t = tanh(softplus x): y' = t + x·(1−t²)·sigmoid x.
	pointwise("mish", func(e emitter, _ *ir.Instr, x, _, dy value) value {
		t := e.One("tanh", nil, e.One("softplus", nil, x))
		return e.mul(dy, e.add(t, e.mul(e.mul(x, e.One("sigmoid", nil, x)), e.reflect(1, e.mul(t, t)))))
	})
	register("prelu", prelu)
}

// inside is lo < x < hi.
func (e emitter) inside(lo float64, x *ir.Value, hi float64) *ir.Value {
	return e.One("and", nil, e.less(e.scalar(lo, x), x), e.less(x, e.scalar(hi, x)))
}

// gelu, exact: y' = Φ(x) + x·φ(x). With approx=tanh: y = x/2·(1+t), t = tanh u,
// u = c·(x + a·x³), so y' = (1+t)/2 + x/2·(1−t²)·c·(1 + 3a·x²).
func gelu(e emitter, in *ir.Instr, x, _, dy *ir.Value) *ir.Value {
	xx := e.mul(x, x)
	if in.Attrs.String("approx") != "tanh" {
		cdf := e.scale(e.shift(e.One("erf", nil, e.scale(x, 1/math.Sqrt2)), 1), 0.5)
		density := e.scale(e.One("exp", nil, e.scale(xx, -0.5)), 1/math.Sqrt(2*math.Pi))
		return e.mul(dy, e.add(cdf, e.mul(x, density)))
	}
	const a = 0.044715
	c := math.Sqrt(2 / math.Pi)
	t := e.One("tanh", nil, e.scale(e.mul(x, e.shift(e.scale(xx, a), 1)), c))
	outer := e.scale(e.shift(t, 1), 0.5)
	inner := e.mul(e.scale(x, 0.5*c), e.shift(e.scale(xx, 3*a), 1))
	return e.mul(dy, e.add(outer, e.mul(inner, e.reflect(1, e.mul(t, t)))))
}

// prelu is leaky with a slope per channel (axis 1), or one slope for all.
func prelu(b *ir.Builder, in *ir.Instr, dy []*ir.Value, need []bool) []*ir.Value {
	e, x, a := emitter{b}, in.Args[0], in.Args[1]
	positive := e.less(e.scalar(0, x), x)
	out := make([]*ir.Value, 2)
	if need[0] {
		slope := a
		if !isOne(a.Type.Dims[0].Size) {
			slope = e.perChannel(a, x.Type)
		}
		out[0] = e.choose(positive, dy[0], e.mul(dy[0], slope))
	}
	if need[1] {
		da := e.choose(positive, e.scalar(0, x), e.mul(dy[0], x))
		if isOne(a.Type.Dims[0].Size) {
			out[1] = e.reshape(e.sum(da, axesBut(x.Type.Rank())), a.Type.Dims)
		} else {
			out[1] = e.sum(da, axesBut(x.Type.Rank(), 1))
		}
	}
	return out
}

// perChannel gives a vector [C] the shape that broadcasts along axis 1 of a
// tensor of type t.
func (e emitter) perChannel(v *ir.Value, t op.Type) *ir.Value {
	dims := []op.Dim{t.Dims[1]}
	for range t.Rank() - 2 {
		dims = append(dims, op.Dim{Size: one})
	}
	return e.reshape(v, dims)
}

// axesBut lists the axes 0..rank−1 without some.
func axesBut(rank int, but ...int) []int64 {
	var axes []int64
next:
	for a := range rank {
		for _, x := range but {
			if a == x {
				continue next
			}
		}
		axes = append(axes, int64(a))
	}
	return axes
}
