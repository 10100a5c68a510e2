package eval

import (
	"fmt"
	"math"
)

// Activations: y[i] = f(x[i]); the functions are PyTorch's of the same name.
func init() {
	for _, a := range []struct {
		name string
		f    func(c *call) func(float64) float64
	}{
		{"relu", func(*call) func(float64) float64 { return relu }},
		{"clamp", func(c *call) func(float64) float64 { return clamp(c.attrs.Float("lo"), c.attrs.Float("hi")) }},
		{"leaky", func(c *call) func(float64) float64 { return leaky(c.attrs.Float("alpha")) }},
		{"elu", func(c *call) func(float64) float64 { return elu(c.attrs.Float("alpha")) }},
		{"silu", func(*call) func(float64) float64 { return silu }},
		{"gelu", func(c *call) func(float64) float64 {
			if c.attrs.String("approx") == "tanh" {
				return geluTanh
			}
			return gelu
		}},
		{"hardswish", func(*call) func(float64) float64 { return hardswish }},
		{"hardsigmoid", func(*call) func(float64) float64 { return hardsigmoid }},
		{"softplus", func(*call) func(float64) float64 { return softplus }},
		{"mish", func(*call) func(float64) float64 { return mish }},
	} {
		register(a.name, func(c *call) error {
			f := a.f(c)
			for i, x := range c.in[0].F {
				c.out[0].F[i] = f(x)
			}
			return nil
		})
	}
	register("prelu", prelu)
}

// prelu is leaky with a slope per channel: a has one element, or one for each
// position of axis 1.
func prelu(c *call) error {
	x, a, y := c.in[0], c.in[1], c.out[0]
	at := make([]int, len(x.Shape))
	for i, v := range x.F {
		slope := a.F[0]
		if len(a.F) > 1 {
			unravel(at, x.Shape, i)
			slope = a.F[at[1]]
		}
		y.F[i] = leaky(slope)(v)
	}
	return nil
}

// epilogueActivation returns the activation that attribute "act" of conv and
// matmul names, with its "act_args".
func epilogueActivation(name string, args []float64) (func(float64) float64, error) {
	arg := func(i int, otherwise float64) float64 {
		if i < len(args) {
			return args[i]
		}
		return otherwise
	}
	switch name {
	case "", "none":
		return func(x float64) float64 { return x }, nil
	case "relu":
		return relu, nil
	case "tanh":
		return math.Tanh, nil
	case "sigmoid":
		return sigmoid, nil
	case "clamp":
		return clamp(arg(0, math.Inf(-1)), arg(1, math.Inf(1))), nil
	case "leaky":
		return leaky(arg(0, 0.01)), nil
	case "silu":
		return silu, nil
	case "gelu":
		if arg(0, 0) == 1 {
			return geluTanh, nil
		}
		return gelu, nil
	case "hardswish":
		return hardswish, nil
	}
	return nil, fmt.Errorf("found act=%q, expected none, relu, tanh, sigmoid, clamp, leaky, silu, gelu or hardswish", name)
}

func relu(x float64) float64 { return math.Max(x, 0) }

func clamp(lo, hi float64) func(float64) float64 {
	return func(x float64) float64 { return math.Min(math.Max(x, lo), hi) }
}

func leaky(alpha float64) func(float64) float64 {
	return func(x float64) float64 {
		if x < 0 {
			return alpha * x
		}
		return x
	}
}

func elu(alpha float64) func(float64) float64 {
	return func(x float64) float64 {
		if x < 0 {
			return alpha * math.Expm1(x)
		}
		return x
	}
}

func silu(x float64) float64 { return x * sigmoid(x) }

// gelu is x·Φ(x) with the normal distribution function Φ.
func gelu(x float64) float64 { return x * 0.5 * math.Erfc(-x/math.Sqrt2) }

// geluTanh is the approximation of Hendrycks and Gimpel 2016, arXiv:1606.08415.
func geluTanh(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

func hardsigmoid(x float64) float64 { return math.Min(math.Max(x+3, 0), 6) / 6 }

func hardswish(x float64) float64 { return x * hardsigmoid(x) }

// softplus is log(1+exp x) without overflow.
func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func mish(x float64) float64 { return x * math.Tanh(softplus(x)) }
