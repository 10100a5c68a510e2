package grad

import (
	"math"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/runtime/tensor"
)

// TestDetach trains mean(detach(w*w)*w): the gradient is w*w and not 3*w*w, and the
// step holds no detach any more.
func TestDetach(t *testing.T) {
	n := newNet(map[string]any{"lr": 0.5})
	w := n.param("weight", 2, 2)
	n.mean(n.One("mul", nil, n.One("detach", nil, n.One("mul", nil, w, w)), w))
	step := differentiate(t, n.m)
	for _, in := range step.Instrs {
		if in.Op.Name == "detach" {
			t.Error("a detach is left in the step")
		}
	}
	before := []float64{0.5, -1, 2, 0}
	env := &eval.Env{States: map[string]*eval.Tensor{"weight": eval.New(tensor.F32, 2, 2)}, Slots: map[string]*eval.Tensor{}}
	copy(env.States["weight"].F, before)
	if _, err := eval.Run(step, map[string]*eval.Tensor{"lr": eval.Scalar(0.1)}, env); err != nil {
		t.Fatal(err)
	}
	for i, x := range before {
		if got, want := env.States["weight"].F[i], x-0.1*x*x/4; !(math.Abs(got-want) < 1e-6) {
			t.Errorf("%g became %g, want %g", x, got, want)
		}
	}
	if step.Kind != ir.TrainStep {
		t.Errorf("got kind %d", step.Kind)
	}
}
