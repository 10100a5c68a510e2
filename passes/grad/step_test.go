package grad

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/tensor"
)

// net builds the loss function of a test module: param and buffer add a state the
// first time they are named.
type net struct {
	*ir.Builder
	m *ir.Module
}

func newNet(optimizer map[string]any) *net {
	f := &ir.Func{Name: "Net.loss", Net: "Net", Kind: ir.Loss}
	m := &ir.Module{
		Funcs:  []*ir.Func{f},
		Trains: []*ir.Train{{Net: "Net", Loss: f.Name, Optimizer: ir.Call{Name: "sgd", Args: optimizer}}},
	}
	return &net{ir.NewBuilder(f), m}
}

func (n *net) state(kind, name string, shape ...int) *ir.Value {
	if n.m.State("Net", name) == nil {
		n.m.States = append(n.m.States, &ir.State{
			Name: name, Net: "Net", Buffer: kind == "buffer", NoDecay: strings.HasSuffix(name, "bias"), Type: op.Tensor(tensor.F32, sizes(shape)...),
		})
	}
	return n.One(kind, op.Attrs{"name": name, "shape": dims(shape...)})
}

func (n *net) param(name string, shape ...int) *ir.Value  { return n.state("param", name, shape...) }
func (n *net) buffer(name string, shape ...int) *ir.Value { return n.state("buffer", name, shape...) }

// mean reduces v to the scalar loss.
func (n *net) mean(v *ir.Value) {
	if v.Type.Rank() > 0 {
		v = n.One("reduce", op.Attrs{"kind": "mean", "axes": axesBut(v.Type.Rank())}, v)
	}
	n.Func.Results = []ir.Result{{Name: "loss", Value: v}}
}

func sizes(shape []int) []sym.Expr {
	out := make([]sym.Expr, len(shape))
	for i, d := range shape {
		out[i] = sym.Const(int64(d))
	}
	return out
}

// differentiate runs the pass and verifies what it made.
func differentiate(t *testing.T, m *ir.Module) *ir.Func {
	t.Helper()
	if err := Run(m, target.Default(target.Generic)); err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(m); err != nil {
		t.Fatal(err)
	}
	return m.Funcs[0]
}

// TestTrainStep compares two steps of linear regression, batch of unknown size,
// with the formula: dW = 2/(N·K)·(y−t)ᵀ·x, db = 2/(N·K)·Σ(y−t).
func TestTrainStep(t *testing.T) {
	const in, out, lr, momentum, decay = 3, 2, 0.1, 0.9, 0.01
	for _, nesterov := range []bool{false, true} {
		n := newNet(map[string]any{"lr": 0.5, "momentum": momentum, "weight_decay": decay, "nesterov": nesterov})
		batch := sym.Symbol("N")
		x := n.Func.AddInput("x", op.Tensor(tensor.F32, batch, sym.Const(in)))
		want := n.Func.AddInput("want", op.Tensor(tensor.F32, batch, sym.Const(out)))
		w, b := n.param("weight", out, in), n.param("bias", out)
		n.param("unused", 4)
		y := n.One("matmul", op.Attrs{"trans_b": true}, x, w, b, nil)
		d := n.One("sub", nil, y, want)
		n.mean(n.One("mul", nil, d, d))
		step := differentiate(t, n.m)
		if step.Name != "Net.train_step" || step.Kind != ir.TrainStep || n.m.Trains[0].Loss != step.Name {
			t.Fatalf("got function %s of kind %d, loss %s", step.Name, step.Kind, n.m.Trains[0].Loss)
		}
		if last := step.Inputs[len(step.Inputs)-1]; last.Name != "lr" {
			t.Fatalf("last input is %s, want lr", last.Name)
		}

		rng := rand.New(rand.NewPCG(5, 6))
		env, err := eval.RandomStates(n.m, "Net", rng)
		if err != nil {
			t.Fatal(err)
		}
		unused := env.States["unused"].Clone()
		weights := map[string][]float64{"weight": env.States["weight"].Clone().F, "bias": env.States["bias"].Clone().F}
		velocity := map[string][]float64{"weight": make([]float64, out*in), "bias": make([]float64, out)}
		for _, rows := range []int{5, 7} {
			inputs, err := eval.RandomInputs(step, map[string]int64{"N": int64(rows)}, 10, rng)
			if err != nil {
				t.Fatal(err)
			}
			inputs["lr"] = eval.Scalar(lr)
			results, err := eval.Run(step, inputs, env)
			if err != nil {
				t.Fatal(err)
			}
			loss := regression(inputs["x"].F, inputs["want"].F, rows, weights, velocity, lr, momentum, decay, nesterov)
			if got := results["loss"].F[0]; math.Abs(got-loss) > 1e-12 {
				t.Errorf("loss: got %v, want %v", got, loss)
			}
			for name, w := range weights {
				if i := testkit.Far(env.States[name].F, w, 1e-12); i >= 0 {
					t.Errorf("%s[%d]: got %v, want %v", name, i, env.States[name].F[i], w[i])
				}
			}
		}
		if i := testkit.Far(env.States["unused"].F, unused.F, 0); i >= 0 {
			t.Error("a parameter that the loss does not read was changed")
		}
	}
}

