package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// row is one hand-computed case.
type row struct {
	name  string
	op    string
	attrs op.Attrs
	in    []*Tensor
	want  []*Tensor // nil entries are not compared
}

func vec(v ...float64) *Tensor                 { return Floats([]int{len(v)}, v...) }
func mat(rows, cols int, v ...float64) *Tensor { return Floats([]int{rows, cols}, v...) }
func img(h, w int, v ...float64) *Tensor       { return Floats([]int{1, 1, h, w}, v...) }
func i32(v ...int64) *Tensor                   { return Ints(tensor.I32, []int{len(v)}, v...) }
func bools(v ...int64) *Tensor                 { return Ints(tensor.Bool, []int{len(v)}, v...) }
func args(t ...*Tensor) []*Tensor              { return t }
func ints(v ...int64) []int64                  { return v }

func apply(t *testing.T, name string, attrs op.Attrs, in ...*Tensor) []*Tensor {
	t.Helper()
	d := op.Lookup(name)
	if d == nil {
		t.Fatalf("no operation %s", name)
	}
	out, err := Op(d, attrs, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// check runs a table.
func check(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		name := r.name
		if name == "" {
			name = r.op
		}
		t.Run(name, func(t *testing.T) {
			before := make([]*Tensor, len(r.in))
			for i, x := range r.in {
				if x != nil {
					before[i] = x.Clone()
				}
			}
			got := apply(t, r.op, r.attrs, r.in...)
			if len(got) < len(r.want) {
				t.Fatalf("got %d results, want %d", len(got), len(r.want))
			}
			for i, w := range r.want {
				if w != nil {
					same(t, i, got[i], w)
				}
			}
			for i, x := range r.in {
				if x != nil {
					same(t, -1-i, x, before[i]) // operands must not change
				}
			}
		})
	}
}

func same(t *testing.T, result int, got, want *Tensor) {
	t.Helper()
	if got.Type != want.Type || !tensor.Shape(got.Shape).Equal(want.Shape) {
		t.Fatalf("result %d: got %v, want %v", result, got, want)
	}
	for i := range want.F {
		g, w := got.F[i], want.F[i]
		if math.IsNaN(w) != math.IsNaN(g) || g != w && math.Abs(g-w) > 1e-12*math.Max(1, math.Abs(w)) {
			t.Fatalf("result %d: got %v, want %v", result, got.F, want.F)
		}
	}
	for i := range want.I {
		if got.I[i] != want.I[i] {
			t.Fatalf("result %d: got %v, want %v", result, got.I, want.I)
		}
	}
}

// TestImplemented is the meta-test: every operation of the table has an
// evaluator, and nothing else has one.
func TestImplemented(t *testing.T) {
	have := map[string]bool{}
	for _, n := range Implemented() {
		have[n] = true
		if op.Lookup(n) == nil {
			t.Errorf("%s has an evaluator and no row in the table", n)
		}
	}
	for _, d := range op.All() {
		if !have[d.Name] {
			t.Errorf("%s has no evaluator", d.Name)
		}
	}
	if len(have) < 70 {
		t.Errorf("only %d operations", len(have))
	}
}

func TestUnary(t *testing.T) {
	e := math.E
	check(t, []row{
		{op: "neg", in: args(vec(1, -2, 0)), want: args(vec(-1, 2, 0))},
		{name: "neg i32 wraps", op: "neg", in: args(i32(5, math.MinInt32)), want: args(i32(-5, math.MinInt32))},
		{op: "abs", in: args(vec(1, -2.5, 0)), want: args(vec(1, 2.5, 0))},
		{op: "exp", in: args(vec(0, 1, -1)), want: args(vec(1, e, 1/e))},
		{op: "log", in: args(vec(1, e, 0)), want: args(vec(0, 1, math.Inf(-1)))},
		{op: "sqrt", in: args(vec(4, 2, -1)), want: args(vec(2, math.Sqrt2, math.NaN()))},
		{op: "rsqrt", in: args(vec(4, 0.25)), want: args(vec(0.5, 2))},
		{op: "recip", in: args(vec(4, -0.5)), want: args(vec(0.25, -2))},
		{op: "sin", in: args(vec(0, math.Pi/2, math.Pi/6)), want: args(vec(0, 1, 0.5))},
		{op: "cos", in: args(vec(0, math.Pi/3)), want: args(vec(1, 0.5))},
		{op: "erf", in: args(vec(0, 1, -1)), want: args(vec(0, 0.842700792949714869, -0.842700792949714869))},
		{op: "floor", in: args(vec(1.5, -1.5, 2)), want: args(vec(1, -2, 2))},
		{name: "round to even", op: "round", in: args(vec(0.5, 1.5, 2.5, -0.5, -1.2)), want: args(vec(0, 2, 2, 0, -1))},
		{op: "sign", in: args(vec(3, -0.1, 0)), want: args(vec(1, -1, 0))},
		{op: "not", in: args(bools(0, 1)), want: args(bools(1, 0))},
		{op: "tanh", in: args(vec(0, 1)), want: args(vec(0, (e*e-1)/(e*e+1)))},
		{name: "sigmoid with both tails", op: "sigmoid", in: args(vec(0, 1, -1, 1000, -1000)),
			want: args(vec(0.5, e/(1+e), 1/(1+e), 1, 0))},
	})
}

func TestActivation(t *testing.T) {
	e := math.E
	check(t, []row{
		{op: "relu", in: args(vec(-1, 0, 2)), want: args(vec(0, 0, 2))},
		{op: "clamp", attrs: op.Attrs{"lo": -1.0, "hi": 6.0}, in: args(vec(-2, 3, 7)), want: args(vec(-1, 3, 6))},
		{op: "leaky", attrs: op.Attrs{"alpha": 0.1}, in: args(vec(-2, 3)), want: args(vec(-0.2, 3))},
		{op: "elu", attrs: op.Attrs{"alpha": 2.0}, in: args(vec(-1, 3)), want: args(vec(2*(1/e-1), 3))},
		{op: "silu", in: args(vec(1, -1)), want: args(vec(e/(1+e), -1/(1+e)))},
		{op: "gelu", in: args(vec(0, 1)), want: args(vec(0, 0.841344746068542949))},
		{name: "gelu tanh", op: "gelu", attrs: op.Attrs{"approx": "tanh"}, in: args(vec(1)),
			want: args(vec(0.5 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*1.044715))))},
		{op: "hardswish", in: args(vec(-4, -1, 1, 4)), want: args(vec(0, -1.0/3, 2.0/3, 4))},
		{op: "hardsigmoid", in: args(vec(-4, 0, 1.5, 4)), want: args(vec(0, 0.5, 0.75, 1))},
		{op: "softplus", in: args(vec(0, 800, -800)), want: args(vec(math.Ln2, 800, 0))},
		{op: "mish", in: args(vec(0, 1)), want: args(vec(0, math.Tanh(math.Log(1+e))))},
		{name: "prelu per channel", op: "prelu", in: args(Floats([]int{1, 2, 2}, -1, 2, -3, 4), vec(0.5, 0.1)),
			want: args(Floats([]int{1, 2, 2}, -0.5, 2, -0.3, 4))},
		{name: "prelu of one slope", op: "prelu", in: args(mat(1, 3, -1, 2, -3), vec(0.5)), want: args(mat(1, 3, -0.5, 2, -1.5))},
	})
}

