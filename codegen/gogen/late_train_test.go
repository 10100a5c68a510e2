package gogen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// segmenter is a U-Net that is trained on pictures of h by w, each any size for 0, and
// measured on pictures of any size.
func segmenter(name string, h, w int) *ir.Module {
	d := newDesign(name)
	d.m.Sets = []*ir.IndexSet{{Name: "Tissue", Labels: []string{"background", "nucleus", "border"}}}
	gray := op.Dim{Size: sym.Const(1), Set: "Gray"}
	facts := sym.Facts{Divides: map[string]int64{"H": 4, "W": 4}, Min: map[string]int64{"N": 1}, Max: map[string]int64{"N": 64}}
	d.fn("UNet.infer", "UNet", ir.Infer)
	d.f.Facts = facts
	d.result("mask", d.unetBody(d.f.AddInput("image", typ(tensor.F32, "N", gray, "H", "W"))))
	for _, kind := range []ir.FuncKind{ir.Loss, ir.Eval} {
		height, width := any("H"), any("W")
		if kind == ir.Loss && h > 0 {
			height = h
		}
		if kind == ir.Loss && w > 0 {
			width = w
		}
		d.fn(map[ir.FuncKind]string{ir.Loss: "UNet.loss", ir.Eval: "UNet.eval"}[kind], "UNet", kind)
		d.f.Facts = facts
		x, truth := d.f.AddInput("image", typ(tensor.F32, "N", gray, height, width)), d.f.AddInput("truth", typ(tensor.I32, "N", height, width))
		mask := d.unetBody(d.normalise(x))
		d.stage("loss")
		each := d.b.Emit("softmax_xent", op.Attrs{"axis": int64(1)}, mask, truth)[0]
		d.result("loss", d.one("reduce", op.Attrs{"kind": "mean", "axes": []int64{0, 1, 2}}, each))
		d.stage("accuracy")
		best := d.one("argreduce", op.Attrs{"kind": "max", "axis": int64(1)}, mask)
		hit := d.one("cast", op.Attrs{"to": "f32"}, d.one("eq", nil, best, truth))
		share := d.one("reduce", op.Attrs{"kind": "mean", "axes": []int64{1, 2}}, hit)
		d.result("metric.accuracy", d.one("reduce", op.Attrs{"kind": "sum", "axes": []int64{0}}, share))
	}
	d.section("UNet", map[string]any{"lr": 0.05, "momentum": 0.9, "nesterov": false, "weight_decay": 1e-3})
	d.m.Data[0].Fields = []ir.Field{
		{Name: "image", Type: typ(tensor.U8, "H", "W", gray)},
		{Name: "truth", Kind: ir.MaskField, Type: typ(tensor.I32, "H", "W"), LabelSet: "Tissue"},
	}
	d.m.Data[0].Augment = nil
	return d.m
}

// lateTrainProgram alternates evaluation and steps on batches of sizes that are different
// each time.
const lateTrainProgram = `package main

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"testing"

	some "example.com/user/some/train"
	tall "example.com/user/tall/train"
	whole "example.com/user/whole/train"
	"github.com/netc-lang/netc/runtime/data"
	"github.com/netc-lang/netc/runtime/tensor"
	"github.com/netc-lang/netc/runtime/train"
)

type step struct {
	Loss, EvalLoss       float32
	Metrics, EvalMetrics []float32
	States               map[string][]float32
	Error                string
}

func main() {
	out := map[string][]step{
		"some":  run(some.Program(), [][6]int{SOME}),
		"tall":  run(tall.Program(), [][6]int{TALL}),
		"whole": run(whole.Program(), [][6]int{WHOLE}),
	}
	json.NewEncoder(os.Stdout).Encode(out)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func run(p *train.Program, sizes [][6]int) (out []step) {
	if !p.VariedEval || p.VariedTraining != (p.Package != "some") {
		panic("the loop is told other sizes")
	}
	threads, _ := strconv.Atoi(os.Args[1])
	m, err := p.New(threads, 64)
	check(err)
	m.Init(3)
	out = append(out, step{States: clone(m.States())})
	for k, z := range sizes {
		var e step
		b := batch(z[0], z[1], z[2])
		check(train.Fit(m, b, false))
		loss, metrics := m.Eval(b)
		e.EvalLoss, e.EvalMetrics = loss, slices.Clone(metrics)
		b = batch(z[3], z[4], z[5])
		check(train.Fit(m, b, true))
		loss, metrics = m.Step(b, 0.1, int64(k))
		e.Loss, e.Metrics, e.States = loss, slices.Clone(metrics), clone(m.States())
		out = append(out, e)
		if n := testing.AllocsPerRun(15, func() { check(train.Fit(m, b, true)); m.Step(b, 0, 1) }); n != 0 {
			panic("a step allocates " + strconv.Itoa(int(n)) + " times")
		}
		m.Init(3) // the steps above changed the buffers
	}
	wrong := data.NewBatch(1)
	wrong.AddPicture("image", 1, 8, 8)
	wrong.AddMask("truth", 8, 4)
	for _, b := range []*data.Batch{batch(1, 8, 10), batch(65, 4, 4), wrong} {
		out = append(out, step{Error: train.Fit(m, b, false).Error()})
	}
	m.Close()
	return out
}

func clone(states []train.State) map[string][]float32 {
	out := map[string][]float32{}
	for _, s := range states {
		out[s.Name] = slices.Clone(s.Data)
	}
	return out
}

func batch(n, h, w int) *data.Batch {
	b := data.NewBatch(n)
	x := b.AddPicture("image", 1, h, w)
	for i := range x {
		x[i] = tensor.Uniform(1, 0, uint64(i))*2 - 1
	}
	y := b.AddMask("truth", h, w)
	for i := range y {
		y[i] = int32(tensor.Uniform(1, 1, uint64(i)) * 3)
	}
	return b
}
`