// regression is the hand-written step: it updates weights and velocity and
// returns the loss before.
func regression(x, want []float64, rows int, weights, velocity map[string][]float64, lr, momentum, decay float64, nesterov bool) float64 {
	w, b := weights["weight"], weights["bias"]
	out := len(b)
	in := len(w) / out
	g := map[string][]float64{"weight": make([]float64, len(w)), "bias": make([]float64, out)}
	loss, scale := 0.0, 2/float64(rows*out)
	for r := range rows {
		for o := range out {
			e := b[o] - want[r*out+o]
			for i := range in {
				e += w[o*in+i] * x[r*in+i]
			}
			loss += e * e / float64(rows*out)
			for i := range in {
				g["weight"][o*in+i] += scale * e * x[r*in+i]
			}
			g["bias"][o] += scale * e
		}
	}
	for name, w := range weights {
		for i := range w {
			d := g[name][i]
			if name == "weight" { // biases do not decay
				d += decay * w[i]
			}
			v := momentum*velocity[name][i] + d
			velocity[name][i] = v
			if nesterov {
				v = d + momentum*v
			}
			w[i] -= lr * v
		}
	}
	return loss
}

// TestClip compares clipped gradients with torch.nn.utils.clip_grad_norm_: the
// gradients (3, -4) and 12 have the norm 13 together. Weight decay comes after.
func TestClip(t *testing.T) {
	for _, c := range []struct {
		clip float64
		a    []float64
		b    float64
	}{
		{0, []float64{3, -4}, 12},
		{20, []float64{3, -4}, 12},
		{2, []float64{0.461538434, -0.615384579}, 1.846153736},
	} {
		n := newNet(map[string]any{"weight_decay": 0.5})
		n.m.Trains[0].Clip = c.clip
		a, b := n.param("a", 2), n.param("b.bias")
		frozen := n.param("frozen")
		n.m.States[2].Frozen = true
		x := n.Func.AddInput("x", op.Tensor(tensor.F32, sizes([]int{2})...))
		y := n.One("reduce", op.Attrs{"kind": "sum", "axes": ints(0)}, n.One("mul", nil, a, x))
		n.mean(n.One("add", nil, y, n.One("mul", nil, b, frozen)))
		step := differentiate(t, n.m)
		env := &eval.Env{States: map[string]*eval.Tensor{
			"a": eval.Floats([]int{2}, 10, 20), "b.bias": eval.Scalar(30), "frozen": eval.Scalar(12),
		}}
		inputs := map[string]*eval.Tensor{"x": eval.Floats([]int{2}, 3, -4), "lr": eval.Scalar(1)}
		if _, err := eval.Run(step, inputs, env); err != nil {
			t.Fatal(err)
		}
		for i, g := range c.a {
			w := 10 * float64(i+1)
			if got, want := env.States["a"].F[i], w-(g+0.5*w); math.Abs(got-want) > 1e-6 {
				t.Errorf("clip %v: a[%d] is %v, want %v", c.clip, i, got, want)
			}
		}
		if got, want := env.States["b.bias"].F[0], 30-c.b; math.Abs(got-want) > 1e-6 {
			t.Errorf("clip %v: b is %v, want %v", c.clip, got, want)
		}
	}
}

