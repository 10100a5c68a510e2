package gogen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/runtime/tensor"
)

// trainProgram runs steps of every net on batches of the sizes given as
// arguments, after the number of threads, and prints everything that changes.
const trainProgram = `package main

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"
	"testing"

IMPORTS
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/train"
)

type step struct {
	Loss, EvalLoss       float32
	Metrics, EvalMetrics []float32
	States, Slots        map[string][]float32
}

func main() {
	out := map[string][]step{}
NETS
	json.NewEncoder(os.Stdout).Encode(out)
}

func run(p *train.Program, c, h, w int) (out []step) {
	threads, _ := strconv.Atoi(os.Args[1])
	m, err := p.New(threads, 64)
	if err != nil {
		panic(err)
	}
	m.Init(3)
	out = append(out, step{States: clone(m.States())})
	for k, arg := range os.Args[2:] {
		n, _ := strconv.Atoi(arg)
		b := batch(n, c, h, w)
		var e step
		loss, metrics := m.Eval(b)
		e.EvalLoss, e.EvalMetrics = loss, slices.Clone(metrics)
		loss, metrics = m.Step(b, 0.1, int64(k))
		e.Loss, e.Metrics = loss, slices.Clone(metrics)
		e.States, e.Slots = clone(m.States()), clone(m.Slots())
		out = append(out, e)
	}
	b := batch(5, c, h, w)
	if n := testing.AllocsPerRun(15, func() { m.Step(b, 0, 1); m.Eval(b) }); n != 0 {
		panic("a step allocates " + strconv.Itoa(int(n)) + " times")
	}
	resume(p, m, b)
	m.Close()
	return out
}

// resume puts the states and slots of m into another model, as a checkpoint does,
// and wants both to go on with the same bits.
func resume(p *train.Program, m train.Model, b *data.Batch) {
	other, err := p.New(1, 64)
	if err != nil {
		panic(err)
	}
	other.Init(4)
	if s := other.Slots(); len(s) > 0 {
		s[len(s)-1].Data[0] = 1
	}
	other.Init(5)
	for _, s := range other.Slots() {
		if slices.Max(s.Data) != 0 {
			panic("Init leaves " + s.Name)
		}
	}
	for i, s := range m.States() {
		copy(other.States()[i].Data, s.Data)
	}
	for i, s := range m.Slots() {
		copy(other.Slots()[i].Data, s.Data)
	}
	for k := range 2 {
		m.Step(b, 0.1, int64(k))
		other.Step(b, 0.1, int64(k))
	}
	if !reflect.DeepEqual(clone(m.States()), clone(other.States())) || !reflect.DeepEqual(clone(m.Slots()), clone(other.Slots())) {
		panic("a resumed model goes on differently")
	}
	other.Close()
}

func clone(states []train.State) map[string][]float32 {
	out := map[string][]float32{}
	for _, s := range states {
		out[s.Name] = slices.Clone(s.Data)
	}
	return out
}

func batch(n, c, h, w int) *data.Batch {
	b := data.NewBatch(n)
	x := b.AddPicture("image", c, h, w)
	for i := range x {
		x[i] = tensor.Uniform(1, 0, uint64(i))*2 - 1
	}
	y := b.AddLabel("label")
	for i := range y {
		y[i] = int32(tensor.Uniform(1, 1, uint64(i)) * 10)
	}
	return b
}
`

type trainStep struct {
	Loss, EvalLoss       float64
	Metrics, EvalMetrics []float64
	States, Slots        map[string][]float64
}

// trainNet is a module to be trained on pictures of a shape (C, H, W).
type trainNet struct {
	name, shape string
	module      *ir.Module
	layouts     target.Layouts
}

// randomTraining is a random network with its training and evaluation.
func randomTraining(seed uint64) (*ir.Module, string) {
	m, e := passtest.Random(seed, ir.Loss), passtest.Random(seed, ir.Eval).Funcs[0]
	m.Funcs[0].Name, e.Name = "Net.loss", "Net.eval"
	m.Funcs = append(m.Funcs, e)
	m.Trains[0].Loss, m.Trains[0].Eval, m.Trains[0].Data = "Net.loss", "Net.eval", "Noise"
	m.Data = []*ir.Data{{Name: "Noise", Fields: []ir.Field{{Name: "image", Type: typ(tensor.U8, "H", "W", 1)}}}}
	d := e.Inputs[0].Type.Dims
	return m, fmt.Sprintf("%v, %v, %v", d[1].Size, d[2].Size, d[3].Size)
}

