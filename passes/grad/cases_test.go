package grad

import (
	"math"
	"math/rand/v2"

	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// margin is how far operands stay from a kink or a tie: several steps of the
// central difference.
const margin = 0.01

// gen makes operands.
type gen struct{ rng *rand.Rand }

// normal returns standard normal numbers.
func (g *gen) normal(shape ...int) *eval.Tensor {
	return eval.Random(eval.New(tensor.F32, shape...).OpType(), g.rng)
}

// away returns numbers in −4 to 4 that keep the margin from the kinks named.
func (g *gen) away(shape []int, kinks ...float64) *eval.Tensor {
	x := eval.New(tensor.F32, shape...)
	for i := range x.F {
	again:
		x.F[i] = 8*g.rng.Float64() - 4
		for _, k := range kinks {
			if math.Abs(x.F[i]-k) < margin {
				goto again
			}
		}
	}
	return x
}

// between returns uniform numbers.
func (g *gen) between(lo, hi float64, shape ...int) *eval.Tensor {
	x := eval.New(tensor.F32, shape...)
	for i := range x.F {
		x.F[i] = lo + (hi-lo)*g.rng.Float64()
	}
	return x
}

// distinct returns numbers no two of which are closer than the margin, so that a
// maximum is never a tie.
func (g *gen) distinct(shape ...int) *eval.Tensor {
	x := eval.New(tensor.F32, shape...)
	for i, p := range g.rng.Perm(len(x.F)) {
		x.F[i] = (float64(p)-float64(len(x.F))/2)*3*margin + margin*g.rng.Float64()
	}
	return x
}

func (g *gen) index(limit int64, shape ...int) *eval.Tensor {
	x := eval.New(tensor.I32, shape...)
	for i := range x.I {
		x.I[i] = g.rng.Int64N(limit)
	}
	return x
}

func (g *gen) mask(shape ...int) *eval.Tensor {
	return eval.Random(eval.New(tensor.Bool, shape...).OpType(), g.rng)
}

func ints(v ...int64) []int64 { return v }

func dims(shape ...int) []op.Dim { return eval.New(tensor.F32, shape...).OpType().Dims }

func args(t ...*eval.Tensor) []*eval.Tensor { return t }

// shapes are those that elementwise operations are tried on.
var shapes = [][]int{{}, {1}, {7}, {2, 3, 5}}

// elementwise makes one case per shape with operands from f.
func elementwise(attrs op.Attrs, f func(g *gen, shape []int) *eval.Tensor) func(*gen) []opCase {
	return func(g *gen) (out []opCase) {
		for _, s := range shapes {
			out = append(out, opCase{attrs: attrs, in: args(f(g, s))})
		}
		return out
	}
}

func anywhere(g *gen, shape []int) *eval.Tensor { return g.normal(shape...) }

func positive(g *gen, shape []int) *eval.Tensor { return g.between(0.3, 3, shape...) }

func avoiding(kinks ...float64) func(g *gen, shape []int) *eval.Tensor {
	return func(g *gen, shape []int) *eval.Tensor { return g.away(shape, kinks...) }
}

// broadcasts makes the pairs of shapes that meet in every way: equal, stretched
// on either side, on both, and of different rank.
func broadcasts(f func(g *gen, a, b []int) []*eval.Tensor) func(*gen) []opCase {
	return func(g *gen) (out []opCase) {
		for _, p := range [][2][]int{
			{{}, {}}, {{5}, {5}}, {{2, 3}, {3}}, {{3}, {2, 3}}, {{2, 1, 3}, {4, 1}}, {{1}, {2, 2}}, {{2, 3}, {}}, {{1, 1}, {1}},
		} {
			out = append(out, opCase{in: f(g, p[0], p[1])})
		}
		return out
	}
}

func pairOf(f func(g *gen, shape []int) *eval.Tensor) func(g *gen, a, b []int) []*eval.Tensor {
	return func(g *gen, a, b []int) []*eval.Tensor { return args(f(g, a), f(g, b)) }
}

// untied returns two operands whose elements all differ by the margin.
func untied(g *gen, a, b []int) []*eval.Tensor {
	x, y := eval.New(tensor.F32, a...), eval.New(tensor.F32, b...)
	all := g.distinct(len(x.F) + len(y.F))
	copy(x.F, all.F)
	copy(y.F, all.F[len(x.F):])
	return args(x, y)
}

// cases makes, for each smooth operation, what its gradient is checked on.
var cases = map[string]func(*gen) []opCase{
	"dropout": elementwise(nil, anywhere), "neg": elementwise(nil, anywhere), "exp": elementwise(nil, anywhere), "sin": elementwise(nil, anywhere),
	"cos": elementwise(nil, anywhere), "erf": elementwise(nil, anywhere), "tanh": elementwise(nil, anywhere),
	"sigmoid": elementwise(nil, anywhere), "silu": elementwise(nil, anywhere), "softplus": elementwise(nil, anywhere),
	"mish": elementwise(nil, anywhere),
	"log":  elementwise(nil, positive), "sqrt": elementwise(nil, positive), "rsqrt": elementwise(nil, positive),
	"recip": elementwise(nil, positive),
	"abs":   elementwise(nil, avoiding(0)), "relu": elementwise(nil, avoiding(0)),
	"clamp": elementwise(op.Attrs{"lo": -1.0, "hi": 2.0}, avoiding(-1, 2)),
	"leaky": elementwise(op.Attrs{"alpha": 0.1}, avoiding(0)), "elu": elementwise(op.Attrs{"alpha": 1.5}, avoiding(0)),
	"hardswish": elementwise(nil, avoiding(-3, 3)), "hardsigmoid": elementwise(nil, avoiding(-3, 3)),
	"gelu": func(g *gen) []opCase {
		return append(elementwise(nil, anywhere)(g), elementwise(op.Attrs{"approx": "tanh"}, anywhere)(g)...)
	},
	"prelu": func(g *gen) []opCase {
		return []opCase{
			{in: args(g.away([]int{2, 3, 2, 3}, 0), g.normal(3))}, {in: args(g.away([]int{5, 4}, 0), g.normal(4))},
			{name: "one slope", in: args(g.away([]int{2, 3, 3}, 0), g.normal(1))}, {name: "vector", in: args(g.away([]int{3}, 0), g.normal(1))},
			{name: "one channel", in: args(g.away([]int{2, 1, 3}, 0), g.normal(1))},
		}
	},
	"cast": elementwise(op.Attrs{"to": "f64"}, anywhere),

	"add": broadcasts(pairOf(anywhere)), "sub": broadcasts(pairOf(anywhere)), "mul": broadcasts(pairOf(anywhere)),
	"div": broadcasts(func(g *gen, a, b []int) []*eval.Tensor { return args(g.normal(a...), g.between(0.5, 2, b...)) }),
	"pow": func(g *gen) []opCase {
		out := broadcasts(func(g *gen, a, b []int) []*eval.Tensor { return args(g.between(0.3, 2, a...), g.normal(b...)) })(g)
		// A negative base has whole exponents only: the exponent has no derivative.
		return append(out, opCase{name: "square of a negative number", frozen: []int{1}, in: args(g.between(-2, -1, 4), eval.Scalar(2))})
	},
	"max": broadcasts(untied), "min": broadcasts(untied),
	"select": func(g *gen) []opCase {
		return []opCase{
			{in: args(g.mask(5), g.normal(5), g.normal(5))}, {in: args(g.mask(2, 3), g.normal(3), g.normal(2, 1))},
			{in: args(g.mask(3), g.normal(2, 1), g.normal())}, {in: args(g.mask(), g.normal(2, 3), g.normal(3))},
		}
	},

	"reduce": reduceCases,
	"cumsum": func(g *gen) []opCase {
		return []opCase{
			{attrs: op.Attrs{"axis": int64(0)}, in: args(g.normal(5))}, {attrs: op.Attrs{"axis": int64(1)}, in: args(g.normal(2, 4, 3))},
			{attrs: op.Attrs{"axis": int64(2)}, in: args(g.normal(2, 1, 3))},
		}
	},

	"topk": func(g *gen) []opCase {
		a := func(k, axis int64) op.Attrs { return op.Attrs{"k": k, "axis": axis} }
		return []opCase{
			{attrs: a(2, 1), in: args(g.distinct(3, 5))}, {attrs: a(3, 0), in: args(g.distinct(7))},
			{attrs: a(1, 1), in: args(g.distinct(2, 4, 3))}, {attrs: a(2, -1), in: args(g.distinct(2, 1, 4))},
		}
	},

	"reshape": func(g *gen) []opCase {
		return []opCase{
			{attrs: op.Attrs{"shape": dims(3, 4)}, in: args(g.normal(2, 6))}, {attrs: op.Attrs{"shape": dims()}, in: args(g.normal(1, 1))},
			{attrs: op.Attrs{"shape": dims(2, 1, 3)}, in: args(g.normal(6))},
		}
	},
	"transpose": func(g *gen) []opCase {
		return []opCase{
			{attrs: op.Attrs{"perm": ints(1, 0)}, in: args(g.normal(2, 5))}, {attrs: op.Attrs{"perm": ints(2, 0, 1)}, in: args(g.normal(2, 3, 4))},
			{attrs: op.Attrs{"perm": ints(0, 3, 1, 2)}, in: args(g.normal(2, 1, 3, 2))},
		}
	},
	"broadcast": func(g *gen) []opCase {
		return []opCase{
			{attrs: op.Attrs{"shape": dims(4)}, in: args(g.normal())}, {attrs: op.Attrs{"shape": dims(2, 3, 4)}, in: args(g.normal(3, 1))},
			{attrs: op.Attrs{"shape": dims(2, 3)}, in: args(g.normal(2, 3))}, {attrs: op.Attrs{"shape": dims(1, 1, 2)}, in: args(g.normal(1, 2))},
		}
	},
	"slice": func(g *gen) []opCase {
		a := func(axis, start, stop, step int64) op.Attrs {
			return op.Attrs{"axis": axis, "start": start, "stop": stop, "step": step}
		}
		return []opCase{
			{attrs: a(0, 1, 4, 1), in: args(g.normal(5))}, {attrs: a(1, 0, 3, 1), in: args(g.normal(2, 3, 2))},
			{name: "step that divides", attrs: a(1, 0, 6, 2), in: args(g.normal(2, 6))}, {name: "step with a rest", attrs: a(0, 1, 8, 3), in: args(g.normal(8, 2))},
			{name: "step beyond the end", attrs: a(0, 2, 7, 4), in: args(g.normal(7))}, {name: "one element", attrs: a(0, 3, 4, 2), in: args(g.normal(4))},
		}
	},
	"pad": func(g *gen) []opCase {
		a := func(lo, hi []int64) op.Attrs { return op.Attrs{"lo": lo, "hi": hi, "value": 3.0} }
		return []opCase{
			{attrs: a(ints(1), ints(2)), in: args(g.normal(3))}, {attrs: a(ints(0, 2), ints(0, 0)), in: args(g.normal(2, 3))},
			{attrs: a(ints(1, 0, 1), ints(0, 0, 2)), in: args(g.normal(2, 3, 2))},
		}
	},
	"concat": func(g *gen) []opCase {
		return []opCase{
			{attrs: op.Attrs{"axis": int64(0)}, in: args(g.normal(2), g.normal(3), g.normal(1))},
			{attrs: op.Attrs{"axis": int64(1)}, in: args(g.normal(2, 1, 3), g.normal(2, 4, 3))},
			{name: "single", attrs: op.Attrs{"axis": int64(1)}, in: args(g.normal(2, 3))},
		}
	},
	"gather": func(g *gen) []opCase {
		return []opCase{
			{attrs: op.Attrs{"axis": int64(0)}, in: args(g.normal(4), g.index(4, 6))},
			{attrs: op.Attrs{"axis": int64(1)}, in: args(g.normal(2, 5, 3), g.index(5, 4))},
			{name: "table", attrs: op.Attrs{"axis": int64(0)}, in: args(g.normal(7, 3), g.index(7, 2, 3))},
		}
	},
	"reverse": func(g *gen) []opCase {
		return []opCase{
			{attrs: op.Attrs{"axes": ints(0)}, in: args(g.normal(5))}, {attrs: op.Attrs{"axes": ints(0, 2)}, in: args(g.normal(2, 3, 3))},
		}
	},

	"matmul": matmulCases, "conv": convCases("conv"), "conv_dx": convCases("conv_dx"), "conv_dw": convCases("conv_dw"),
	"maxpool": poolCases("maxpool"), "avgpool": poolCases("avgpool"), "avgpool_dx": poolCases("avgpool_dx"),
	"resize": resizeCases(false), "resize_dx": resizeCases(true),

	"batch_norm": func(g *gen) []opCase {
		a := op.Attrs{"eps": 0.1}
		return []opCase{
			{attrs: a, in: args(g.normal(2, 3, 2, 3), g.normal(3), g.normal(3), g.normal(3), g.between(0.5, 2, 3))},
			{attrs: a, in: args(g.normal(5, 3), g.normal(3), nil, g.normal(3), g.between(0.5, 2, 3))},
			{attrs: a, in: args(g.normal(2, 3, 2, 1), nil, nil, g.normal(3), g.between(0.5, 2, 3))},
		}
	},
	"bn_train": func(g *gen) []opCase {
		c := func(x, w, b *eval.Tensor) opCase {
			n := x.Shape[1]
			return opCase{attrs: op.Attrs{"eps": 0.01, "momentum": 0.2}, in: args(x, w, b, g.normal(n), g.between(0.5, 2, n)),
				frozen: []int{3, 4}, silent: []int{1, 2, 3, 4}}
		}
		return []opCase{
			c(g.normal(2, 3, 2, 3), g.normal(3), g.normal(3)), c(g.normal(7, 2), g.normal(2), g.normal(2)),
			c(g.normal(3, 1, 3, 1), nil, nil), c(g.normal(3, 2, 1, 5), g.normal(2), nil), c(g.normal(3, 2, 2, 2), nil, g.normal(2)),
		}
	},
	"norm": func(g *gen) []opCase {
		c := func(a op.Attrs, x, w, b *eval.Tensor) opCase {
			a["eps"] = 0.01
			return opCase{attrs: a, in: args(x, w, b), silent: []int{1, 2}}
		}
		return []opCase{
			c(op.Attrs{"axes": ints(1)}, g.normal(3, 5), g.normal(5), g.normal(5)),
			c(op.Attrs{"axes": ints(2)}, g.normal(2, 3, 4), nil, nil),
			c(op.Attrs{"axes": ints(2)}, g.normal(2, 3, 4), g.normal(4), g.normal(4)),
			c(op.Attrs{"axes": ints(1)}, g.normal(2, 3, 2, 3), g.normal(3), g.normal(3)),
			c(op.Attrs{"axes": ints(2, 3)}, g.normal(2, 3, 2, 2), g.normal(2, 2), g.normal(2, 2)),
			c(op.Attrs{"axes": ints(1, 2)}, g.normal(2, 3, 4), g.normal(3, 4), g.normal(3, 4)),
			c(op.Attrs{"axes": ints(1, 2, 3)}, g.normal(2, 3, 2, 2), g.normal(3, 2, 2), nil),
			c(op.Attrs{"groups": int64(2)}, g.normal(2, 4, 3, 1), g.normal(4), g.normal(4)),
			c(op.Attrs{"groups": int64(3)}, g.normal(2, 3, 2, 3), nil, g.normal(3)),
			c(op.Attrs{"groups": int64(1)}, g.normal(2, 3, 2, 2), nil, nil),
		}
	},
	"softmax": softmaxCases, "log_softmax": softmaxCases,
	"softmax_xent": func(g *gen) []opCase {
		a := func(axis int64, smoothing float64, ignore int64) op.Attrs {
			return op.Attrs{"axis": axis, "smoothing": smoothing, "ignore": ignore}
		}
		return []opCase{
			{attrs: a(1, 0, -1), in: args(g.normal(4, 5), g.index(5, 4)), silent: []int{1}},
			{name: "smoothing", attrs: a(1, 0.1, -1), in: args(g.normal(3, 7), g.index(7, 3)), silent: []int{1}},
			{name: "ignore", attrs: a(1, 0.1, 2), in: args(g.normal(6, 3), g.index(3, 6)), silent: []int{1}},
			{name: "per pixel", attrs: a(1, 0, 1), in: args(g.normal(2, 3, 2, 2), g.index(3, 2, 2, 2)), silent: []int{1}},
			{name: "through both results", attrs: a(1, 0.1, -1), in: args(g.normal(3, 4), g.index(4, 3))},
			{name: "through probs alone", attrs: a(1, 0, -1), in: args(g.normal(3, 4), g.index(4, 3)), silent: []int{0}},
		}
	},
}

func reduceCases(g *gen) (out []opCase) {
	for _, kind := range []string{"sum", "mean", "max", "min", "prod"} {
		for _, c := range []struct {
			shape []int
			axes  []int64
		}{{[]int{5}, ints(0)}, {[]int{2, 3, 4}, ints(1)}, {[]int{2, 3, 4}, ints(0, 2)}, {[]int{3, 1, 2}, ints(1, 2)}, {[]int{2, 3}, ints(0, 1)}} {
			for _, keep := range []bool{false, true} {
				a := op.Attrs{"kind": kind, "axes": c.axes, "keep": keep}
				out = append(out, opCase{name: kind, attrs: a, in: args(g.distinct(c.shape...))})
			}
		}
	}
	one, two := g.normal(2, 3), g.normal(2, 3)
	one.F[1], two.F[0], two.F[2] = 0, 0, 0
	a := op.Attrs{"kind": "prod", "axes": ints(1), "keep": false}
	return append(out, opCase{name: "prod with a zero", attrs: a, in: args(one)}, opCase{name: "prod with two zeros", attrs: a, in: args(two)})
}

func matmulCases(g *gen) (out []opCase) {
	const m, k, n = 3, 5, 2
	for _, ta := range []bool{false, true} {
		for _, tb := range []bool{false, true} {
			a, b := []int{m, k}, []int{k, n}
			if ta {
				a = []int{k, m}
			}
			if tb {
				b = []int{n, k}
			}
			attrs := op.Attrs{"trans_a": ta, "trans_b": tb}
			batch := func(s []int) []int { return append([]int{2, 3}, s...) }
			out = append(out,
				opCase{attrs: attrs, in: args(g.normal(a...), g.normal(b...), nil, nil)},
				opCase{name: "bias", attrs: attrs, in: args(g.normal(a...), g.normal(b...), g.normal(n), nil)},
				opCase{name: "bias and residual", attrs: attrs, in: args(g.normal(a...), g.normal(b...), g.normal(n), g.normal(m, n))},
				opCase{name: "batch", attrs: attrs, in: args(g.normal(batch(a)...), g.normal(batch(b)...), nil, nil)},
				opCase{name: "one b for a batch", attrs: attrs, in: args(g.normal(batch(a)...), g.normal(b...), g.normal(n), nil)},
				opCase{name: "batch and bias", attrs: attrs, in: args(g.normal(batch(a)...), g.normal(batch(b)...), g.normal(n), nil)})
		}
	}
	return out
}

// geometries of convolution: x NCHW, w OIRS, stride, padding, dilation, groups.
var geometries = []struct {
	name                  string
	x, w                  []int
	stride, pad, dilation []int64
	groups                int64
}{
	{"1x1", []int{2, 3, 3, 2}, []int{2, 3, 1, 1}, ints(1, 1), ints(0, 0, 0, 0), ints(1, 1), 1},
	{"3x3 half", []int{1, 2, 4, 5}, []int{3, 2, 3, 3}, ints(1, 1), ints(1, 1, 1, 1), ints(1, 1), 1},
	{"stride with a rest", []int{2, 1, 6, 5}, []int{2, 1, 3, 2}, ints(2, 2), ints(1, 0, 0, 1), ints(1, 1), 1},
	{"dilated", []int{1, 2, 6, 5}, []int{1, 2, 2, 2}, ints(1, 1), ints(0, 1, 1, 0), ints(3, 2), 1},
	{"grouped", []int{1, 4, 3, 3}, []int{6, 2, 2, 2}, ints(1, 2), ints(0, 0, 1, 1), ints(1, 1), 2},
	{"depthwise", []int{2, 3, 4, 4}, []int{3, 1, 3, 3}, ints(2, 1), ints(1, 1, 1, 1), ints(1, 1), 3},
	{"window larger than the image", []int{1, 1, 2, 2}, []int{2, 1, 4, 3}, ints(1, 1), ints(1, 1, 2, 1), ints(1, 1), 1},
}

func convCases(which string) func(*gen) []opCase {
	return func(g *gen) (out []opCase) {
		for i, s := range geometries {
			a := op.Attrs{"stride": s.stride, "pad": s.pad, "dilation": s.dilation, "groups": s.groups}
			x, w := g.normal(s.x...), g.normal(s.w...)
			y, err := eval.Op(op.Lookup("conv"), a, args(x, w, nil, nil))
			if err != nil {
				panic(err)
			}
			switch which {
			case "conv":
				out = append(out, opCase{name: s.name, attrs: a, in: args(x, w, nil, nil)})
				out = append(out, opCase{name: s.name + " bias", attrs: a, in: args(x, w, g.normal(s.w[0]), nil)})
				if i == 2 {
					out = append(out, opCase{name: s.name + " residual", attrs: a, in: args(x, w, nil, g.normal(y[0].Shape...))})
				}
			case "conv_dx":
				a["shape"] = dims(s.x...)
				out = append(out, opCase{name: s.name, attrs: a, in: args(y[0], w)})
			case "conv_dw":
				a["kernel"] = ints(int64(s.w[2]), int64(s.w[3]))
				out = append(out, opCase{name: s.name, attrs: a, in: args(x, y[0])})
			}
		}
		return out
	}
}

func poolCases(which string) func(*gen) []opCase {
	return func(g *gen) (out []opCase) {
		for _, s := range []struct {
			name           string
			x              []int
			kernel, stride []int64
			pad            []int64
			ceil           bool
		}{
			{"2x2", []int{2, 2, 4, 4}, ints(2, 2), ints(2, 2), ints(0, 0, 0, 0), false},
			{"overlap and padding", []int{1, 2, 5, 4}, ints(3, 2), ints(2, 1), ints(1, 0, 1, 1), false},
			{"rest dropped", []int{1, 1, 5, 5}, ints(2, 2), ints(2, 2), ints(0, 0, 0, 0), false},
			{"ceil", []int{1, 2, 5, 6}, ints(2, 3), ints(2, 2), ints(0, 1, 0, 1), true},
			{"gaps", []int{1, 1, 5, 5}, ints(1, 2), ints(2, 3), ints(0, 0, 0, 0), false},
		} {
			for _, counted := range []bool{false, true} {
				a := op.Attrs{"kernel": s.kernel, "stride": s.stride, "pad": s.pad, "ceil": s.ceil}
				x := g.distinct(s.x...)
				if which == "maxpool" {
					if !counted {
						out = append(out, opCase{name: s.name, attrs: a, in: args(x)})
					}
					continue
				}
				a["count_pad"] = counted
				if which == "avgpool" {
					out = append(out, opCase{name: s.name, attrs: a, in: args(x)})
					continue
				}
				y, err := eval.Op(op.Lookup("avgpool"), a, args(x))
				if err != nil {
					panic(err)
				}
				a = with(a, averageGeometry, "shape", dims(s.x...))
				out = append(out, opCase{name: s.name, attrs: a, in: args(g.normal(y[0].Shape...))})
			}
		}
		return out
	}
}

func resizeCases(back bool) func(*gen) []opCase {
	return func(g *gen) (out []opCase) {
		for _, mode := range []string{"nearest", "bilinear"} {
			for _, s := range []struct {
				x     []int
				scale []int64
			}{{[]int{1, 2, 2, 3}, ints(2, 2)}, {[]int{2, 1, 3, 1}, ints(3, 2)}, {[]int{1, 1, 2, 2}, ints(1, 4)}} {
				shape := append([]int(nil), s.x...)
				if back {
					shape[2] *= int(s.scale[0])
					shape[3] *= int(s.scale[1])
				}
				out = append(out, opCase{name: mode, attrs: op.Attrs{"scale": s.scale, "mode": mode}, in: args(g.normal(shape...))})
			}
		}
		return out
	}
}

func softmaxCases(g *gen) []opCase {
	a := func(axis int64) op.Attrs { return op.Attrs{"axis": axis} }
	return []opCase{
		{attrs: a(0), in: args(g.normal(5))}, {attrs: a(1), in: args(g.normal(3, 7))}, {attrs: a(1), in: args(g.normal(2, 3, 2))},
		{attrs: a(2), in: args(g.normal(2, 2, 1))},
	}
}
