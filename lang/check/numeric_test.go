package check_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/netc-lang/netc/internal/diag"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/lang/check"
	"github.com/netc-lang/netc/lang/irgen"
	"github.com/netc-lang/netc/lang/syntax"
	"github.com/netc-lang/netc/runtime/tensor"
)

// nothing is a world without modules and files.
type nothing struct{}

func (nothing) ReadModule(_, _ string) (map[string][]byte, error) {
	return nil, errors.New("no modules")
}
func (nothing) ReadFile(_, _ string) ([]byte, error) { return nil, errors.New("no files") }

// function checks a source and returns one function of its module.
func function(t *testing.T, text, name string) *ir.Func {
	t.Helper()
	f, list := syntax.Parse(diag.NewFile("numeric.net", []byte("package numeric\n"+text)))
	p, more := check.Check([]*syntax.File{f}, nothing{})
	if list = append(list, more...); list.HasErrors() {
		t.Fatalf("does not check:\n%s", list)
	}
	m := irgen.Module(p)
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	for _, fn := range m.Funcs {
		if fn.Name == name {
			return fn
		}
	}
	t.Fatalf("no function %s", name)
	return nil
}

// run evaluates a net `net Net : SIG = EXPR` on inputs.
func run(t *testing.T, signature, body string, inputs map[string]*eval.Tensor) map[string]*eval.Tensor {
	t.Helper()
	fn := function(t, "net Net : "+signature+" "+body+"\n", "Net.infer")
	env := &eval.Env{States: map[string]*eval.Tensor{}}
	for _, in := range fn.Instrs {
		if in.Op.Name != "param" {
			continue
		}
		var shape []int
		for _, d := range in.Outs[0].Type.Dims {
			n, _ := d.Size.IsConst()
			shape = append(shape, int(n))
		}
		w := eval.New(tensor.F32, shape...)
		for i := range w.F {
			w.F[i] = math.Sin(float64(3*i + 1)) // any numbers that differ
		}
		env.States[in.Attrs.String("name")] = w
	}
	out, err := eval.Run(fn, inputs, env)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func near(t *testing.T, what string, got *eval.Tensor, want ...float64) {
	t.Helper()
	if got == nil || len(got.F) != len(want) {
		t.Fatalf("%s: got %v, want %d values", what, got, len(want))
	}
	for i := range want {
		if math.Abs(got.F[i]-want[i]) > 1e-9*(1+math.Abs(want[i])) || math.IsNaN(got.F[i]) {
			t.Errorf("%s[%d]: got %v, want %v", what, i, got.F[i], want[i])
		}
	}
}

// TestActivations compares the prelude with the formulas of its sources.
func TestActivations(t *testing.T) {
	xs := []float64{-7, -3, -1, -0.25, 0, 0.25, 1, 3, 7}
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	clamp := func(x, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, x)) }
	pick := func(c bool, a, b float64) float64 {
		if c {
			return a
		}
		return b
	}
	for _, c := range []struct {
		layer string
		f     func(x float64) float64
	}{
		{"relu", func(x float64) float64 { return math.Max(x, 0) }},
		{"relu6", func(x float64) float64 { return clamp(x, 0, 6) }},
		{"leaky_relu", func(x float64) float64 { return pick(x > 0, x, 0.01*x) }},
		{"leaky_relu(alpha=0.1)", func(x float64) float64 { return pick(x > 0, x, 0.1*x) }},
		{"elu(alpha=2)", func(x float64) float64 { return pick(x > 0, x, 2*math.Expm1(x)) }},
		{"selu", func(x float64) float64 {
			return 1.0507009873554805 * pick(x > 0, x, 1.6732632423543772*math.Expm1(x))
		}},
		{"celu(alpha=2)", func(x float64) float64 { return pick(x > 0, x, 2*math.Expm1(x/2)) }},
		{"tanh", math.Tanh},
		{"sigmoid", sigmoid},
		{"silu", func(x float64) float64 { return x * sigmoid(x) }},
		{"gelu", func(x float64) float64 { return x * 0.5 * math.Erfc(-x/math.Sqrt2) }},
		{"gelu(approx=tanh)", func(x float64) float64 {
			return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		}},
		{"hardswish", func(x float64) float64 { return x * clamp(x+3, 0, 6) / 6 }},
		{"hardsigmoid", func(x float64) float64 { return clamp(x+3, 0, 6) / 6 }},
		{"mish", func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) }},
		{"softplus", func(x float64) float64 { return math.Log1p(math.Exp(x)) }},
		{"identity", func(x float64) float64 { return x }},
	} {
		t.Run(c.layer, func(t *testing.T) {
			out := run(t, "(x: f32[N, 9]) -> (y: f32[N, 9])", "= x |> "+c.layer,
				map[string]*eval.Tensor{"x": eval.Floats([]int{1, 9}, xs...)})
			want := make([]float64, len(xs))
			for i, x := range xs {
				want[i] = c.f(x)
			}
			near(t, c.layer, out["y"], want...)
		})
	}
}

