package simplify

import (
	"math"

	"github.com/netc-lang/netc/ir"
)

var arithmeticRules = []Rule{
	{"MoveConstRight", "c + x = x + c, likewise mul min max eq", []string{"add", "mul", "min", "max", "eq"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			_, left := splat(in.Args[0])
			_, right := splat(in.Args[1])
			if !left || right {
				return nil
			}
			return c.emit(in, in.Op.Name, in.Attrs, in.Args[1], in.Args[0])
		}},
	{"DropAddZero", "x + 0 = x", []string{"add"}, true, dropRight(0)},
	{"DropSubZero", "x - 0 = x", []string{"sub"}, true, dropRight(0)},
	{"DropMulOne", "x * 1 = x", []string{"mul"}, true, dropRight(1)},
	{"DropDivOne", "x / 1 = x", []string{"div"}, true, dropRight(1)},
	{"DropPowOne", "x^1 = x", []string{"pow"}, true, dropRight(1)},
	{"SquarePowTwo", "x^2 = x*x", []string{"pow"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if !is(in.Args[1], 2) || !float(in) {
				return nil
			}
			return c.emit(in, "mul", nil, in.Args[0], in.Args[0])
		}},
	{"RecipPowMinusOne", "x^-1 = 1/x", []string{"pow"}, true, onlyRight(-1, "recip")},
	{"NegMulMinusOne", "x * -1 = -x", []string{"mul"}, true, onlyRight(-1, "neg")},
	{"RecipDivOfOne", "1 / x = recip(x)", []string{"div"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if !is(in.Args[0], 1) || !float(in) || !in.Args[1].Type.Equal(in.Outs[0].Type) {
				return nil
			}
			return c.emit(in, "recip", nil, in.Args[1])
		}},
	{"MulDivByPowerOfTwo", "x / 2^k = x * 2^-k", []string{"div"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			d, ok := splat(in.Args[1])
			if !ok || !float(in) || d == 0 {
				return nil
			}
			if m, e := math.Frexp(d); math.Abs(m) != 0.5 || e < -100 || e > 100 {
				return nil
			}
			return c.emit(in, "mul", nil, in.Args[0], c.constant(in.Args[1].Type, []float64{1 / d}))
		}},
	{"AddNegatedConst", "x - c = x + -c", []string{"sub"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			k, ok := splat(in.Args[1])
			if !ok || !float(in) || !spellable(in.Args[1].Type) {
				return nil
			}
			return c.emit(in, "add", nil, in.Args[0], c.constant(in.Args[1].Type, []float64{-k}))
		}},
	{"MergeAddConst", "(x + a) + b = x + (a+b)", []string{"add"}, false, mergeConst("add", func(a, b float64) float64 { return a + b })},
	{"MergeMulConst", "(x * a) * b = x * (a*b)", []string{"mul"}, false, mergeConst("mul", func(a, b float64) float64 { return a * b })},
	{"DropNegNeg", "-(-x) = x", []string{"neg"}, true, undo("neg")},
	{"DropNotNot", "not not x = x", []string{"not"}, true, undo("not")},
	{"DropRecipRecip", "1/(1/x) = x", []string{"recip"}, false, undo("recip")},
	{"SubAddNeg", "x + -y = x - y", []string{"add"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if n := from(in.Args[1], "neg"); n != nil {
				return c.emit(in, "sub", nil, in.Args[0], n.Args[0])
			}
			if n := from(in.Args[0], "neg"); n != nil {
				return c.emit(in, "sub", nil, in.Args[1], n.Args[0])
			}
			return nil
		}},
	{"AddSubNeg", "x - -y = x + y", []string{"sub"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if n := from(in.Args[1], "neg"); n != nil {
				return c.emit(in, "add", nil, in.Args[0], n.Args[0])
			}
			return nil
		}},
	{"SwapNegSub", "-(x - y) = y - x", []string{"neg"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			s := from(in.Args[0], "sub")
			if s == nil || !c.single(in.Args[0]) {
				return nil
			}
			return c.emit(in, "sub", nil, s.Args[1], s.Args[0])
		}},
	{"DropNegPair", "-x * -y = x*y, likewise div", []string{"mul", "div"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			a, b := from(in.Args[0], "neg"), from(in.Args[1], "neg")
			if a == nil || b == nil {
				return nil
			}
			return c.emit(in, in.Op.Name, nil, a.Args[0], b.Args[0])
		}},
	{"DivMulRecip", "x * (1/y) = x / y", []string{"mul"}, false,
		func(c *context, in *ir.Instr) []*ir.Value {
			for i := range 2 {
				if r := from(in.Args[1-i], "recip"); r != nil && c.single(in.Args[1-i]) {
					return c.emit(in, "div", nil, in.Args[i], r.Args[0])
				}
			}
			return nil
		}},
	{"RsqrtRecipSqrt", "1/sqrt(x) = rsqrt(x)", []string{"recip"}, false,
		func(c *context, in *ir.Instr) []*ir.Value {
			if s := from(in.Args[0], "sqrt"); s != nil {
				return c.emit(in, "rsqrt", nil, s.Args[0])
			}
			return nil
		}},
	{"DropAbsOfSign", "|-x| = |x|, ||x|| = |x|", []string{"abs"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if s := from(in.Args[0], "neg", "abs"); s != nil {
				return c.emit(in, "abs", nil, s.Args[0])
			}
			return nil
		}},
	{"DropIntegral", "floor(floor(x)) = floor(x), any of floor round sign inside floor round", []string{"floor", "round"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if from(in.Args[0], "floor", "round", "sign") == nil {
				return nil
			}
			return keep(in, in.Args[0])
		}},
	{"DropIdempotent", "min(x, x) = x, likewise max and or", []string{"min", "max", "and", "or"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if in.Args[0] != in.Args[1] {
				return nil
			}
			return keep(in, in.Args[0])
		}},
	{"DropSelectSame", "select(c, x, x) = x", []string{"select"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if in.Args[1] != in.Args[2] {
				return nil
			}
			return keep(in, in.Args[1])
		}},
	{"SwapSelectNot", "select(not c, x, y) = select(c, y, x)", []string{"select"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			n := from(in.Args[0], "not")
			if n == nil {
				return nil
			}
			return c.emit(in, "select", nil, n.Args[0], in.Args[2], in.Args[1])
		}},
	{"DropCastSame", "cast to the same type is x", []string{"cast"}, true,
		func(c *context, in *ir.Instr) []*ir.Value { return keep(in, in.Args[0]) }},
}

