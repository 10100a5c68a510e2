package gogen

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/runtime/tensor"
)

// trainAtRandom gives the training of m an optimiser, and bounds its gradient or leaves it. eps
// is large enough that rounding does not decide a step.
func trainAtRandom(m *ir.Module, rng *rand.Rand) {
	share := func() float64 { return 0.1 * float64(rng.IntN(10)) }
	decay := 0.05 * float64(rng.IntN(2))
	betas := []float64{share(), 0.9 + share()/10}
	args := []map[string]any{
		{"rule": "sgd", "momentum": share(), "nesterov": rng.IntN(2) == 0},
		{"rule": "adam", "betas": betas, "eps": 0.1},
		{"rule": "adamw", "betas": betas, "eps": 0.1},
		{"rule": "lamb", "betas": betas, "eps": 0.1},
		{"rule": "rmsprop", "alpha": 0.5 + share()/2, "eps": 0.1, "momentum": share()},
		{"rule": "adagrad", "eps": 0.1},
	}[rng.IntN(6)]
	if args["rule"] == "lamb" { // which else makes a step of what rounding leaves of no gradient
		decay = 0.05
	}
	args["lr"], args["weight_decay"] = 0.1, decay
	t := m.Trains[0]
	t.Optimizer = ir.Call{Name: args["rule"].(string), Args: args}
	delete(args, "rule")
	if rng.IntN(2) == 0 {
		t.Clip = []float64{0.01, 0.3, 100}[rng.IntN(3)]
	}
}

// TestRandomTraining compares steps of random image networks with the naive evaluator: every
// optimiser, batches of several sizes one after the other, with and without a bound of the
// gradient, in every instruction set; the bits are the same for 1, 2, 3 and 8 threads, and
// after a checkpoint. NETC_RANDOM_NETS asks for others, as for [TestRandomNetworks].
func TestRandomTraining(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	count, first := 4, uint64(1000)
	if ask := os.Getenv("NETC_RANDOM_NETS"); ask != "" {
		count, first = asked(t, ask)
	}
	w := newWorkspace(t)
	var imports, calls strings.Builder
	nets := map[string]*ir.Module{}
	for i, n := range pictureNets(first, count) {
		name := strings.ToLower(n.name)
		nets[name] = n.module
		trainAtRandom(n.module, rand.New(rand.NewPCG(first+uint64(i), 29)))
		files, err := Package(planWith(t, n.module, target.Layouts(i%3)), Options{Package: name, Name: name, Version: "v0.0.0", Train: true})
		if err != nil {
			t.Fatal(err)
		}
		w.add(name, files)
		d := n.module.Funcs[0].Inputs[0].Type.Dims
		fmt.Fprintf(&imports, "\t%s \"example.com/user/%s/train\"\n", name, name)
		fmt.Fprintf(&calls, "\tout[%q] = run(%s.Program(), %v, %v, %v)\n", name, name, d[1].Size, d[2].Size, d[3].Size)
	}
	text := strings.NewReplacer("IMPORTS\n", imports.String(), "NETS\n", calls.String(), "0.1, int64(k)", "0.01, int64(k)").Replace(trainProgram)
	w.write("cmd/train/main.go", []byte(text))
	program := w.build("./cmd/train")
	sizes, batches := []int{3, 7, 1}, []string{"3", "7", "1"}
	kinks := map[string]bool{}
	for _, isa := range []string{"avx512", "avx2", "generic"} {
		env := []string{"NETC_ISA=" + isa}
		if isa == "generic" { // the loops in Go take their time
			sizes, batches = sizes[:1], batches[:1]
		}
		out := w.exec(env, program, append([]string{"1"}, batches...)...)
		for _, threads := range []string{"2", "3", "8"} {
			if isa != "generic" && w.exec(env, program, append([]string{threads}, batches...)...) != out {
				t.Errorf("%s: got other bits with %s threads than with one", isa, threads)
			}
		}
		got := decode[map[string][]trainStep](t, out)
		for name, m := range nets {
			for k, n := range sizes {
				if !sameStep(t, fmt.Sprint(isa, " ", name, " step ", k), m, k, map[string]int64{"N": int64(n)}, got[name]) {
					kinks[name] = true
				}
			}
		}
	}
	if t.Logf("%d networks; the gradients of %d lie at a kink", count, len(kinks)); len(kinks) > 2+count/10 {
		t.Errorf("the gradients of %d networks lie at kinks, expected few", len(kinks))
	}
}