// TestTrainAtRunTimeSizes compares steps and evaluations of pictures whose sizes only
// their batch tells with the naive evaluator, and asserts the same bits for any number of
// threads. "some" is trained on crops of one size, "tall" on strips of one width and
// "whole" on whole pictures.
func TestTrainAtRunTimeSizes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Parallel() // with other tests that build programs
	modules := map[string]*ir.Module{"some": segmenter("some", 8, 12), "tall": segmenter("tall", 0, 12), "whole": segmenter("whole", 0, 0)}
	sizes := map[string][][6]int{ // of an evaluation and of a step: records, height, width
		"some":  {{1, 4, 8, 4, 8, 12}, {3, 20, 12, 2, 8, 12}, {1, 60, 52, 2, 8, 12}, {1, 4, 8, 1, 8, 12}},
		"tall":  {{1, 4, 8, 4, 8, 12}, {3, 20, 12, 2, 20, 12}, {1, 60, 52, 2, 4, 12}, {1, 4, 8, 1, 8, 12}},
		"whole": {{1, 4, 8, 4, 8, 12}, {3, 20, 12, 1, 36, 28}, {1, 60, 52, 2, 4, 4}, {2, 8, 8, 5, 8, 8}},
	}
	w := newWorkspace(t)
	var fill []string
	for _, name := range []string{"some", "tall", "whole"} {
		files, err := Package(plan(t, modules[name]), Options{Package: name, Name: name, Version: "v0.0.0", Train: true})
		if err != nil {
			t.Fatal(err)
		}
		w.add(name, files)
		list := fmt.Sprintf("%#v", sizes[name])
		fill = append(fill, strings.ToUpper(name), list[strings.Index(list, "{")+1:len(list)-1])
	}
	w.write("cmd/train/main.go", []byte(strings.NewReplacer(fill...).Replace(lateTrainProgram)))
	w.run(nil, "vet", "./...")
	program := w.build("./cmd/train")
	for _, env := range [][]string{nil, {"NETC_ISA=generic"}} {
		out := w.exec(env, program, "1")
		for _, threads := range []string{"2", "3", "8"} {
			if w.exec(env, program, threads) != out {
				t.Errorf("%v: got other bits with %s threads than with one", env, threads)
			}
		}
		type result struct {
			trainStep
			Error string
		}
		got := decode[map[string][]result](t, out)
		for name, m := range modules {
			rows := got[name]
			for k, z := range sizes[name] {
				where := fmt.Sprint(name, " ", env, " ", z)
				states := &eval.Env{States: map[string]*eval.Tensor{}, Slots: map[string]*eval.Tensor{}}
				for _, s := range m.States {
					states.States[s.Name] = eval.Floats(sizesOf(s.Type), rows[0].States[s.Name]...)
				}
				c := plan(t, m)
				want := runLate(t, c.Func(c.Trains[0].Eval), k, z[:3], states)
				compare(t, where+": eval loss", []float64{rows[k+1].EvalLoss}, want["loss"], 1e-4)
				compare(t, where+": eval accuracy", rows[k+1].EvalMetrics, want["metric.accuracy"], 1e-4)
				want = runLate(t, c.Func(c.Trains[0].Loss), k, z[3:], states)
				compare(t, where+": loss", []float64{rows[k+1].Loss}, want["loss"], 1e-4)
				for path, values := range rows[k+1].States {
					compare(t, where+": "+path, values, states.States[path], 2e-4)
				}
			}
			for i, want := range []string{"found N = 1, H = 8, W = 10; expected W % 4 == 0, such as 8 or 12", "expected N from 1 to 64", "found truth of 4 by 8 pixels, expected 8 by 8"} {
				if e := rows[len(rows)-3+i].Error; !strings.Contains(e, want) {
					t.Errorf("%s: got %q, want %q", name, e, want)
				}
			}
		}
	}
}

// runLate evaluates f on the batch that lateTrainProgram makes.
func runLate(t *testing.T, f *ir.Func, k int, size []int, env *eval.Env) map[string]*eval.Tensor {
	t.Helper()
	image, truth := eval.New(tensor.F32, size[0], 1, size[1], size[2]), eval.New(tensor.I32, size...)
	for i := range image.F {
		image.F[i] = float64(tensor.Uniform(1, 0, uint64(i))*2 - 1)
	}
	for i := range truth.I {
		truth.I[i] = int64(tensor.Uniform(1, 1, uint64(i)) * 3)
	}
	out, err := eval.Run(f, map[string]*eval.Tensor{
		"image": image, "truth": truth, "lr": eval.Scalar(0.1), "seed": eval.Ints(tensor.I64, nil, int64(k)),
	}, env)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