func TestBinary(t *testing.T) {
	check(t, []row{
		{name: "add broadcasts both", op: "add", in: args(mat(2, 1, 1, 2), vec(10, 20, 30)),
			want: args(mat(2, 3, 11, 21, 31, 12, 22, 32))},
		{name: "add a scalar", op: "add", in: args(vec(1, 2), Scalar(3)), want: args(vec(4, 5))},
		{op: "sub", in: args(vec(1, 2), vec(3, 5)), want: args(vec(-2, -3))},
		{op: "mul", in: args(vec(1, 2), vec(3, 5)), want: args(vec(3, 10))},
		{op: "div", in: args(vec(1, 2), vec(4, 0)), want: args(vec(0.25, math.Inf(1)))},
		{name: "div i32 toward zero", op: "div", in: args(i32(7, -7), i32(2)), want: args(i32(3, -3))},
		{name: "mul i32 wraps", op: "mul", in: args(i32(1<<30), i32(4)), want: args(i32(0))},
		{op: "pow", in: args(vec(2, 9), vec(10, 0.5)), want: args(vec(1024, 3))},
		{op: "min", in: args(vec(1, 5), vec(3, 2)), want: args(vec(1, 2))},
		{op: "max", in: args(vec(1, 5), vec(3, 2)), want: args(vec(3, 5))},
		{op: "eq", in: args(vec(1, 5), vec(1, 2)), want: args(bools(1, 0))},
		{op: "lt", in: args(vec(1, 5), vec(1, 6)), want: args(bools(0, 1))},
		{op: "le", in: args(vec(1, 5), vec(1, 2)), want: args(bools(1, 0))},
		{op: "and", in: args(bools(0, 1, 1), bools(1, 0, 1)), want: args(bools(0, 0, 1))},
		{op: "or", in: args(bools(0, 1, 0), bools(1, 0, 0)), want: args(bools(1, 1, 0))},
		{name: "select broadcasts", op: "select", in: args(bools(1, 0), mat(2, 1, 1, 2), Scalar(9)),
			want: args(mat(2, 2, 1, 9, 2, 9))},
		{name: "cast to i32 saturates", op: "cast", attrs: op.Attrs{"to": "i32"},
			in: args(vec(1.9, -1.9, 1e20, -1e20, math.NaN())), want: args(i32(1, -1, math.MaxInt32, math.MinInt32, 0))},
		{name: "cast to u8", op: "cast", attrs: op.Attrs{"to": "u8"}, in: args(vec(255.5, -1, 7)),
			want: args(Ints(tensor.U8, []int{3}, 255, 0, 7))},
		{name: "cast to f32", op: "cast", attrs: op.Attrs{"to": "f32"}, in: args(i32(3, -4)), want: args(vec(3, -4))},
		{name: "cast to bool", op: "cast", attrs: op.Attrs{"to": "bool"}, in: args(vec(0.5, 0)), want: args(bools(1, 0))},
	})
	if _, err := Op(op.Lookup("div"), nil, args(i32(1), i32(0))); err == nil {
		t.Error("an integer divided by 0: got no error")
	}
}