// dropRight is the law x∘neutral = x.
func dropRight(neutral float64) func(*context, *ir.Instr) []*ir.Value {
	return func(c *context, in *ir.Instr) []*ir.Value {
		if !is(in.Args[1], neutral) {
			return nil
		}
		return keep(in, in.Args[0])
	}
}

// onlyRight is the law x∘value = name(x).
func onlyRight(value float64, name string) func(*context, *ir.Instr) []*ir.Value {
	return func(c *context, in *ir.Instr) []*ir.Value {
		if !is(in.Args[1], value) || !float(in) || !in.Args[0].Type.Equal(in.Outs[0].Type) {
			return nil
		}
		return c.emit(in, name, nil, in.Args[0])
	}
}

// undo is the law of an op that is its own inverse.
func undo(name string) func(*context, *ir.Instr) []*ir.Value {
	return func(c *context, in *ir.Instr) []*ir.Value {
		if inner := from(in.Args[0], name); inner != nil {
			return keep(in, inner.Args[0])
		}
		return nil
	}
}

// mergeConst is the law (x∘a)∘b = x∘(a∘b) for constants of which one is a scalar.
func mergeConst(name string, join func(a, b float64) float64) func(*context, *ir.Instr) []*ir.Value {
	return func(c *context, in *ir.Instr) []*ir.Value {
		inner := from(in.Args[0], name)
		if inner == nil || !c.single(in.Args[0]) || !float(in) {
			return nil
		}
		a, ok := splat(inner.Args[1])
		b, ok2 := splat(in.Args[1])
		if !ok || !ok2 || inner.Args[1].Type.Rank() != 0 || in.Args[1].Type.Rank() != 0 {
			return nil
		}
		return c.emit(in, name, nil, inner.Args[0], c.constant(in.Args[1].Type, []float64{float64(float32(join(a, b)))}))
	}
}

// float reports whether in computes floats.
func float(in *ir.Instr) bool { return in.Outs[0].Type.DType.Float() }
