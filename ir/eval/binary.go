package eval

import (
	"errors"
	"math"

	"github.com/netc-lang/netc/runtime/tensor"
)

// Binary operations with broadcasting: operands are aligned at their last axis,
// an axis of size 1 stretches.
//
//	y[i] = f(a[i], b[i])
//
// Integers are computed exactly and wrap to their type; division rounds toward
// zero. Comparisons and logic give bool.
func init() {
	arithmetic := map[string]struct {
		f func(a, b float64) float64
		i func(a, b int64) (int64, error)
	}{
		"add": {func(a, b float64) float64 { return a + b }, func(a, b int64) (int64, error) { return a + b, nil }},
		"sub": {func(a, b float64) float64 { return a - b }, func(a, b int64) (int64, error) { return a - b, nil }},
		"mul": {func(a, b float64) float64 { return a * b }, func(a, b int64) (int64, error) { return a * b, nil }},
		"div": {func(a, b float64) float64 { return a / b }, divide},
		"pow": {math.Pow, power},
		"min": {math.Min, func(a, b int64) (int64, error) { return min(a, b), nil }},
		"max": {math.Max, func(a, b int64) (int64, error) { return max(a, b), nil }},
	}
	for name, g := range arithmetic {
		register(name, func(c *call) error {
			y := c.out[0]
			var failed error
			c.broadcast(func(i int, at []int) {
				if y.isFloat() {
					y.F[i] = g.f(c.in[0].F[at[0]], c.in[1].F[at[1]])
					return
				}
				v, err := g.i(c.in[0].I[at[0]], c.in[1].I[at[1]])
				if err != nil {
					failed = err
				}
				y.setInt(i, v)
			})
			return failed
		})
	}
	for name, f := range map[string]func(a, b float64) bool{
		"eq":  func(a, b float64) bool { return a == b },
		"lt":  func(a, b float64) bool { return a < b },
		"le":  func(a, b float64) bool { return a <= b },
		"and": func(a, b float64) bool { return a != 0 && b != 0 },
		"or":  func(a, b float64) bool { return a != 0 || b != 0 },
	} {
		register(name, func(c *call) error {
			c.broadcast(func(i int, at []int) {
				if f(c.in[0].at(at[0]), c.in[1].at(at[1])) {
					c.out[0].I[i] = 1
				}
			})
			return nil
		})
	}
	register("select", selectElements)
	register("cast", cast)
}

// selectElements: y[i] = a[i] where c[i], else b[i].
func selectElements(c *call) error {
	y := c.out[0]
	c.broadcast(func(i int, at []int) {
		k := 2
		if c.in[0].I[at[0]] != 0 {
			k = 1
		}
		if y.isFloat() {
			y.F[i] = c.in[k].F[at[k]]
		} else {
			y.I[i] = c.in[k].I[at[k]]
		}
	})
	return nil
}

// cast converts: a float to an integer truncates toward zero and saturates (NaN
// gives 0), integers wrap, anything but 0 is true, floats are rounded to the
// target's precision only under Env.Round.
func cast(c *call) error {
	x, y := c.in[0], c.out[0]
	for i := range x.Len() {
		switch {
		case y.isFloat():
			y.F[i] = x.at(i)
		case y.Type == tensor.Bool:
			if x.at(i) != 0 {
				y.I[i] = 1
			}
		case x.isFloat():
			y.I[i] = saturate(y.Type, x.F[i])
		default:
			y.setInt(i, x.I[i])
		}
	}
	return nil
}

func saturate(d tensor.DType, v float64) int64 {
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	switch d {
	case tensor.I8:
		lo, hi = math.MinInt8, math.MaxInt8
	case tensor.U8:
		lo, hi = 0, math.MaxUint8
	case tensor.I32:
		lo, hi = math.MinInt32, math.MaxInt32
	}
	switch {
	case math.IsNaN(v):
		return 0
	case v <= float64(lo):
		return lo
	case v >= float64(hi): // float64(MaxInt64) is 2^63, which no int64 reaches
		return hi
	}
	return int64(v)
}

// broadcast visits every element i of the first result with the flat position of
// the element of each operand that meets it.
func (c *call) broadcast(visit func(i int, at []int)) {
	shape := c.out[0].Shape
	pos := make([]int, len(shape))
	at := make([]int, len(c.in))
	for i := range c.out[0].Len() {
		unravel(pos, shape, i)
		for k, x := range c.in {
			at[k] = stretched(x.Shape, pos)
		}
		visit(i, at)
	}
}

// stretched returns the flat position in shape that coordinates pos of a
// broadcast result read: axes are aligned at the end, size 1 repeats.
func stretched(shape, pos []int) int {
	lead := len(pos) - len(shape)
	i := 0
	for a, d := range shape {
		k := pos[lead+a]
		if d == 1 {
			k = 0
		}
		i = i*d + k
	}
	return i
}

func divide(a, b int64) (int64, error) {
	if b == 0 {
		return 0, errors.New("found an integer divided by 0")
	}
	return a / b, nil
}

func power(a, b int64) (int64, error) {
	if b < 0 {
		return 0, errors.New("found a negative exponent of an integer, expected 0 or more")
	}
	r := int64(1)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			r *= a
		}
		a *= a
	}
	return r, nil
}
