package check

import (
	"math"
	"math/big"
)

func callCeil(_ *frame, c *builtinCall) value {
	switch v := c.args[0].v.(type) {
	case number:
		return exact(new(big.Rat).SetInt(v.ceil()))
	case size:
		return size{e: v.e.CeilDiv(v.den), den: 1}.plain()
	}
	return c.fail(0, "a number")
}

func callFloor(f *frame, c *builtinCall) value {
	switch v := c.args[0].v.(type) {
	case number:
		return exact(new(big.Rat).SetInt(v.floor()))
	case size:
		return size{e: v.e.FloorDiv(v.den), den: 1}.plain()
	case *tensorValue:
		return f.emitValue("floor", nil, c.span, v)
	}
	return c.fail(0, "a number")
}

// callDivisible is _make_divisible of the MobileNet sources.
func callDivisible(_ *frame, c *builtinCall) value {
	v, ok := numberOf(c.args[0].v)
	if !ok {
		return c.fail(0, "a number")
	}
	d, ok := c.int(c.args[1])
	if !ok || d < 1 {
		return c.fail(1, "a whole number of at least 1")
	}
	half := new(big.Rat).Add(v.rat(), big.NewRat(d, 2))
	steps := exact(new(big.Rat).Quo(half, big.NewRat(d, 1))).floor()
	out := new(big.Rat).Mul(new(big.Rat).SetInt(steps), big.NewRat(d, 1))
	if least := big.NewRat(d, 1); out.Cmp(least) < 0 {
		out = least
	}
	if out.Cmp(new(big.Rat).Mul(v.rat(), big.NewRat(9, 10))) < 0 {
		out.Add(out, big.NewRat(d, 1))
	}
	return exact(out)
}

func callSqrt(f *frame, c *builtinCall) value {
	if t, ok := c.args[0].v.(*tensorValue); ok {
		return f.emitValue("sqrt", nil, c.span, t)
	}
	v, ok := numberOf(c.args[0].v)
	if !ok || v.sign() < 0 {
		return c.fail(0, "a number that is not negative")
	}
	r := new(big.Rat).SetFloat64(math.Sqrt(v.float()))
	if r == nil {
		return c.fail(0, "a number that float64 holds")
	}
	return exact(r)
}

func callLen(_ *frame, c *builtinCall) value {
	es := elements(c.args[0].v)
	if es == nil {
		return c.fail(0, "a list")
	}
	return whole(int64(len(es)))
}

func callShape(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	out := list{}
	for _, d := range t.t.Type.Dims {
		out = append(out, f.c.sizeValue(d))
	}
	return out
}

func callRows(f *frame, c *builtinCall) value {
	if a, ok := c.args[0].v.(*array); ok {
		return whole(a.shape[0])
	}
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	if t.t.Type.Rank() == 0 {
		return c.fail(0, "a tensor with axes")
	}
	return f.c.sizeValue(t.t.Type.Dims[0])
}
