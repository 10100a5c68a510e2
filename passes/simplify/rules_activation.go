package simplify

import (
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

var activationRules = []Rule{
	{"ReluMaxZero", "max(x, 0) = relu(x)", []string{"max"}, true, onlyRight(0, "relu")},
	{"DropReluOfNonNegative", "relu(y) = y where y >= 0: relu exp sqrt abs sigmoid softmax hardsigmoid softplus", []string{"relu"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if from(in.Args[0], "relu", "exp", "sqrt", "abs", "sigmoid", "softmax", "hardsigmoid", "softplus") == nil {
				return nil
			}
			return keep(in, in.Args[0])
		}},
	{"ClampMinRelu", "min(relu(x), c) = clamp(x, 0, c), c >= 0", []string{"min"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			hi, ok := splat(in.Args[1])
			r := from(in.Args[0], "relu")
			if !ok || r == nil || hi < 0 || !c.single(in.Args[0]) || !r.Args[0].Type.Equal(in.Outs[0].Type) {
				return nil
			}
			return c.emit(in, "clamp", op.Attrs{"lo": 0.0, "hi": hi}, r.Args[0])
		}},
	{"ClampReluOfClamp", "relu(clamp(x, a, b)) = clamp(x, max(a, 0), b), b >= 0", []string{"relu"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			k := from(in.Args[0], "clamp")
			if k == nil || k.Attrs.Float("hi") < 0 || !c.single(in.Args[0]) {
				return nil
			}
			return c.emit(in, "clamp", op.Attrs{"lo": max(k.Attrs.Float("lo"), 0), "hi": k.Attrs.Float("hi")}, k.Args[0])
		}},
	{"ClampOfRelu", "clamp(relu(x), a, b) = clamp(x, max(a, 0), b), b >= 0", []string{"clamp"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			r := from(in.Args[0], "relu")
			if r == nil || in.Attrs.Float("hi") < 0 || !c.single(in.Args[0]) {
				return nil
			}
			return c.emit(in, "clamp", op.Attrs{"lo": max(in.Attrs.Float("lo"), 0), "hi": in.Attrs.Float("hi")}, r.Args[0])
		}},
	{"MergeClampClamp", "clamp(clamp(x, a, b), c, d) = clamp(x, max(a, c), min(b, d)) where the intervals meet", []string{"clamp"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			k := from(in.Args[0], "clamp")
			if k == nil || !c.single(in.Args[0]) {
				return nil
			}
			lo := max(in.Attrs.Float("lo"), k.Attrs.Float("lo"))
			hi := min(in.Attrs.Float("hi"), k.Attrs.Float("hi"))
			if lo > hi {
				return nil
			}
			return c.emit(in, "clamp", op.Attrs{"lo": lo, "hi": hi}, k.Args[0])
		}},
	{"SiluMulSigmoid", "x * sigmoid(x) = silu(x)", []string{"mul"}, false,
		func(c *context, in *ir.Instr) []*ir.Value {
			for i := range 2 {
				if s := from(in.Args[i], "sigmoid"); s != nil && s.Args[0] == in.Args[1-i] && c.single(in.Args[i]) {
					return c.emit(in, "silu", nil, in.Args[1-i])
				}
			}
			return nil
		}},
	{"MishMulTanhSoftplus", "x * tanh(softplus(x)) = mish(x)", []string{"mul"}, false,
		func(c *context, in *ir.Instr) []*ir.Value {
			for i := range 2 {
				t := from(in.Args[i], "tanh")
				if t == nil || !c.single(in.Args[i]) {
					continue
				}
				if s := from(t.Args[0], "softplus"); s != nil && s.Args[0] == in.Args[1-i] && c.single(t.Args[0]) {
					return c.emit(in, "mish", nil, in.Args[1-i])
				}
			}
			return nil
		}},
	{"LogSoftmaxLogOfSoftmax", "log(softmax(x)) = log_softmax(x)", []string{"log"}, false,
		func(c *context, in *ir.Instr) []*ir.Value {
			s := from(in.Args[0], "softmax")
			if s == nil {
				return nil
			}
			return c.emit(in, "log_softmax", op.Attrs{"axis": s.Attrs.Int("axis")}, s.Args[0])
		}},
	{"SoftmaxExpOfLogSoftmax", "exp(log_softmax(x)) = softmax(x)", []string{"exp"}, false,
		func(c *context, in *ir.Instr) []*ir.Value {
			s := from(in.Args[0], "log_softmax")
			if s == nil {
				return nil
			}
			return c.emit(in, "softmax", op.Attrs{"axis": s.Attrs.Int("axis")}, s.Args[0])
		}},
	{"SwapMonotoneMaxpool", "maxpool(tanh(x)) = tanh(maxpool(x)), likewise sigmoid exp, where the places are not read", []string{"maxpool"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			a := from(in.Args[0], "tanh", "sigmoid", "exp")
			if a == nil || !c.single(in.Args[0]) || c.readers[in.Outs[1]] > 0 {
				return nil
			}
			pooled := c.b.Emit("maxpool", in.Attrs, a.Args[0])
			return []*ir.Value{c.b.One(a.Op.Name, a.Attrs, pooled[0]), nil}
		}},
	{"SwapGateMaxpoolDX", "select(g(y), maxpool_dx(at, dy), 0) = maxpool_dx(at, select(g(p), dy, 0)) for p, at = maxpool(y), comparisons g and y that is no norm's", []string{"select"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			dx := from(in.Args[1], "maxpool_dx")
			if dx == nil || !c.single(in.Args[1]) || !is(in.Args[2], 0) {
				return nil
			}
			pool := from(dx.Args[0], "maxpool")
			if pool == nil {
				return nil
			}
			y := pool.Args[0]
			if act := from(y, "relu", "clamp"); act == nil || from(act.Args[0], "bn_train") != nil {
				return nil
			}
			mask := c.maskOf(in.Args[0], y, pool.Outs[0])
			if mask == nil {
				return nil
			}
			return c.emit(in, "maxpool_dx", dx.Attrs, dx.Args[0], c.b.One("select", nil, mask, dx.Args[1], in.Args[2]))
		}},
}

// maskOf returns the comparisons of y with constants that mask consists of as those of p,
// nil for another mask.
func (c *context) maskOf(mask, y, p *ir.Value) *ir.Value {
	k := from(mask, "lt", "and")
	if k == nil || !c.single(mask) {
		return nil
	}
	var args [2]*ir.Value
	for i, a := range k.Args {
		_, constant := splat(a)
		switch {
		case k.Op.Name == "and":
			args[i] = c.maskOf(a, y, p)
		case a == y:
			args[i] = p
		case constant && a.Type.Rank() == 0:
			args[i] = a
		}
		if args[i] == nil {
			return nil
		}
	}
	return c.b.One(k.Op.Name, nil, args[0], args[1])
}