// loss runs a loss section's expression over logits and labels.
func loss(t *testing.T, expr string, x *eval.Tensor, label ...int64) *eval.Tensor {
	t.Helper()
	sig := fmt.Sprintf("(x: f32[N, %d], label: i32[N]) -> (y: f32)", x.Shape[1])
	return run(t, sig, "= "+expr, map[string]*eval.Tensor{"x": x, "label": eval.Ints(tensor.I32, []int{len(label)}, label...)})["y"]
}

func TestCrossEntropy(t *testing.T) {
	x := eval.Floats([]int{3, 4}, 1, 2, 3, 4, 0.5, 0, -1, 2, 3, 3, 3, 1)
	label := []int64{3, 0, 1}
	nll := func(row int, l int64) float64 {
		sum := 0.0
		for _, v := range x.F[4*row : 4*row+4] {
			sum += math.Exp(v)
		}
		return math.Log(sum) - x.F[4*row+int(l)]
	}
	a, b, c := nll(0, 3), nll(1, 0), nll(2, 1)
	near(t, "mean", loss(t, "cross_entropy(x, label)", x, label...), (a+b+c)/3)
	near(t, "sum", loss(t, "cross_entropy(x, label, reduce=sum)", x, label...), a+b+c)
	near(t, "weight", loss(t, "cross_entropy(x, label, weight=[0.5, 2, 1, 3])", x, label...), (3*a+0.5*b+2*c)/5.5)
	near(t, "ignore", loss(t, "cross_entropy(x, label, ignore=0)", x, label...), (a+c)/2)
	near(t, "weight and ignore", loss(t, "cross_entropy(x, label, weight=[0.5, 2, 1, 3], ignore=0, reduce=sum)", x, label...), 3*a+2*c)
	focal := func(l float64) float64 { return math.Pow(1-math.Exp(-l), 2) * l }
	near(t, "focal", loss(t, "focal(x, label)", x, label...), (focal(a)+focal(b)+focal(c))/3)
	smooth := 0.0
	for row, l := range label {
		all := 0.0
		for k := range int64(4) {
			all += nll(row, k) / 4
		}
		smooth += 0.9*nll(row, l) + 0.1*all
	}
	near(t, "smoothing", loss(t, "cross_entropy(x, label, smoothing=0.1)", x, label...), smooth/3)
}

func TestElementLosses(t *testing.T) {
	x, y := []float64{0.1, 0.9, 0.4, 0.6}, []float64{0, 1, 1, 0.25}
	in := map[string]*eval.Tensor{"a": eval.Floats([]int{2, 2}, x...), "b": eval.Floats([]int{2, 2}, y...)}
	for _, c := range []struct {
		expr string
		f    func(x, y float64) float64
	}{
		{"mse(a, b)", func(x, y float64) float64 { return (x - y) * (x - y) }},
		{"l1(a, b)", func(x, y float64) float64 { return math.Abs(x - y) }},
		{"huber(a, b, delta=0.3)", func(x, y float64) float64 {
			if d := math.Abs(x - y); d >= 0.3 {
				return 0.3 * (d - 0.15)
			}
			return 0.5 * (x - y) * (x - y)
		}},
		{"bce(a, b)", func(x, y float64) float64 { return -y*math.Log(x) - (1-y)*math.Log(1-x) }},
		{"bce_logits(a, b)", func(x, y float64) float64 {
			p := 1 / (1 + math.Exp(-x))
			return -y*math.Log(p) - (1-y)*math.Log(1-p)
		}},
	} {
		sum := 0.0
		for i := range x {
			sum += c.f(x[i], y[i])
		}
		out := run(t, "(a: f32[N, 2], b: f32[N, 2]) -> (y: f32)", "= "+c.expr, in)
		near(t, c.expr, out["y"], sum/4)
	}
}

