package eval

import "math"

// Unary operations: y[i] = f(x[i]), as the law of each says. neg, abs and sign
// keep integers exact; not negates a bool.
func init() {
	for name, f := range map[string]func(float64) float64{
		"neg":     func(x float64) float64 { return -x },
		"abs":     math.Abs,
		"exp":     math.Exp,
		"log":     math.Log,
		"sqrt":    math.Sqrt,
		"rsqrt":   func(x float64) float64 { return 1 / math.Sqrt(x) },
		"recip":   func(x float64) float64 { return 1 / x },
		"sin":     math.Sin,
		"cos":     math.Cos,
		"erf":     math.Erf,
		"floor":   math.Floor,
		"round":   math.RoundToEven,
		"sign":    sign,
		"tanh":    math.Tanh,
		"sigmoid": sigmoid,
	} {
		register(name, unary(name, f))
	}
	register("not", func(c *call) error {
		for i, v := range c.in[0].I {
			c.out[0].I[i] = 1 - v
		}
		return nil
	})
}

// unary lifts f to tensors. On integers f is exact up to 2^53, which covers every
// type but i64; the three operations that integers have are done on integers.
func unary(name string, f func(float64) float64) evaluator {
	return func(c *call) error {
		x, y := c.in[0], c.out[0]
		for i := range x.F {
			y.F[i] = f(x.F[i])
		}
		for i, v := range x.I {
			switch {
			case name == "neg", name == "abs" && v < 0:
				y.setInt(i, -v)
			case name == "sign":
				y.setInt(i, int64(sign(float64(v))))
			default: // abs of a positive number, floor, round
				y.setInt(i, v)
			}
		}
		return nil
	}
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0, −0 or NaN
}

// sigmoid is 1/(1+exp(−x)), written so that neither tail overflows.
func sigmoid(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}
