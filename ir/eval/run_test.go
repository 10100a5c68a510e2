package eval

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// affine is y = x·w + b over x f32[N, 2·K], with a buffer that counts calls.
func affine() *ir.Func {
	n, k := sym.Symbol("N"), sym.Symbol("K")
	f := &ir.Func{Name: "Net.infer", Net: "Net"}
	b := ir.NewBuilder(f)
	x := f.AddInput("x", op.Tensor(tensor.F32, n, k.Mul(sym.Const(2))))
	w := b.One("param", op.Attrs{"name": "w", "shape": Scalar(0).OpType().Dims})
	calls := b.One("buffer", op.Attrs{"name": "calls", "shape": Scalar(0).OpType().Dims})
	y := b.One("mul", nil, x, w)
	flat := b.One("reshape", op.Attrs{"shape": []op.Dim{{Size: n.Mul(k)}, {Size: sym.Const(2)}}}, y)
	one := b.One("const", op.Attrs{"values": []float64{1}})
	b.Emit("update", op.Attrs{"state": "calls"}, b.One("add", nil, calls, one), nil)
	f.Results = []ir.Result{{Name: "y", Value: flat}, {Name: "calls", Value: calls}}
	return f
}

func TestRun(t *testing.T) {
	f := affine()
	before := Scalar(7)
	env := &Env{States: map[string]*Tensor{"w": Scalar(0.1), "calls": before}}
	x := Floats([]int{1, 4}, 1, 2, 3, 4)
	out, err := Run(f, map[string]*Tensor{"x": x}, env)
	if err != nil {
		t.Fatal(err)
	}
	same(t, 0, out["y"], mat(2, 2, 0.1, 0.2, 3*0.1, 0.4))
	same(t, 1, out["calls"], Scalar(7)) // what was read, not what was written
	same(t, 2, env.States["calls"], Scalar(8))
	same(t, 3, before, Scalar(7)) // the caller's tensor never changes

	env.Round = true
	if out, err = Run(f, map[string]*Tensor{"x": x}, env); err != nil {
		t.Fatal(err)
	}
	if got, want := out["y"].F[2], float64(float32(3*0.1)); got != want {
		t.Errorf("rounded: got %v, want %v", got, want)
	}
}

func TestRunErrors(t *testing.T) {
	states := func() map[string]*Tensor { return map[string]*Tensor{"w": Scalar(1), "calls": Scalar(0)} }
	good := map[string]*Tensor{"x": Floats([]int{1, 2}, 1, 2)}
	for _, c := range []struct {
		name   string
		inputs map[string]*Tensor
		states map[string]*Tensor
		want   string
	}{
		{"input absent", nil, states(), "input x is absent"},
		{"wrong rank", map[string]*Tensor{"x": vec(1)}, states(), "expected f32[N, 2*K]"},
		{"size that no K gives", map[string]*Tensor{"x": mat(1, 3, 1, 2, 3)}, states(), "input x"},
		{"state absent", good, map[string]*Tensor{"calls": Scalar(0)}, `state "w" is absent`},
		{"state of another shape", good, map[string]*Tensor{"w": vec(1, 2), "calls": Scalar(0)}, `state "w": found f32[2]`},
		{"elements missing", map[string]*Tensor{"x": {Type: tensor.F32, Shape: []int{1, 2}}}, states(), "found 0 floats"},
	} {
		env := &Env{States: c.states}
		_, err := Run(affine(), c.inputs, env)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
		if got := env.States["calls"].F[0]; got != 0 {
			t.Errorf("%s: a failed run wrote a state: %v", c.name, got)
		}
	}
}