// TestTopK pins ties and values that are no numbers: neither may look right.
func TestTopK(t *testing.T) {
	nan := math.NaN()
	x := eval.Floats([]int{5, 3},
		1, 3, 2, // label 2 is second
		5, 5, 5, // a tie: the first wins
		5, 5, 5,
		nan, nan, nan,
		nan, 9, 1) // label 1 is best of the numbers, and yet beside a NaN
	label := []int64{2, 0, 2, 1, 1}
	top := func(k int) *eval.Tensor {
		return run(t, "(x: f32[N, 3], label: i32[N]) -> (y: f32[N])", fmt.Sprintf("= top_k(x, label, k=%d)", k),
			map[string]*eval.Tensor{"x": x, "label": eval.Ints(tensor.I32, []int{5}, label...)})["y"]
	}
	near(t, "k=1", top(1), 0, 1, 0, 0, 0)
	near(t, "k=2", top(2), 1, 1, 0, 0, 1)
}

// TestCalibration compares the table of ece with one counted by hand.
func TestCalibration(t *testing.T) {
	x := eval.Floats([]int{5, 3},
		0.5, 0.3, 0.2, // bin 2 of 4
		0.1, 0.6, 0.3, // bin 2, right
		0, 0, 1, // the last bin holds 1 too
		0.3, 0.4, 0.3, // bin 1, right
		0.05, 0.9, 0.05)
	out := run(t, "(x: f32[N, 3], label: i32[N]) -> (y: f32[12])", "= (x, label) |> calibration(4)",
		map[string]*eval.Tensor{"x": x, "label": eval.Ints(tensor.I32, []int{5}, 1, 1, 2, 1, 0)})
	near(t, "table", out["y"], 0, 1, 2, 2, 0, 0.4, 1.1, 1.9, 0, 1, 1, 1)
}

// TestIgnoredLabels: losses and metrics that leave a label out say what they say of the
// others alone. Here the pixels of a picture 2 by 2 are compared with those that count, as
// records of their own.
func TestIgnoredLabels(t *testing.T) {
	logits := eval.New(tensor.F32, 2, 3, 2, 2)
	for i := range logits.F {
		logits.F[i] = float64((i*7)%11)/4 - 1
	}
	label := []int64{2, 255, 0, 1, 255, 255, 1, 2}
	masks := map[string]*eval.Tensor{"x": logits, "label": eval.Ints(tensor.I32, []int{2, 2, 2}, label...)}
	var rows []float64
	var kept []int64
	for i, l := range label {
		if l == 255 {
			continue
		}
		kept = append(kept, l)
		for c := range 3 {
			rows = append(rows, logits.F[(i/4*3+c)*4+i%4])
		}
	}
	alone := map[string]*eval.Tensor{"x": eval.Floats([]int{len(kept), 3}, rows...), "label": eval.Ints(tensor.I32, []int{len(kept)}, kept...)}
	for _, c := range []struct{ result, ignoring, all string }{
		{"f32", "cross_entropy(x, label, ignore=255)", "cross_entropy(x, label)"},
		{"f32", "cross_entropy(x, label, ignore=255, smoothing=0.1, reduce=sum)", "cross_entropy(x, label, smoothing=0.1, reduce=sum)"},
		{"f32", "cross_entropy(x, label, weight=[1, 2, 4], ignore=255)", "cross_entropy(x, label, weight=[1, 2, 4])"},
		{"f32", "focal(x, label, ignore=255)", "focal(x, label)"},
		{"f32", "focal(x, label, alpha=[1, 2, 4], ignore=255, reduce=sum)", "focal(x, label, alpha=[1, 2, 4], reduce=sum)"},
		{"f32", "dice(x, label, ignore=255)", "dice(x, label)"},
		{"f32[9]", "(x, label) |> confusion(ignore=255)", "(x, label) |> confusion"},
		{"f32[15]", "(softmax(x, axis=1), label) |> calibration(5, ignore=255)", "(softmax(x, axis=1), label) |> calibration(5)"},
		{"f32[2]", "(x, label) |> hits(2, 255)", "(x, label) |> hits(2, -1)"},
	} {
		got := run(t, "(x: f32[N, 3, 2, 2], label: i32[N, 2, 2]) -> (y: "+c.result+")", "= "+c.ignoring, masks)["y"]
		want := run(t, "(x: f32[N, 3], label: i32[N]) -> (y: "+c.result+")", "= "+c.all, alone)["y"]
		near(t, c.ignoring, got, want.F...)
	}
	top := run(t, "(x: f32[N, 3], label: i32[N]) -> (y: f32[N])", "= top_k(x, label, k=2)", alone)["y"]
	found := 0.0
	for _, hit := range top.F {
		found += hit
	}
	near(t, "hits", run(t, "(x: f32[N, 3], label: i32[N]) -> (y: f32[2])", "= (x, label) |> hits(2, -1)", alone)["y"], found, 5)
}

