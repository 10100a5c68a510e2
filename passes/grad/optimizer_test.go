package grad

import (
	"maps"
	"slices"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestOptimizers: every optimiser becomes the update that it names, with its
// settings; biases decay only when they are told to; a step runs and leaves the
// slots that the table says.
func TestOptimizers(t *testing.T) {
	betas := []float64{0.8, 0.9}
	for _, c := range []struct {
		name string
		args map[string]any
		want op.Attrs
	}{
		{"sgd", map[string]any{"momentum": 0.9, "nesterov": true}, op.Attrs{"momentum": 0.9, "nesterov": true}},
		{"adam", map[string]any{"betas": betas, "eps": 1e-8}, op.Attrs{"beta1": 0.8, "beta2": 0.9, "eps": 1e-8}},
		{"adamw", map[string]any{"betas": betas, "eps": int64(1)}, op.Attrs{"beta1": 0.8, "beta2": 0.9, "eps": 1.0}},
		{"rmsprop", map[string]any{"alpha": 0.99, "eps": 1e-8, "momentum": 0.0}, op.Attrs{"alpha": 0.99, "eps": 1e-8}},
		{"rmsprop", map[string]any{"alpha": 0.99, "eps": 1e-8, "momentum": 0.5}, op.Attrs{"alpha": 0.99, "eps": 1e-8, "momentum": 0.5}},
		{"adagrad", map[string]any{"eps": 1e-10}, op.Attrs{"eps": 1e-10}},
		{"lamb", map[string]any{"betas": betas, "eps": 1e-6}, op.Attrs{"beta1": 0.8, "beta2": 0.9, "eps": 1e-6}},
		{"lion", map[string]any{"betas": betas}, op.Attrs{"beta1": 0.8, "beta2": 0.9}},
	} {
		for _, all := range []bool{false, true} {
			args := maps.Clone(c.args)
			args["lr"], args["weight_decay"], args["decay_all"] = 0.1, 0.25, all
			n := newNet(args)
			n.m.Trains[0].Optimizer.Name = c.name
			x := n.Func.AddInput("x", op.Tensor(tensor.F32, sizes([]int{2, 3})...))
			y := n.One("matmul", nil, x, n.param("weight", 3, 2), n.param("bias", 2), nil)
			n.mean(n.One("mul", nil, y, y))
			step := differentiate(t, n.m)
			env := &eval.Env{States: map[string]*eval.Tensor{"weight": eval.Floats([]int{3, 2}, 1, 2, 3, 4, 5, 6), "bias": eval.Floats([]int{2}, 1, 2)}}
			inputs := map[string]*eval.Tensor{"x": eval.Floats([]int{2, 3}, 1, -1, 2, 0, 3, 1), "lr": eval.Scalar(0.1)}
			if _, err := eval.Run(step, inputs, env); err != nil {
				t.Fatal(err)
			}
			var slots []string
			for _, in := range step.Instrs {
				if in.Op.Effect == op.Update {
					checkUpdate(t, in, c.name, c.want, all)
					for _, s := range op.Slots(in.Attrs) {
						slots = append(slots, s+":"+in.Attrs.String("state"))
					}
				}
			}
			if slices.Contains([]string{"adam", "adamw", "lamb"}, c.name) {
				slots = append(slots, "step")
			}
			slices.Sort(slots)
			if got := slices.Sorted(maps.Keys(env.Slots)); !slices.Equal(got, slots) || len(slots) < 2 && c.args["momentum"] != 0.0 {
				t.Errorf("%s: got slots %v, want %v", c.name, got, slots)
			}
		}
	}
}

func checkUpdate(t *testing.T, in *ir.Instr, rule string, want op.Attrs, decayAll bool) {
	t.Helper()
	want = maps.Clone(want)
	want["state"], want["rule"], want["weight_decay"] = in.Attrs["state"], rule, 0.25
	if in.Attrs.String("state") == "bias" && !decayAll {
		want["weight_decay"] = 0.0
	}
	full, err := op.Normalize(in.Op, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := op.Normalize(in.Op, in.Attrs)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range full {
		if got[name] != v {
			t.Errorf("%s: update of %s: %s is %v, want %v", rule, in.Attrs.String("state"), name, got[name], v)
		}
	}
}