// sameStep compares step k, on a batch of these sizes, with the evaluator, which begins where the step
// began. It returns false for one whose gradients are not continuous there.
func sameStep(t *testing.T, what string, m *ir.Module, k int, sizes map[string]int64, got []trainStep) bool {
	t.Helper()
	plan := planWith(t, m, target.OnlyPlain, optional()...)
	step := plan.Func(plan.Trains[0].Loss)
	run := func(off float64, seed uint64) (map[string]*eval.Tensor, *eval.Env) {
		env := &eval.Env{States: map[string]*eval.Tensor{}, Slots: map[string]*eval.Tensor{}}
		begin := func(to map[string]*eval.Tensor, from map[string][]float64, shapeOf func(name string) []int) {
			for name, values := range from {
				v := eval.New(tensor.F32, shapeOf(name)...)
				copy(v.F, values)
				to[name] = v
			}
		}
		shapes := map[string][]int{}
		for _, s := range m.States {
			shape, _ := stateShape(s)
			for _, d := range shape {
				shapes[s.Name] = append(shapes[s.Name], int(d))
			}
		}
		begin(env.States, got[k].States, func(name string) []int { return shapes[name] })
		if k > 0 {
			begin(env.Slots, got[k].Slots, func(name string) []int {
				_, state, ok := strings.Cut(name, ":")
				if !ok { // the number of steps
					return []int{len(got[k].Slots[name])}
				}
				return shapes[state]
			})
		}
		inputs := map[string]*eval.Tensor{"lr": eval.Scalar(float64(float32(0.01))), "seed": eval.Ints(tensor.I64, nil, int64(k))}
		for _, v := range step.Inputs {
			if v.Name != "image" {
				continue
			}
			var shape []int
			for _, d := range v.Type.Dims {
				size, _ := d.Size.Eval(sizes)
				shape = append(shape, int(size))
			}
			x := eval.New(tensor.F32, shape...)
			for i := range x.F {
				x.F[i] = float64(tensor.Uniform(1, 0, uint64(i))*2 - 1)
				x.F[i] *= 1 + off*float64(2*tensor.Uniform(seed, 3, uint64(i))-1)
			}
			inputs[v.Name] = x
		}
		want, err := eval.Run(step, inputs, env)
		if err != nil {
			t.Fatal(what, err)
		}
		return want, env
	}
	want, env := run(0, 0)
	g := got[k+1]
	compare(t, what+": loss", []float64{g.Loss}, want["loss"], 1e-4)
	if len(g.Slots) != len(env.Slots) {
		t.Errorf("%s: got %d slots, want %d", what, len(g.Slots), len(env.Slots))
	}
	for _, part := range []struct {
		got  map[string][]float64
		want func(*eval.Env) map[string]*eval.Tensor
	}{
		{g.Slots, func(e *eval.Env) map[string]*eval.Tensor { return e.Slots }},
		{g.States, func(e *eval.Env) map[string]*eval.Tensor { return e.States }},
	} {
		for name, values := range part.got {
			d := distance64(values, part.want(env)[name])
			if d <= 1e-3 {
				continue
			}
			for seed := range uint64(kinkTries) {
				_, moved := run(1e-5, seed)
				if distance64(part.want(moved)[name].F, part.want(env)[name]) >= d/4 {
					return false
				}
			}
			t.Errorf("%s: %s differs by %.3g of the largest, want 1e-3", what, name, d)
		}
	}
	return true
}

func distance64(got []float64, want *eval.Tensor) float64 {
	x := make([]float32, len(got))
	for i, v := range got {
		x[i] = float32(v)
	}
	return distance(x, want, 1e-2)
}