func TestShapeFunctions(t *testing.T) {
	x := eval.New(tensor.F32, 2, 4, 2, 3)
	for i := range x.F {
		x.F[i] = float64(i)
	}
	in := map[string]*eval.Tensor{"x": x}
	at := func(n, c, h, w int) float64 { return x.F[((n*4+c)*2+h)*3+w] }
	for _, c := range []struct {
		result, body string
		shape        []int
		f            func(i [4]int) float64
	}{
		{"f32[N, 4, 2, 9]", "= concat(x, [x, 2 * x], axis=3)", []int{2, 4, 2, 9}, func(i [4]int) float64 { return float64(1+i[3]/6) * at(i[0], i[1], i[2], i[3]%3) }},
		{"f32[N, 6, 4]", "= x |> rearrange(\"n c h w -> n (h w) c\")", []int{2, 6, 4}, func(i [4]int) float64 { return at(i[0], i[2], i[1]/3, i[1]%3) }},
		{"f32[N, 2, 4, 3]", "= x |> rearrange(\"n (a b) h w -> n a (b h) w\", b=2)", []int{2, 2, 4, 3}, func(i [4]int) float64 { return at(i[0], 2*i[1]+i[2]/2, i[2]%2, i[3]) }},
		{"f32[N, 1, 4, 6]", "= x |> pixel_shuffle(2)", []int{2, 1, 4, 6}, func(i [4]int) float64 { return at(i[0], 2*(i[2]%2)+i[3]%2, i[2]/2, i[3]/2) }},
		{"f32[N, 2, 3]", "= x[_, 3, ...]", []int{2, 2, 3}, func(i [4]int) float64 { return at(i[0], 3, i[1], i[2]) }},
		{"f32[N, 2, 2, 3]", "= x[_, 1..3, ...]", []int{2, 2, 2, 3}, func(i [4]int) float64 { return at(i[0], 1+i[1], i[2], i[3]) }},
		{"f32[N, 4, 2]", "= x[..., 2]", []int{2, 4, 2}, func(i [4]int) float64 { return at(i[0], i[1], i[2], 2) }},
		{"f32[N, 2, 2, 3]", "{ a, b = x |> split(2)\n return b - a }", []int{2, 2, 2, 3}, func([4]int) float64 { return 12 }},
		{"f32[N, 24]", "= x |> flatten", []int{2, 24}, func(i [4]int) float64 { return float64(24*i[0] + i[1]) }},
		{"f32[N, 4]", "= x |> global_avgpool", []int{2, 4}, func(i [4]int) float64 { return at(i[0], i[1], 0, 0) + 2.5 }},
		{"f32[N, 4, 1, 1]", "= 1 - x |> global_avgpool(keep=true)", []int{2, 4, 1, 1}, func(i [4]int) float64 { return 1 - at(i[0], i[1], 0, 0) - 2.5 }},
	} {
		t.Run(c.body, func(t *testing.T) {
			got := run(t, "(x: f32[N, 4, 2, 3]) -> (y: "+c.result+")", c.body, in)["y"]
			if fmt.Sprint(got.Shape) != fmt.Sprint(c.shape) {
				t.Fatalf("got %v, want %v", got.Shape, c.shape)
			}
			for k := range got.F {
				var i [4]int
				rest := k
				for d := len(c.shape) - 1; d >= 0; d-- {
					i[d], rest = rest%c.shape[d], rest/c.shape[d]
				}
				if want := c.f(i); got.F[k] != want {
					t.Fatalf("%v: got %v, want %v", i, got.F[k], want)
				}
			}
		})
	}
}

