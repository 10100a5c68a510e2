package eval

import (
	"math"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// attrs are the attributes of the update that o is the rule of.
func (o Optimizer) attrs(state string) op.Attrs {
	return op.Attrs{
		"state": state, "rule": o.Rule, "momentum": o.Momentum, "nesterov": o.Nesterov, "weight_decay": o.Decay,
		"beta1": o.Beta1, "beta2": o.Beta2, "alpha": o.Alpha, "eps": o.Eps,
	}
}

// TestOptimizerCases compares eight steps of every rule with PyTorch's.
func TestOptimizerCases(t *testing.T) {
	rules := map[string]string{
		"optim_sgd": "sgd", "optim_sgd_wd": "sgd", "optim_momentum": "sgd", "optim_nesterov": "sgd",
		"optim_adam": "adam", "optim_adam_l2": "adam", "optim_adamw": "adamw", "optim_rmsprop": "rmsprop", "optim_adagrad": "adagrad",
	}
	n := 0
	for _, c := range testkit.Cases(t, "reference-values/torch-layers-public.zip") {
		if rules[c.Name] == "" {
			continue
		}
		n++
		nesterov, _ := c.Attrs["nesterov"].(bool)
		o := Optimizer{
			Rule: rules[c.Name], LR: c.Float("lr", 0), Momentum: c.Float("momentum", 0), Decay: c.Float("weight_decay", 0), Nesterov: nesterov,
			Alpha: c.Float("alpha", 0), Eps: c.Float("eps", 0),
		}
		if betas, ok := c.Attrs["betas"].([]any); ok {
			o.Beta1, o.Beta2 = betas[0].(float64), betas[1].(float64)
		}
		w := Floats(c.Arrays["w0"].Shape, c.Arrays["w0"].Values...)
		slots := make([]*Tensor, len(op.Slots(o.attrs("w"))))
		for step := range c.Arrays["grads"].Shape[0] {
			g := Floats(w.Shape, c.Arrays["grads"].Values[step*w.Len():(step+1)*w.Len()]...)
			w, slots = o.Step(float64(step+1), w, g, slots)
			if i := testkit.Far(w.F, c.Arrays["w_after"].Values[step*w.Len():(step+1)*w.Len()], 1e-5); i >= 0 {
				t.Errorf("%s: step %d, element %d: got %v, want %v", c.Name, step, i, w.F[i], c.Arrays["w_after"].Values[step*w.Len()+i])
			}
		}
	}
	if n != len(rules) {
		t.Errorf("found %d optimiser cases, want %d", n, len(rules))
	}
}

// optimizerSteps are the gradients of three steps from the weights startWeights.
var (
	startWeights   = []float64{0.5, -1.25, 2, 0}
	optimizerSteps = [3][4]float64{{0.1, -0.3, 0, 2}, {-0.2, 0.4, 1e-3, -1}, {0.05, 0.7, -0.5, 0.3}}
)

// torchWeights are the weights after each step by torch.optim in float64; those of
// lion by the published code of its authors (google/automl, lion_pytorch.py).
var torchWeights = []struct {
	o    Optimizer
	want [3][4]float64
}{
	{Optimizer{Rule: "adam", LR: 0.1, Beta1: 0.8, Beta2: 0.95, Eps: 1e-3, Decay: 0.1}, [3][4]float64{{0.400662252, -1.150234742, 1.900497512, -0.099950025}, {0.414867864, -1.141768412, 1.80122727, -0.120785182}, {0.397092621, -1.190762105, 1.807695734, -0.145127898}}},
	{Optimizer{Rule: "adamw", LR: 0.1, Beta1: 0.8, Beta2: 0.95, Eps: 1e-3, Decay: 0.1}, [3][4]float64{{0.395990099, -1.137832226, 1.98, -0.099950025}, {0.433612271, -1.151435304, 1.927827135, -0.120182906}, {0.44347604, -1.207180658, 1.977423962, -0.143998992}}},
	{Optimizer{Rule: "rmsprop", LR: 0.1, Alpha: 0.9, Eps: 1e-3, Momentum: 0.7, Decay: 0.1}, [3][4]float64{{0.190301257, -0.936107797, 1.688694408, -0.315728555}, {0.218724899, -0.906525959, 1.262436069, -0.385911733}, {0.141112794, -1.133142106, 1.227755745, -0.475001497}}},
	{Optimizer{Rule: "rmsprop", LR: 0.1, Alpha: 0.9, Eps: 1e-3, Decay: 0.1}, [3][4]float64{{0.190301257, -0.936107797, 1.688694408, -0.315728555}, {0.43551402, -1.126250501, 1.480349984, -0.164901744}, {0.31263755, -1.370016168, 1.739148183, -0.208180908}}},
	{Optimizer{Rule: "adagrad", LR: 0.1, Eps: 1e-3, Decay: 0.1}, [3][4]float64{{0.400662252, -1.150234742, 1.900497512, -0.099950025}, {0.473270703, -1.205818255, 1.831672171, -0.054892256}, {0.432869039, -1.280676417, 1.906826784, -0.067918928}}},
	{Optimizer{Rule: "lion", LR: 0.1, Beta1: 0.8, Beta2: 0.95, Decay: 0.1}, [3][4]float64{{0.395, -1.1375, 1.98, -0.1}, {0.49105, -1.226125, 1.8602, 0.001}, {0.3861395, -1.31386375, 1.941598, -0.09901}}},
}

// TestRunOptimizers takes the steps through the update operation: slots and the
// count of steps appear by themselves and are kept.
func TestRunOptimizers(t *testing.T) {
	for _, c := range torchWeights {
		f := &ir.Func{Name: "Net.train_step", Net: "Net", Kind: ir.TrainStep}
		b := ir.NewBuilder(f)
		lr := f.AddInput("lr", Scalar(0).OpType())
		g := f.AddInput("g", vec(0, 0, 0, 0).OpType())
		w := b.One("param", op.Attrs{"name": "w", "shape": vec(0, 0, 0, 0).OpType().Dims})
		also := b.One("param", op.Attrs{"name": "also", "shape": vec(0, 0, 0, 0).OpType().Dims})
		b.Emit("update", c.o.attrs("w"), g, lr)
		b.Emit("update", c.o.attrs("also"), g, lr)
		f.Results = []ir.Result{{Name: "w", Value: w}, {Name: "also", Value: also}}
		env := &Env{States: map[string]*Tensor{"w": vec(startWeights...), "also": vec(startWeights...)}}
		for k, grads := range optimizerSteps {
			if _, err := Run(f, map[string]*Tensor{"lr": Scalar(c.o.LR), "g": vec(grads[:]...)}, env); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"w", "also"} {
				for i, x := range env.States[name].F {
					if want := c.want[k][i]; math.Abs(x-want) > 2e-9 {
						t.Errorf("%+v: step %d, %s[%d]: got %v, want %v", c.o, k+1, name, i, x, want)
					}
				}
			}
			for _, slot := range op.Slots(c.o.attrs("w")) {
				if env.Slots[slot+":w"] == nil || env.Slots[slot+":also"] == nil {
					t.Errorf("%s: slot %s is not kept: got %v", c.o.Rule, slot, env.Slots)
				}
			}
			if count := env.Slots[op.StepSlot]; op.CountsSteps(c.o.attrs("w")) != (count != nil) || count != nil && count.F[0] != float64(k+1) {
				t.Errorf("%s: got %v steps, want %d", c.o.Rule, count, k+1)
			}
		}
	}
}