func TestReduce(t *testing.T) {
	x := mat(2, 3, 1, 2, 3, 4, 5, 6)
	reduce := func(kind string, axes []int64, keep bool) op.Attrs {
		return op.Attrs{"kind": kind, "axes": axes, "keep": keep}
	}
	check(t, []row{
		{name: "sum rows", op: "reduce", attrs: reduce("sum", ints(0), false), in: args(x), want: args(vec(5, 7, 9))},
		{name: "sum kept", op: "reduce", attrs: reduce("sum", ints(1), true), in: args(x), want: args(mat(2, 1, 6, 15))},
		{name: "mean of all", op: "reduce", attrs: reduce("mean", ints(0, 1), false), in: args(x), want: args(Scalar(3.5))},
		{name: "max", op: "reduce", attrs: reduce("max", ints(1), false), in: args(mat(2, 2, -1, -2, -4, -3)), want: args(vec(-1, -3))},
		{name: "min", op: "reduce", attrs: reduce("min", ints(1), false), in: args(x), want: args(vec(1, 4))},
		{name: "prod", op: "reduce", attrs: reduce("prod", ints(0), false), in: args(x), want: args(vec(4, 10, 18))},
		{name: "argmax of ties", op: "argreduce", attrs: op.Attrs{"kind": "max", "axis": int64(1)},
			in: args(mat(2, 3, 1, 3, 3, 2, 1, 0)), want: args(i32(1, 0))},
		{name: "argmin down", op: "argreduce", attrs: op.Attrs{"kind": "min", "axis": int64(0)},
			in: args(mat(2, 3, 1, 3, 3, 2, 1, 0)), want: args(i32(0, 1, 1))},
		{name: "topk of ties", op: "topk", attrs: op.Attrs{"k": int64(2), "axis": int64(1)}, in: args(mat(1, 4, 1, 7, 3, 7)),
			want: args(mat(1, 2, 7, 7), Ints(tensor.I32, []int{1, 2}, 1, 3))},
		{name: "cumsum", op: "cumsum", attrs: op.Attrs{"axis": int64(1)}, in: args(x), want: args(mat(2, 3, 1, 3, 6, 4, 9, 15))},
	})
}