// TestPruning: nothing is emitted for what is frozen, and a value with several
// uses gets the sum of them.
func TestPruning(t *testing.T) {
	build := func() *net {
		n := newNet(nil)
		x := n.Func.AddInput("x", op.Tensor(tensor.F32, sizes([]int{2, 3})...))
		h := n.One("tanh", nil, n.One("matmul", nil, x, n.param("backbone", 3, 4), nil, nil))
		y := n.One("matmul", nil, h, n.param("head", 4, 1), nil, nil)
		n.mean(n.One("mul", nil, y, y)) // y is used twice
		return n
	}
	count := func(f *ir.Func) map[string]int {
		c := map[string]int{}
		for _, in := range f.Instrs {
			c[in.Op.Name]++
		}
		return c
	}
	full := build()
	c := count(differentiate(t, full.m))
	if c["matmul"] != 5 || c["update"] != 2 { // 2 forward, 3 backward: x needs no cotangent
		t.Errorf("full: got %d products and %d updates, want 5 and 2", c["matmul"], c["update"])
	}
	frozen := build()
	frozen.m.States[0].Frozen = true
	c = count(differentiate(t, frozen.m))
	if c["matmul"] != 3 || c["update"] != 1 {
		t.Errorf("frozen backbone: got %d products and %d updates, want 3 and 1", c["matmul"], c["update"])
	}
	frozen = build()
	frozen.m.States[0].Frozen, frozen.m.States[1].Frozen = true, true
	err := Run(frozen.m, target.Desc{})
	if err == nil || !strings.Contains(err.Error(), "nothing left to train") || !strings.Contains(err.Error(), "backbone, head") {
		t.Errorf("all frozen: got %v", err)
	}
}

// TestErrors: what cannot be trained is refused in words.
func TestErrors(t *testing.T) {
	scalar := func(n *net) *ir.Value { return n.param("w") }
	for _, c := range []struct {
		name  string
		build func(n *net)
		want  string
	}{
		{"no parameter", func(n *net) { n.mean(n.Func.AddInput("x", op.Tensor(tensor.F32))) }, "depends on no parameter"},
		{"no train section", func(n *net) { n.mean(scalar(n)); n.m.Trains = nil }, "no train section uses Net.loss"},
		{"another optimiser", func(n *net) { n.mean(scalar(n)); n.m.Trains[0].Optimizer.Name = "adan" }, `found optimizer "adan", expected one of adagrad, adam,`},
		{"one beta", func(n *net) {
			n.mean(scalar(n))
			n.m.Trains[0].Optimizer = ir.Call{Name: "adam", Args: map[string]any{"betas": []float64{0.9}}}
		}, "found betas of [0.9], expected 2 numbers"},
		{"no loss", func(n *net) { n.Func.Results = []ir.Result{{Name: "other", Value: scalar(n)}} }, "no result named loss"},
		{"loss with axes", func(n *net) { n.Func.Results = []ir.Result{{Name: "loss", Value: n.param("v", 2)}} }, "expected a float scalar"},
		{"size known at run time only", func(n *net) {
			x := n.Func.AddInput("x", op.Tensor(tensor.F32, sym.Symbol("N")))
			y := n.One("mul", nil, x, scalar(n))
			n.mean(n.One("pad", op.Attrs{"lo": ints(1), "hi": ints(0)}, y))
		}, "the gradient of pad needs a size known at compile time, and found N"},
	} {
		n := newNet(nil)
		c.build(n)
		before := len(n.Func.Instrs)
		err := Run(n.m, target.Desc{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
		if n.m.Funcs[0] != n.Func || len(n.Func.Instrs) != before {
			t.Errorf("%s: a failed pass changed the module", c.name)
		}
	}
}

// TestSharedSections: clones of a module share their sections, so that the pass
// must not write to them.
func TestSharedSections(t *testing.T) {
	n := newNet(nil)
	n.mean(n.param("w"))
	clone := n.m.Clone()
	differentiate(t, clone)
	if n.m.Trains[0].Loss != "Net.loss" || n.m.Funcs[0].Kind != ir.Loss {
		t.Errorf("the original was changed: loss %s", n.m.Trains[0].Loss)
	}
}
