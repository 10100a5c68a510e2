package grad

import (
	"math"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

const torchValues = "reference-values/torch-layers-public.zip"

// composed is a function of the arrays of one case; its inputs are added by name
// when they are first asked for.
type composed struct {
	*ir.Builder
	c      testkit.Case
	inputs map[string]*eval.Tensor
}

func (p *composed) in(name string) *ir.Value {
	if v := p.Func.Input(name); v != nil {
		return v
	}
	x := eval.Floats(p.c.Arrays[name].Shape, p.c.Arrays[name].Values...)
	p.inputs[name] = x
	return p.Func.AddInput(name, x.OpType())
}

func (p *composed) number(v float64) *ir.Value {
	return p.One("const", op.Attrs{"values": []float64{v}})
}

func (p *composed) of(name string, args ...*ir.Value) *ir.Value { return p.One(name, nil, args...) }

func (p *composed) activation(name string, attrs op.Attrs) *ir.Value {
	return p.One(name, attrs, p.in("in_x"))
}

func (p *composed) mean(x *ir.Value) *ir.Value {
	return p.One("reduce", op.Attrs{"kind": "mean", "axes": axesBut(x.Type.Rank())}, x)
}

// error is pred − target.
func (p *composed) error() *ir.Value { return p.of("sub", p.in("in_pred"), p.in("target")) }

// programs says how the operations of the table express a case.
var programs = map[string]func(p *composed) *ir.Value{
	"relu": func(p *composed) *ir.Value { return p.activation("relu", nil) }, "relu6": func(p *composed) *ir.Value { return p.activation("clamp", nil) },
	"leaky_relu": func(p *composed) *ir.Value { return p.activation("leaky", op.Attrs{"alpha": 0.1}) },
	"sigmoid":    func(p *composed) *ir.Value { return p.activation("sigmoid", nil) }, "tanh": func(p *composed) *ir.Value { return p.activation("tanh", nil) },
	"gelu_erf":  func(p *composed) *ir.Value { return p.activation("gelu", nil) },
	"gelu_tanh": func(p *composed) *ir.Value { return p.activation("gelu", op.Attrs{"approx": "tanh"}) },
	"silu":      func(p *composed) *ir.Value { return p.activation("silu", nil) }, "hardswish": func(p *composed) *ir.Value { return p.activation("hardswish", nil) },
	"hardsigmoid": func(p *composed) *ir.Value { return p.activation("hardsigmoid", nil) }, "mish": func(p *composed) *ir.Value { return p.activation("mish", nil) },
	"elu": func(p *composed) *ir.Value { return p.activation("elu", nil) }, "softplus": func(p *composed) *ir.Value { return p.activation("softplus", nil) },
	"selu": func(p *composed) *ir.Value {
		return p.of("mul", p.activation("elu", op.Attrs{"alpha": 1.6732632423543772}), p.number(1.0507009873554805))
	},
	"softmax_axis1":     func(p *composed) *ir.Value { return p.activation("softmax", op.Attrs{"axis": int64(1)}) },
	"log_softmax_axis1": func(p *composed) *ir.Value { return p.activation("log_softmax", op.Attrs{"axis": int64(1)}) },

	"global_avg_pool": func(p *composed) *ir.Value {
		return p.One("reduce", op.Attrs{"kind": "mean", "axes": ints(2, 3)}, p.in("in_x"))
	},
	"scaled_dot_attention": func(p *composed) *ir.Value {
		scores := p.One("matmul", op.Attrs{"trans_b": true}, p.in("in_q"), p.in("in_k"), nil, nil)
		width, _ := p.in("in_q").Type.Dims[3].Size.IsConst()
		probs := p.of("softmax", p.of("div", scores, p.number(math.Sqrt(float64(width)))))
		return p.One("matmul", nil, probs, p.in("in_v"), nil, nil)
	},

	"mse": func(p *composed) *ir.Value { d := p.error(); return p.mean(p.of("mul", d, d)) },
	"l1":  func(p *composed) *ir.Value { return p.mean(p.of("abs", p.error())) },
	"smooth_l1": func(p *composed) *ir.Value {
		beta := p.c.Float("beta", 1)
		return p.mean(p.of("div", p.huber(beta), p.number(beta)))
	},
	"huber": func(p *composed) *ir.Value { return p.mean(p.huber(p.c.Float("delta", 1))) },
	// softplus(x) − x·t
	"bce_with_logits": func(p *composed) *ir.Value {
		x := p.in("in_pred")
		return p.mean(p.of("sub", p.of("softplus", x), p.of("mul", x, p.in("target"))))
	},
	// Both sides are given as logits; the sum is divided by the batch.
	"kl_div": func(p *composed) *ir.Value {
		t := p.in("target")
		d := p.of("sub", p.of("log_softmax", t), p.of("log_softmax", p.in("in_pred")))
		terms := p.of("mul", p.of("softmax", t), d)
		return p.mean(p.One("reduce", op.Attrs{"kind": "sum", "axes": ints(1)}, terms))
	},
	// Σ w[label]·loss / Σ w[label]
	"weighted_cross_entropy": func(p *composed) *ir.Value {
		label := p.label()
		w := p.of("gather", p.in("class_weight"), label)
		sum := op.Attrs{"kind": "sum", "axes": ints(0)}
		loss := p.of("softmax_xent", p.in("in_logits"), label)
		return p.of("div", p.One("reduce", sum, p.of("mul", loss, w)), p.One("reduce", sum, w))
	},
	"cross_entropy": func(p *composed) *ir.Value {
		a := op.Attrs{"axis": int64(1), "smoothing": p.c.Float("label_smoothing", 0), "ignore": int64(p.c.Float("ignore_index", -1))}
		label := p.label()
		loss := p.One("softmax_xent", a, p.in("in_logits"), label)
		axes := axesBut(loss.Type.Rank())
		sum := p.One("reduce", op.Attrs{"kind": "sum", "axes": axes}, loss)
		if p.c.Attrs["reduction"] == "sum" {
			return sum
		}
		counted := p.One("cast", op.Attrs{"to": "f32"}, p.of("not", p.of("eq", label, p.One("const", op.Attrs{"dtype": "i32", "values": []float64{float64(a.Int("ignore"))}}))))
		return p.of("div", sum, p.One("reduce", op.Attrs{"kind": "sum", "axes": axes}, counted))
	},
}

// label adds the integer input.
func (p *composed) label() *ir.Value {
	a := p.c.Arrays["labels"]
	x := eval.New(tensor.I32, a.Shape...)
	for i, v := range a.Values {
		x.I[i] = int64(v)
	}
	p.inputs["labels"] = x
	return p.Func.AddInput("labels", x.OpType())
}

// huber is d²/2 within delta and delta·(|d| − delta/2) outside.
func (p *composed) huber(delta float64) *ir.Value {
	d := p.error()
	size := p.of("abs", d)
	inner := p.of("mul", p.of("mul", d, d), p.number(0.5))
	outer := p.of("mul", p.of("sub", size, p.number(delta/2)), p.number(delta))
	return p.of("select", p.of("lt", size, p.number(delta)), inner, outer)
}

// TestTorch differentiates what PyTorch differentiates and compares outputs and
// gradients; each operation alone is compared in ir/eval.
func TestTorch(t *testing.T) {
	n := 0
	for _, c := range testkit.Cases(t, torchValues) {
		fn, _ := c.Attrs["fn"].(string)
		program := programs[fn]
		switch c.Kind {
		case "global_avg_pool", "scaled_dot_attention":
			program = programs[c.Kind]
		case "cross_entropy", "cross_entropy_per_pixel":
			program = programs["cross_entropy"]
			if c.Attrs["weight"] != nil {
				program = programs["weighted_cross_entropy"]
			}
		case "activation", "loss":
			if program == nil {
				t.Errorf("%s: no program", c.Name)
			}
		default:
			continue // compared in ir/eval, or not a function of tensors
		}
		n++
		t.Run(c.Name, func(t *testing.T) { compare(t, c, program) })
	}
	if n < 30 {
		t.Errorf("compared %d cases, want at least 30", n)
	}
}

func compare(t *testing.T, c testkit.Case, program func(*composed) *ir.Value) {
	p := &composed{Builder: ir.NewBuilder(&ir.Func{Name: c.Name}), c: c, inputs: map[string]*eval.Tensor{}}
	y := program(p)
	forward := len(p.Func.Instrs)
	wanted := map[*ir.Value]string{}
	for _, v := range p.Func.Inputs {
		if name := "grad" + trimIn(v.Name); c.Arrays[name].Values != nil {
			wanted[v] = name
		}
	}
	seeds := map[*ir.Value]*ir.Value{y: p.in("grad_out")}
	adjoint := reverse(p.Builder, p.Func, forward, seeds, reach(p.Func, func(v *ir.Value) bool { return wanted[v] != "" }))
	p.Func.Results = []ir.Result{{Name: "out", Value: y}}
	for v, name := range wanted {
		p.Func.Results = append(p.Func.Results, ir.Result{Name: name, Value: adjoint[v]})
	}
	results, err := eval.Run(p.Func, p.inputs, &eval.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range results {
		want := c.Arrays[name].Values
		if i := testkit.Far(got.F, want, 2e-5); i >= 0 {
			t.Errorf("%s[%d]: got %v, want %v", name, i, got.F[i], want[i])
		}
	}
	if len(results) < 2 {
		t.Error("no gradient was compared")
	}
}

// trimIn turns in_x into _x.
func trimIn(name string) string {
	if len(name) > 2 && name[:3] == "in_" {
		return name[2:]
	}
	return "?" + name
}

// TestTorchTraining repeats ten steps of PyTorch on a small convolutional net
// with batch normalisation: losses, weights and running statistics.
func TestTorchTraining(t *testing.T) {
	for _, c := range testkit.Cases(t, torchValues) {
		if c.Name != "train_smallcnn" {
			continue
		}
		n := newNet(map[string]any{"momentum": 0.9, "weight_decay": 0.001, "decay_all": true})
		shape := func(name string) []int { return c.Arrays["init_"+name].Shape }
		param := func(name string) *ir.Value { return n.param(name, shape(name)...) }
		x := n.Func.AddInput("x", op.Tensor(tensor.F32, sizes(c.Arrays["x"].Shape)...))
		label := n.Func.AddInput("labels", op.Tensor(tensor.I32, sizes(c.Arrays["labels"].Shape)...))
		a := op.Attrs{"stride": ints(2, 2), "pad": ints(1, 1, 1, 1)}
		h := n.One("conv", a, x, param("0_weight"), param("0_bias"), nil)
		mean, variance := n.buffer("1_running_mean", 4), n.buffer("1_running_var", 4)
		bn := n.Emit("bn_train", nil, h, param("1_weight"), param("1_bias"), mean, variance)
		h = n.One("relu", nil, bn[0])
		h = n.One("relu", nil, n.One("conv", a, h, param("3_weight"), param("3_bias"), nil))
		h = n.One("reduce", op.Attrs{"kind": "mean", "axes": ints(2, 3)}, h)
		logits := n.One("matmul", op.Attrs{"trans_b": true}, h, param("7_weight"), param("7_bias"), nil)
		n.mean(n.One("softmax_xent", nil, logits, label))
		n.Emit("update", op.Attrs{"state": "1_running_mean"}, bn[3], nil)
		n.Emit("update", op.Attrs{"state": "1_running_var"}, bn[4], nil)
		step := differentiate(t, n.m)

		env := &eval.Env{States: map[string]*eval.Tensor{}}
		for _, s := range n.m.States {
			init := c.Arrays["init_"+s.Name]
			env.States[s.Name] = eval.Floats(init.Shape, init.Values...)
		}
		inputs := map[string]*eval.Tensor{
			"x": eval.Floats(c.Arrays["x"].Shape, c.Arrays["x"].Values...), "lr": eval.Scalar(0.1),
			"labels": eval.New(tensor.I32, c.Arrays["labels"].Shape...),
		}
		for i, v := range c.Arrays["labels"].Values {
			inputs["labels"].I[i] = int64(v)
		}
		var losses []float64
		for range 10 {
			results, err := eval.Run(step, inputs, env)
			if err != nil {
				t.Fatal(err)
			}
			losses = append(losses, results["loss"].F[0])
		}
		if i := testkit.Far(losses, c.Arrays["losses"].Values, 1e-4); i >= 0 {
			t.Errorf("losses: got %v, want %v", losses, c.Arrays["losses"].Values)
		}
		for _, s := range n.m.States {
			got, want := env.States[s.Name].F, c.Arrays["after10_"+s.Name].Values
			if i := testkit.Far(got, want, 1e-4); i >= 0 {
				t.Errorf("%s[%d] after 10 steps: got %v, want %v", s.Name, i, got[i], want[i])
			}
		}
		return
	}
	t.Fatalf("%s has no case train_smallcnn", torchValues)
}