// TestRunFused evaluates a region with two results, one of them used inside.
func TestRunFused(t *testing.T) {
	f := &ir.Func{Name: "f"}
	x := f.AddInput("x", vec(0, 0).OpType())
	s := f.AddInput("s", Scalar(0).OpType())
	inner := &ir.Func{Name: "body"} // a builder's instructions become the body
	b := ir.NewBuilder(inner)
	sum := b.One("add", nil, x, s)
	act := b.One("relu", nil, sum)
	fused := &ir.Instr{Op: op.Lookup("fused"), Args: []*ir.Value{x, s}, Body: inner.Instrs, Outs: []*ir.Value{sum, act}}
	f.Instrs = []*ir.Instr{fused}
	f.Results = []ir.Result{{Name: "sum", Value: sum}, {Name: "act", Value: act}}
	out, err := Run(f, map[string]*Tensor{"x": vec(1, -3), "s": Scalar(1)}, &Env{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, 0, out["sum"], vec(2, -2))
	same(t, 1, out["act"], vec(2, 0))
}

// TestRunSGD takes two steps through the update operation: the slot appears by
// itself and is kept.
func TestRunSGD(t *testing.T) {
	f := &ir.Func{Name: "Net.train_step", Net: "Net", Kind: ir.TrainStep}
	b := ir.NewBuilder(f)
	lr := f.AddInput("lr", Scalar(0).OpType())
	w := b.One("param", op.Attrs{"name": "w", "shape": vec(0, 0).OpType().Dims})
	b.Emit("update", op.Attrs{"state": "w", "rule": "sgd", "momentum": 0.5, "weight_decay": 0.1}, b.One("mul", nil, w, w), lr)
	f.Results = []ir.Result{{Name: "w", Value: w}}
	env := &Env{States: map[string]*Tensor{"w": vec(1, 2)}}
	w0, w1, v := []float64{1, 2}, []float64{0, 0}, []float64{0, 0}
	for range 2 {
		if _, err := Run(f, map[string]*Tensor{"lr": Scalar(0.1)}, env); err != nil {
			t.Fatal(err)
		}
		for i := range w0 {
			v[i] = 0.5*v[i] + w0[i]*w0[i] + 0.1*w0[i]
			w1[i] = w0[i] - 0.1*v[i]
		}
		same(t, 0, env.States["w"], vec(w1...))
		same(t, 1, env.Slots["momentum:w"], vec(v...))
		copy(w0, w1)
	}
}

// TestConvTransposes: conv is trilinear in (x, w, dy), so the three operations
// agree in one number, <conv(x,w), dy> = <x, conv_dx(dy,w)> = <w, conv_dw(x,dy)>,
// for any geometry.
func TestConvTransposes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func(lo, hi int) int { return lo + rng.IntN(hi-lo+1) }
	tensorOf := func(shape ...int) *Tensor { return Random(New(tensor.F32, shape...).OpType(), rng) }
	dot := func(a, b *Tensor) float64 {
		s := 0.0
		for i := range a.F {
			s += a.F[i] * b.F[i]
		}
		return s
	}
	tried := 0
	for range 200 {
		g, in, out := pick(1, 3), pick(1, 2), pick(1, 2)
		r, s := pick(1, 4), pick(1, 3)
		a := op.Attrs{
			"stride": ints(int64(pick(1, 3)), int64(pick(1, 3))), "dilation": ints(int64(pick(1, 2)), int64(pick(1, 3))),
			"pad": ints(int64(pick(0, 3)), int64(pick(0, 3)), int64(pick(0, 3)), int64(pick(0, 3))), "groups": int64(g),
		}
		x, w := tensorOf(pick(1, 2), g*in, pick(1, 8), pick(1, 7)), tensorOf(g*out, in, r, s)
		y, err := Op(op.Lookup("conv"), a, args(x, w, nil, nil))
		if err != nil {
			continue // the window is larger than the padded image
		}
		tried++
		dy := Random(y[0].OpType(), rng)
		dx := apply(t, "conv_dx", with(a, "shape", x.OpType().Dims), dy, w)[0]
		dw := apply(t, "conv_dw", with(a, "kernel", ints(int64(r), int64(s))), x, dy)[0]
		want := dot(y[0], dy)
		for name, got := range map[string]float64{"conv_dx": dot(x, dx), "conv_dw": dot(w, dw)} {
			if math.Abs(got-want) > 1e-10*math.Max(1, math.Abs(want)) {
				t.Fatalf("%s with %v, x %v, w %v: got %v, want %v", name, a, x, w, got, want)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d geometries tried", tried)
	}
}