// TestLayers compares layers with loops over their weights.
func TestLayers(t *testing.T) {
	w := func(i int) float64 { return math.Sin(float64(3*i + 1)) }
	x := eval.Floats([]int{1, 2, 3, 3}, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 0, 1, 0, 1, 0, 2, 2, 2)
	in := map[string]*eval.Tensor{"x": x}
	pixel := func(c, h, v int) float64 {
		if h < 0 || v < 0 || h > 2 || v > 2 {
			return 0
		}
		return x.F[9*c+3*h+v]
	}
	conv := func(o, h, v, k, top int) float64 {
		sum := w(o) // the bias
		for c := range 2 {
			for r := range k {
				for s := range k {
					sum += pixel(c, h+r-top, v+s-top) * w(((o*2+c)*k+r)*k+s)
				}
			}
		}
		return sum
	}
	t.Run("half", func(t *testing.T) {
		out := run(t, "(x: f32[N, 2, 3, 3]) -> (y: f32[N, 1, 2, 2])", "= x |> conv(1, 3, stride=2)", in)
		near(t, "y", out["y"], conv(0, 0, 0, 3, 1), conv(0, 0, 2, 3, 1), conv(0, 2, 0, 3, 1), conv(0, 2, 2, 3, 1))
	})
	t.Run("same", func(t *testing.T) {
		// SAME_UPPER with k=2: the odd pixel of padding stands behind.
		out := run(t, "(x: f32[N, 2, 3, 3]) -> (y: f32[N, 1, 2, 2])", "= x |> conv(1, 2, stride=2, pad=same)", in)
		near(t, "y", out["y"], conv(0, 0, 0, 2, 0), conv(0, 0, 2, 2, 0), conv(0, 2, 0, 2, 0), conv(0, 2, 2, 2, 0))
	})
	t.Run("upconv", func(t *testing.T) {
		// weights are [in, out, r, s]; stride 2 and k 2 do not overlap
		out := run(t, "(x: f32[N, 2, 3, 3]) -> (y: f32[N, 1, 6, 6])", "= x |> upconv(1, 2, stride=2)", in)
		want := make([]float64, 36)
		for h := range 6 {
			for v := range 6 {
				r, s := h%2, v%2
				want[6*h+v] = w(0) + pixel(0, h/2, v/2)*w(2*r+s) + pixel(1, h/2, v/2)*w(4+2*r+s)
			}
		}
		near(t, "y", out["y"], want...)
	})
	t.Run("dense", func(t *testing.T) {
		y := eval.Floats([]int{1, 2, 2}, 1, 2, 3, 4)
		out := run(t, "(x: f32[N, 2, 2]) -> (y: f32[N, 2, 3])", "= x |> dense(3)", map[string]*eval.Tensor{"x": y})
		var want []float64
		for row := range 2 {
			for o := range 3 {
				want = append(want, w(o)+y.F[2*row]*w(2*o)+y.F[2*row+1]*w(2*o+1))
			}
		}
		near(t, "y", out["y"], want...)
	})
	t.Run("l2norm and dot", func(t *testing.T) {
		y := eval.Floats([]int{1, 2}, 3, 4)
		out := run(t, "(x: f32[N, 2]) -> (y: f32[N])", "= dot(x |> l2norm, x)", map[string]*eval.Tensor{"x": y})
		near(t, "y", out["y"], 5)
	})
}