func TestShape(t *testing.T) {
	x := mat(2, 3, 1, 2, 3, 4, 5, 6)
	dims := func(n ...int) []op.Dim { return New(tensor.F32, n...).OpType().Dims }
	check(t, []row{
		{op: "reshape", attrs: op.Attrs{"shape": dims(3, 2)}, in: args(x), want: args(mat(3, 2, 1, 2, 3, 4, 5, 6))},
		{op: "transpose", attrs: op.Attrs{"perm": ints(1, 0)}, in: args(x), want: args(mat(3, 2, 1, 4, 2, 5, 3, 6))},
		{name: "transpose of three axes", op: "transpose", attrs: op.Attrs{"perm": ints(2, 0, 1)},
			in: args(Floats([]int{1, 2, 3}, 1, 2, 3, 4, 5, 6)), want: args(Floats([]int{3, 1, 2}, 1, 4, 2, 5, 3, 6))},
		{op: "broadcast", attrs: op.Attrs{"shape": dims(2, 2)}, in: args(mat(2, 1, 1, 2)), want: args(mat(2, 2, 1, 1, 2, 2))},
		{op: "slice", attrs: op.Attrs{"axis": int64(1), "start": int64(1), "stop": int64(3)}, in: args(x), want: args(mat(2, 2, 2, 3, 5, 6))},
		{name: "slice by step", op: "slice", attrs: op.Attrs{"axis": int64(0), "start": int64(0), "stop": int64(5), "step": int64(2)},
			in: args(vec(1, 2, 3, 4, 5)), want: args(vec(1, 3, 5))},
		{op: "pad", attrs: op.Attrs{"lo": ints(0, 1), "hi": ints(1, 0), "value": 9.0}, in: args(mat(1, 2, 1, 2)),
			want: args(mat(2, 3, 9, 1, 2, 9, 9, 9))},
		{op: "concat", attrs: op.Attrs{"axis": int64(1)}, in: args(mat(2, 1, 1, 2), x),
			want: args(mat(2, 4, 1, 1, 2, 3, 2, 4, 5, 6))},
		{op: "gather", attrs: op.Attrs{"axis": int64(1)}, in: args(x, i32(2, 0, 2)), want: args(mat(2, 3, 3, 1, 3, 6, 4, 6))},
		{name: "gather clamps", op: "gather", attrs: op.Attrs{"axis": int64(1)}, in: args(x, i32(-1, 3)), want: args(mat(2, 2, 1, 3, 4, 6))},
		{op: "scatter_add", attrs: op.Attrs{"axis": int64(1), "size": int64(4)}, in: args(i32(2, 0, 2), x),
			want: args(mat(2, 4, 2, 0, 4, 0, 5, 0, 10, 0))},
		{op: "reverse", attrs: op.Attrs{"axes": ints(1)}, in: args(x), want: args(mat(2, 3, 3, 2, 1, 6, 5, 4))},
	})
	if _, err := Op(op.Lookup("gather"), nil, args(New(tensor.F32, 0, 2), i32(0))); err == nil {
		t.Error("gather from nothing: got no error")
	}
}

func TestMatmul(t *testing.T) {
	a, b := mat(2, 3, 1, 2, 3, 4, 5, 6), mat(3, 2, 1, 0, 0, 1, 2, 2)
	at, bt := mat(3, 2, 1, 4, 2, 5, 3, 6), mat(2, 3, 1, 0, 2, 0, 1, 2)
	y := mat(2, 2, 7, 8, 16, 17)
	check(t, []row{
		{op: "matmul", in: args(a, b), want: args(y)},
		{name: "a transposed", op: "matmul", attrs: op.Attrs{"trans_a": true}, in: args(at, b), want: args(y)},
		{name: "b transposed", op: "matmul", attrs: op.Attrs{"trans_b": true}, in: args(a, bt), want: args(y)},
		{name: "both transposed", op: "matmul", attrs: op.Attrs{"trans_a": true, "trans_b": true}, in: args(at, bt), want: args(y)},
		{name: "bias, residual, relu", op: "matmul", attrs: op.Attrs{"act": "relu"},
			in: args(a, b, vec(-10, 1), mat(2, 2, 1, 1, -7, 0)), want: args(mat(2, 2, 0, 10, 0, 18))},
		{name: "one b for a batch", op: "matmul", in: args(Floats([]int{2, 1, 2}, 1, 2, 3, 4), mat(2, 1, 1, 2), vec(1)),
			want: args(Floats([]int{2, 1, 1}, 6, 12))},
		{name: "gelu epilogues", op: "matmul", attrs: op.Attrs{"act": "gelu", "act_args": []float64{1}}, in: args(mat(1, 1, 1), mat(1, 1, 2)),
			want: args(mat(1, 1, geluTanh(2)))},
		{name: "batch", op: "matmul", in: args(Floats([]int{2, 1, 2}, 1, 2, 3, 4), Floats([]int{2, 2, 1}, 1, 1, 2, 0)),
			want: args(Floats([]int{2, 1, 1}, 3, 6))},
	})
}