// optimised are small networks, each with another optimiser and with several
// groups of updates. eps is large enough that rounding does not decide a step.
func optimised() (nets []trainNet) {
	betas := []float64{0.8, 0.95}
	for _, o := range []struct {
		name, rule string
		args       map[string]any
	}{
		{"adam", "adam", map[string]any{"betas": betas, "eps": 1e-3, "weight_decay": 0.05}},
		{"adamw", "adamw", map[string]any{"betas": betas, "eps": 1e-3, "weight_decay": 0.05}},
		{"rmsprop", "rmsprop", map[string]any{"alpha": 0.9, "eps": 1e-2, "momentum": 0.0, "weight_decay": 0.0}},
		{"rmspropm", "rmsprop", map[string]any{"alpha": 0.9, "eps": 1e-2, "momentum": 0.5, "weight_decay": 0.05}},
		{"adagrad", "adagrad", map[string]any{"eps": 1e-3, "weight_decay": 0.05}},
		{"lamb", "lamb", map[string]any{"betas": betas, "eps": 1e-3, "weight_decay": 0.05}},
		{"lion", "lion", map[string]any{"betas": betas, "weight_decay": 0.05}},
	} {
		m := plain()
		o.args["lr"] = 0.1
		m.Trains[0].Optimizer = ir.Call{Name: o.rule, Args: o.args}
		if o.rule != "adam" {
			m.Trains[0].Clip = 0.2
		}
		nets = append(nets, trainNet{"by" + o.name, "1, 4, 4", m, target.BestLayouts})
	}
	return nets
}

// TestTrain compares steps of generated training halves with the naive
// evaluator, and asserts the same bits for one and two threads.
func TestTrain(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	w := newWorkspace(t)
	nets := []trainNet{
		{"lenet", "1, 28, 28", lenet(), target.BestLayouts},
		{"resnet", "3, 12, 10", resnet(), target.BestLayouts},
		{"plain", "1, 4, 4", plain(), target.BestLayouts},
		{"lenetmaps", "1, 28, 28", lenet(), target.OnlyBlocked},
		{"resnetmaps", "3, 12, 10", resnet(), target.OnlyBlocked},
	}
	for seed := range uint64(6) {
		m, shape := randomTraining(seed)
		nets = append(nets, trainNet{fmt.Sprintf("random%d", seed), shape, m, target.Layouts(seed % 3)})
	}
	nets = append(nets, optimised()...)
	var imports, calls strings.Builder
	for _, net := range nets {
		files, err := Package(planWith(t, net.module, net.layouts), Options{Package: net.name, Name: net.name, Version: "v0.0.0", Train: true})
		if err != nil {
			t.Fatal(err)
		}
		w.add(net.name, files)
		fmt.Fprintf(&imports, "\t%s \"example.com/user/%s/train\"\n", net.name, net.name)
		fmt.Fprintf(&calls, "\tout[%q] = run(%s.Program(), %s)\n", net.name, net.name, net.shape)
	}
	text := strings.NewReplacer("IMPORTS\n", imports.String(), "NETS\n", calls.String()).Replace(trainProgram)
	w.write("cmd/train/main.go", []byte(text))
	w.run(nil, "vet", "./...")
	program := w.build("./cmd/train")
	w.misspeltISA(program, "1", "4")
	var first string
	for _, env := range [][]string{nil, {"NETC_ISA=generic"}} {
		for _, threads := range []string{"1", "2"} {
			out := w.exec(env, program, threads, "4", "7", "1")
			if threads == "2" {
				if out != first {
					t.Errorf("%v: got other bits with two threads than with one", env)
				}
				continue
			}
			first = out
			got := decode[map[string][]trainStep](t, out)
			for _, net := range nets {
				checkSteps(t, net.name+" "+fmt.Sprint(env), planWith(t, net.module, net.layouts), []int{4, 7, 1}, got[net.name])
			}
		}
	}
}

// checkSteps replays the steps of a program in the evaluator.
func checkSteps(t *testing.T, what string, m *ir.Module, sizes []int, got []trainStep) {
	t.Helper()
	env := &eval.Env{States: map[string]*eval.Tensor{}, Slots: map[string]*eval.Tensor{}}
	for _, s := range m.States {
		shape, _ := stateShape(s)
		size := make([]int, len(shape))
		for i, d := range shape {
			size[i] = int(d)
		}
		if values, ok := got[0].States[s.Name]; ok {
			env.States[s.Name] = eval.Floats(size, values...)
		}
	}
	step, evaluate := m.Func(m.Trains[0].Loss), m.Func(m.Trains[0].Eval)
	for k, n := range sizes {
		where := fmt.Sprintf("%s step %d", what, k)
		inputs := map[string]*eval.Tensor{
			"lr": eval.Scalar(0.1), "seed": eval.Ints(tensor.I64, nil, int64(k)),
		}
		for i, v := range evaluate.Inputs {
			inputs[v.Name] = randomInput(v, i, n, 10)
		}
		want, err := eval.Run(evaluate, inputs, env)
		if err != nil {
			t.Fatal(err)
		}
		g := got[k+1]
		compare(t, where+": eval loss", []float64{g.EvalLoss}, want["loss"], 1e-4)
		want, err = eval.Run(step, inputs, env)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, where+": loss", []float64{g.Loss}, want["loss"], 1e-4)
		for i, metric := range m.Trains[0].Metrics {
			compare(t, where+": "+metric.Name, []float64{g.Metrics[i]}, want["metric."+metric.Name], 1e-4)
		}
		for name, values := range g.States {
			compare(t, where+": "+name, values, env.States[name], 2e-4)
		}
		for name, values := range g.Slots {
			compare(t, where+": "+name, values, env.Slots[name], 1e-3)
		}
		if len(g.Slots) != len(env.Slots) {
			t.Errorf("%s: got %d slots, want %d", where, len(g.Slots), len(env.Slots))
		}
	}
}