func TestConv(t *testing.T) {
	x := img(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	k := img(2, 2, 1, 0, 0, 2)
	valid := op.Attrs{"stride": ints(1, 1), "pad": ints(0, 0, 0, 0), "dilation": ints(1, 1), "groups": int64(1)}
	plus := func(a op.Attrs, name string, v any) op.Attrs {
		out := op.Attrs{name: v}
		for k, v := range a {
			if k != name {
				out[k] = v
			}
		}
		return out
	}
	dims := func(t *Tensor) []op.Dim { return t.OpType().Dims }
	y := img(2, 2, 11, 14, 20, 23)
	check(t, []row{
		{op: "conv", attrs: valid, in: args(x, k), want: args(y)},
		{name: "conv with bias, residual, clamp", op: "conv", attrs: plus(plus(valid, "act", "clamp"), "act_args", []float64{0, 20}),
			in: args(x, k, vec(-12), img(2, 2, 0, 0, 1, 100)), want: args(img(2, 2, 0, 2, 9, 20))},
		{name: "conv, one-sided padding", op: "conv", attrs: plus(valid, "pad", ints(1, 0, 0, 0)), in: args(x, k),
			want: args(img(3, 2, 4, 6, 11, 14, 20, 23))},
		{name: "conv, stride 2, pad 1", op: "conv", attrs: plus(plus(valid, "stride", ints(2, 2)), "pad", ints(1, 1, 1, 1)),
			in: args(x, k), want: args(img(2, 2, 2, 6, 14, 23))},
		{name: "conv, dilation 2", op: "conv", attrs: plus(valid, "dilation", ints(2, 2)), in: args(x, k), want: args(img(1, 1, 19))},
		{name: "conv, 2 groups", op: "conv", attrs: plus(valid, "groups", int64(2)),
			in:   args(Floats([]int{1, 2, 1, 2}, 1, 2, 3, 4), Floats([]int{2, 1, 1, 1}, 10, 100)),
			want: args(Floats([]int{1, 2, 1, 2}, 10, 20, 300, 400))},
		{op: "conv_dx", attrs: plus(valid, "shape", dims(x)), in: args(img(2, 2, 1, 2, 3, 4), k),
			want: args(img(3, 3, 1, 2, 0, 3, 4+2, 4, 0, 6, 8))},
		{name: "conv_dx with a residual and a gate", op: "conv_dx", attrs: plus(plus(plus(valid, "shape", dims(x)), "act", "clamp"), "act_args", []float64{0, 6}),
			in:   args(img(2, 2, 1, 2, 3, 4), k, img(3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1), img(3, 3, 1, 0, 5, 6, 3, -1, 7, 2, math.NaN())),
			want: args(img(3, 3, 2, 0, 1, 0, 7, 0, 0, 7, 0))},
		{op: "conv_dw", attrs: plus(valid, "kernel", ints(2, 2)), in: args(x, img(2, 2, 1, 0, 0, 1)),
			want: args(img(2, 2, 6, 8, 12, 14))},
	})
}

func TestPool(t *testing.T) {
	x := img(3, 3, 1, 9, 3, 4, 5, 9, 7, 8, 2)
	attrs := func(k, s int64, pad []int64, ceil bool) op.Attrs {
		return op.Attrs{"kernel": ints(k, k), "stride": ints(s, s), "pad": pad, "ceil": ceil}
	}
	none := ints(0, 0, 0, 0)
	at := func(h, w int, v ...int64) *Tensor { return Ints(tensor.U8, []int{1, 1, h, w}, v...) }
	to := func(a op.Attrs, name string, v any) op.Attrs { a[name] = v; return a }
	dims := x.OpType().Dims
	check(t, []row{
		{name: "maxpool, first of ties", op: "maxpool", attrs: attrs(2, 1, none, false), in: args(x),
			want: args(img(2, 2, 9, 9, 8, 9), at(2, 2, 1, 0, 3, 1))},
		{name: "maxpool, ceil", op: "maxpool", attrs: attrs(2, 2, none, true), in: args(x),
			want: args(img(2, 2, 9, 9, 8, 2), at(2, 2, 1, 2, 1, 0))},
		{name: "maxpool, padding takes no part", op: "maxpool", attrs: attrs(2, 2, ints(1, 1, 1, 1), false), in: args(img(2, 2, -1, -2, -3, -4)),
			want: args(img(2, 2, -1, -2, -3, -4), at(2, 2, 3, 2, 1, 0))},
		{op: "maxpool_dx", attrs: to(attrs(2, 1, none, false), "shape", dims), in: args(at(2, 2, 1, 0, 3, 1), img(2, 2, 1, 2, 3, 4)),
			want: args(img(3, 3, 0, 3, 0, 0, 0, 4, 0, 3, 0))},
		{op: "avgpool", attrs: attrs(2, 1, none, false), in: args(x), want: args(img(2, 2, 4.75, 6.5, 6, 6))},
		{name: "avgpool, padding counted", op: "avgpool", attrs: to(attrs(2, 2, ints(1, 1, 0, 0), false), "count_pad", true), in: args(x),
			want: args(img(2, 2, 0.25, 3, 2.75, 6))},
		{name: "avgpool, padding not counted", op: "avgpool", attrs: to(attrs(2, 2, ints(1, 1, 0, 0), false), "count_pad", false), in: args(x),
			want: args(img(2, 2, 1, 6, 5.5, 6))},
		{name: "avgpool, ceil counts no more than the padding", op: "avgpool", attrs: to(attrs(2, 2, none, true), "count_pad", true), in: args(x),
			want: args(img(2, 2, 4.75, 6, 7.5, 2))},
		{op: "avgpool_dx", attrs: to(to(attrs(2, 2, ints(1, 1, 0, 0), false), "count_pad", false), "shape", dims), in: args(img(2, 2, 1, 2, 4, 8)),
			want: args(img(3, 3, 1, 1, 1, 2, 2, 2, 2, 2, 2))},
	})
}

func TestResize(t *testing.T) {
	x := img(1, 2, 1, 3)
	check(t, []row{
		{name: "nearest", op: "resize", attrs: op.Attrs{"scale": ints(2, 2), "mode": "nearest"}, in: args(x),
			want: args(img(2, 4, 1, 1, 3, 3, 1, 1, 3, 3))},
		{name: "bilinear", op: "resize", attrs: op.Attrs{"scale": ints(1, 2), "mode": "bilinear"}, in: args(x),
			want: args(img(1, 4, 1, 1.5, 2.5, 3))},
		{op: "resize_dx", attrs: op.Attrs{"scale": ints(1, 2), "mode": "bilinear"}, in: args(img(1, 4, 1, 2, 4, 8)),
			want: args(img(1, 2, 1+1.5+1, 0.5+3+8))},
	})
}

func TestNorm(t *testing.T) {
	x := mat(2, 2, 1, 10, 3, 30) // channels [1 3] and [10 30]: means 2 and 20, deviations 1 and 10
	bn := op.Attrs{"eps": 0.0, "momentum": 0.25}
	check(t, []row{
		{op: "batch_norm", attrs: op.Attrs{"eps": 0.0}, in: args(x, vec(2, 1), vec(0, 5), vec(1, 10), vec(4, 25)),
			want: args(mat(2, 2, 0, 5, 2, 9))},
		{op: "bn_train", attrs: bn, in: args(x, vec(2, 1), vec(0, 5), vec(0, 0), vec(1, 1)),
			want: args(mat(2, 2, -2, 4, 2, 6), vec(2, 20), vec(1, 0.1), vec(0.5, 5), vec(0.75+0.25*2, 0.75+0.25*200))},
		{name: "bn_train without weight and bias", op: "bn_train", attrs: bn, in: args(x, nil, nil, vec(0, 0), vec(1, 1)),
			want: args(mat(2, 2, -1, -1, 1, 1))},
		{name: "bn_train with a residual and an activation", op: "bn_train", attrs: op.Attrs{"eps": 0.0, "act": "clamp", "act_args": []float64{0, 4}},
			in: args(x, nil, nil, vec(0, 0), vec(1, 1), mat(2, 2, 2, -1, 1, 4)), want: args(mat(2, 2, 1, 0, 2, 4))},
		{op: "bn_again", attrs: op.Attrs{"act": "clamp", "act_args": []float64{0, 3}}, in: args(x, vec(2, 1), vec(0, 5), vec(2, 20), vec(1, 0.1)),
			want: args(mat(2, 2, 0, 3, 2, 3))},
		{op: "bn_dx", in: args(x, mat(2, 2, 1, 1, 2, 5), vec(2, 1), vec(2, 20), vec(1, 0.1)),
			want: args(mat(2, 2, 0, 0, 0, 0), vec(1, 4), vec(3, 6), mat(2, 2, 1, 1, 2, 5))},
		{name: "bn_dx behind an activation", op: "bn_dx", attrs: op.Attrs{"act": "clamp", "act_args": []float64{0, 2}},
			in:   args(x, mat(2, 2, 1, 7, 2, 5), vec(2, 1), vec(2, 20), vec(1, 0.1), mat(2, 2, 1, 0, 0.5, 2)),
			want: args(mat(2, 2, 0, 0, 0, 0), vec(1, 0), vec(3, 0), mat(2, 2, 1, 0, 2, 0))},
		{name: "layer norm", op: "norm", attrs: op.Attrs{"axes": ints(1), "eps": 0.0}, in: args(mat(2, 2, 1, 3, 30, 10), vec(1, 2), vec(0, 1)),
			want: args(mat(2, 2, -1, 3, 1, -1))},
		{name: "layer norm of tokens", op: "norm", attrs: op.Attrs{"axes": ints(2), "eps": 0.0},
			in:   args(Floats([]int{1, 2, 2}, 1, 3, 30, 10), vec(1, 2), vec(0, 1)),
			want: args(Floats([]int{1, 2, 2}, -1, 3, 1, -1))},
		{name: "layer norm of channels", op: "norm", attrs: op.Attrs{"axes": ints(1), "eps": 0.0},
			in:   args(Floats([]int{1, 2, 1, 2}, 1, 30, 3, 10), vec(1, 2), vec(0, 1)),
			want: args(Floats([]int{1, 2, 1, 2}, -1, 1, 3, -1), Floats([]int{1, 1, 2}, 2, 20))},
		{name: "layer norm of space", op: "norm", attrs: op.Attrs{"axes": ints(2, 3), "eps": 0.0},
			in:   args(Floats([]int{1, 2, 1, 2}, 1, 3, 30, 10), mat(1, 2, 1, 2), mat(1, 2, 0, 1)),
			want: args(Floats([]int{1, 2, 1, 2}, -1, 3, 1, -1))},
		{name: "instance norm", op: "norm", attrs: op.Attrs{"groups": int64(2), "eps": 0.0},
			in:   args(Floats([]int{1, 2, 1, 2}, 1, 3, 30, 10), vec(1, 2), vec(0, 1)),
			want: args(Floats([]int{1, 2, 1, 2}, -1, 1, 3, -1))},
		{name: "group norm", op: "norm", attrs: op.Attrs{"groups": int64(2), "eps": 0.0},
			in:   args(Floats([]int{1, 4, 1, 1}, 1, 3, 30, 10), vec(1, 1, 2, 2), vec(0, 0, 1, 1)),
			want: args(Floats([]int{1, 4, 1, 1}, -1, 1, 3, -1))},
	})
}

func TestSoftmax(t *testing.T) {
	x := mat(2, 2, 0, math.Log(3), 1000, 1000)
	l4, l43 := math.Log(4), math.Log(4.0/3)
	axis := op.Attrs{"axis": int64(1)}
	check(t, []row{
		{op: "softmax", attrs: axis, in: args(x), want: args(mat(2, 2, 0.25, 0.75, 0.5, 0.5))},
		{name: "softmax down", op: "softmax", attrs: op.Attrs{"axis": int64(0)}, in: args(mat(2, 1, 0, math.Log(3))), want: args(mat(2, 1, 0.25, 0.75))},
		{name: "softmax, large", op: "softmax", attrs: axis, in: args(mat(1, 2, 3e38, 3e38)), want: args(mat(1, 2, 0.5, 0.5))},
		{op: "softmax_dx", attrs: axis, in: args(mat(1, 2, 0.25, 0.75), mat(1, 2, 4, 8)), want: args(mat(1, 2, 0.25*(4-7), 0.75*(8-7)))},
		{op: "log_softmax", attrs: axis, in: args(x), want: args(mat(2, 2, -l4, -l43, -math.Ln2, -math.Ln2))},
		{op: "log_softmax_dx", attrs: axis, in: args(mat(1, 2, -l4, -l43), mat(1, 2, 4, 8)), want: args(mat(1, 2, 4-3, 8-9))},
		{op: "softmax_xent", attrs: axis, in: args(x, i32(0, 1)), want: args(vec(l4, math.Ln2), mat(2, 2, 0.25, 0.75, 0.5, 0.5))},
		{name: "softmax_xent, labels outside", op: "softmax_xent", attrs: axis, in: args(x, i32(-1, 5)), want: args(vec(l4, math.Ln2))},
		{name: "softmax_xent, smoothing", op: "softmax_xent", attrs: op.Attrs{"axis": int64(1), "smoothing": 0.2},
			in: args(x, i32(0, 1)), want: args(vec(0.9*l4+0.1*l43, math.Ln2))},
		{name: "softmax_xent, ignored", op: "softmax_xent", attrs: op.Attrs{"axis": int64(1), "ignore": int64(7)},
			in: args(x, i32(7, 1)), want: args(vec(0, math.Ln2))},
		{op: "softmax_xent_dx", attrs: axis, in: args(mat(2, 2, 0.25, 0.75, 0.5, 0.5), i32(0, 1), vec(4, 2)),
			want: args(mat(2, 2, -3, 3, 1, -1))},
	})
}

func TestSource(t *testing.T) {
	seed := Ints(tensor.I64, nil, 5)
	rng := func(kind string) op.Attrs {
		return op.Attrs{"kind": kind, "p": 0.25, "stream": int64(3), "shape": New(tensor.F32, 2, 2).OpType().Dims}
	}
	uniform, normal, bernoulli := New(tensor.F32, 2, 2), New(tensor.F32, 2, 2), New(tensor.F32, 2, 2)
	for i := range 4 {
		uniform.F[i] = float64(tensor.Uniform(5, 3, uint64(i)))
		normal.F[i] = float64(tensor.Normal(5, 3, uint64(i)))
		if uniform.F[i] < 0.25 {
			bernoulli.F[i] = 1
		}
	}
	check(t, []row{
		{name: "const splat", op: "const", attrs: op.Attrs{"dtype": "f32", "shape": ints(2), "values": []float64{7}}, want: args(vec(7, 7))},
		{name: "const i32", op: "const", attrs: op.Attrs{"dtype": "i32", "shape": ints(2), "values": []float64{7, -8}}, want: args(i32(7, -8))},
		{op: "iota", attrs: op.Attrs{"dtype": "f32", "shape": ints(2, 2), "axis": int64(1)}, want: args(mat(2, 2, 0, 1, 0, 1))},
		{name: "uniform", op: "rng", attrs: rng("uniform"), in: args(seed), want: args(uniform)},
		{name: "normal", op: "rng", attrs: rng("normal"), in: args(seed), want: args(normal)},
		{op: "dropout", in: args(vec(1, -2)), want: args(vec(1, -2))},
		{name: "bernoulli", op: "rng", attrs: rng("bernoulli"), in: args(seed), want: args(bernoulli)},
	})
}

// TestRounding: ties to even in every float type, with the limits of each.
func TestRounding(t *testing.T) {
	for _, c := range []struct {
		d        tensor.DType
		in, want float64
	}{
		{tensor.F32, 1 + 0x1p-24, 1}, {tensor.F32, 1 + 3*0x1p-24, 1 + 0x1p-22},
		{tensor.F16, 1 + 0x1p-11, 1}, {tensor.F16, 1 + 3*0x1p-11, 1 + 0x1p-9},
		{tensor.F16, 65519, 65504}, {tensor.F16, -65520, math.Inf(-1)}, {tensor.F16, 0x1p-25, 0}, {tensor.F16, 0x1.8p-24, 0x1p-23},
		{tensor.BF16, 1 + 0x1p-8, 1}, {tensor.BF16, 3.14159, 3.140625}, {tensor.BF16, 1e39, math.Inf(1)},
		{tensor.F64, 0.1, 0.1},
	} {
		if got := round(c.d, c.in); got != c.want {
			t.Errorf("round(%v, %v) = %v, want %v", c.d, c.in, got, c.want)
		}
	}
}

// TestErrors: mistakes of a caller are errors, never panics.
func TestErrors(t *testing.T) {
	for name, f := range map[string]func() ([]*Tensor, error){
		"elements missing": func() ([]*Tensor, error) {
			return Op(op.Lookup("neg"), nil, args(&Tensor{Type: tensor.F32, Shape: []int{2}}))
		},
		"shapes that do not meet": func() ([]*Tensor, error) { return Op(op.Lookup("add"), nil, args(vec(1, 2), vec(1, 2, 3))) },
		"operand missing":         func() ([]*Tensor, error) { return Op(op.Lookup("add"), nil, args(vec(1, 2), nil)) },
		"unknown attribute":       func() ([]*Tensor, error) { return Op(op.Lookup("neg"), op.Attrs{"foo": int64(1)}, args(vec(1))) },
		"needs an environment": func() ([]*Tensor, error) {
			return Op(op.Lookup("param"), op.Attrs{"name": "w", "shape": []op.Dim{}, "dtype": "f32"}, nil)
		},
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// TestRandom: the helpers keep their promises.
func TestRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := Random(New(tensor.I32, 100).OpType(), rng)
	for _, v := range x.I {
		if v < 0 || v > 9 {
			t.Fatalf("got %d, want 0 to 9", v)
		}
	}
	y := Random(New(tensor.F32, 3, 0, 2).OpType(), rng)
	if y.Len() != 0 || y.F == nil {
		t.Errorf("an empty tensor has %d elements", y.Len())
	}
}
