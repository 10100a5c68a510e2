package gogen

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/runtime/tensor"
)

// anySizeTraining is a random network that is trained on pictures of any size: its loss is
// the mean of the squares of all its results.
func anySizeTraining(name string, seed uint64) *ir.Module {
	m := passtest.Pictures(name, seed)
	out := passtest.AnySize(m)
	if len(out.Funcs[0].Results) == 0 {
		return out
	}
	out.Trains = m.Trains
	out.Trains[0].Data = "Noise"
	out.Data = []*ir.Data{{Name: "Noise", Fields: []ir.Field{{Name: "image", Type: typ(tensor.U8, "H", "W", 1)}}}}
	for i, kind := range []ir.FuncKind{ir.Loss, ir.Eval} {
		f := passtest.AnySize(m).Funcs[0]
		f.Name, f.Kind = []string{out.Trains[0].Loss, out.Trains[0].Eval}[i], kind
		b := ir.NewBuilder(f)
		var loss *ir.Value
		for _, r := range f.Results {
			square := b.One("reduce", op.Attrs{"kind": "mean", "axes": []int64{0, 1, 2, 3}, "keep": false}, b.One("mul", nil, r.Value, r.Value))
			if loss == nil {
				loss = square
			} else {
				loss = b.One("add", nil, loss, square)
			}
		}
		f.Results = []ir.Result{{Name: "loss", Value: loss}}
		out.Funcs = append(out.Funcs, f)
	}
	return out
}

// learns reports whether a weight of m that is trained takes part in the result of f.
func learns(m *ir.Module, f *ir.Func) bool {
	frozen := map[string]bool{}
	for _, s := range m.States {
		frozen[s.Name] = s.Frozen
	}
	next, seen := []*ir.Value{f.Results[0].Value}, map[*ir.Value]bool{}
	for len(next) > 0 {
		v := next[len(next)-1]
		next = next[:len(next)-1]
		if v == nil || v.Def == nil || seen[v] || v.Def.Op.Name == "detach" || v.Def.Op.Name == "argreduce" {
			continue
		}
		if seen[v] = true; v.Def.Op.Name == "param" && !frozen[v.Def.Attrs.String("name")] {
			return true
		}
		next = append(next, v.Def.Args...)
	}
	return false
}

// TestRandomTrainingOfAnySize compares steps of random networks on pictures whose size is
// another one with every batch with the naive evaluator, in every instruction set, with the
// same bits for any number of threads. NETC_RANDOM_NETS asks for others, as for
// [TestRandomNetworks].
func TestRandomTrainingOfAnySize(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	count, first := 3, uint64(1000)
	if ask := os.Getenv("NETC_RANDOM_NETS"); ask != "" {
		count, first = asked(t, ask)
	}
	w := newWorkspace(t)
	var imports, calls strings.Builder
	nets := map[string]*ir.Module{}
	for seed := first; len(nets) < count; seed++ {
		name := fmt.Sprintf("r%d", seed)
		m := anySizeTraining(strings.ToUpper(name), seed)
		if len(m.Trains) == 0 || !learns(m, m.Func(m.Trains[0].Loss)) || len(sizesFor(m.Func(m.Trains[0].Loss))) < 3 {
			continue
		}
		machine := target.Default(target.AVX2)
		machine.Layouts = target.Layouts(seed % 3)
		c := m.Clone()
		err := passes.Run(m.Clone(), machine, passes.Options{Disable: optional()})
		if err == nil {
			err = passes.Run(c, machine, passes.Options{Verify: true})
		}
		if err != nil {
			if !strings.Contains(err.Error(), "needs a size known at compile time") {
				t.Fatal(name, err)
			}
			continue // some gradients are refused
		}
		nets[name] = m
		files, err := Package(c, Options{Package: name, Name: name, Version: "v0.0.0", Train: true})
		if err != nil {
			t.Fatal(name, err)
		}
		w.add(name, files)
		fmt.Fprintf(&imports, "\t%s \"example.com/user/%s/train\"\n", name, name)
		list := fmt.Sprintf("%#v", sizesFor(m.Func(m.Trains[0].Loss)))
		channels := m.Funcs[0].Inputs[0].Type.Dims[1].Size
		fmt.Fprintf(&calls, "\tout[%q] = run(%s.Program(), %v, %s)\n", name, name, channels, list)
	}
	begin := strings.Index(trainProgram, "func run(")
	text := trainProgram[:begin] + lateSteps + trainProgram[strings.Index(trainProgram, "func clone("):]
	text = strings.NewReplacer("IMPORTS\n", imports.String(), "NETS\n", calls.String(), "\t\"reflect\"\n", "", "\t\"testing\"\n", "").Replace(text)
	w.write("cmd/train/main.go", []byte(text))
	program := w.build("./cmd/train")
	kinks := map[string]bool{}
	for _, isa := range []string{"avx512", "avx2", "generic"} {
		env := []string{"NETC_ISA=" + isa}
		out := w.exec(env, program, "1")
		for _, threads := range []string{"2", "3", "8"} {
			if isa != "generic" && w.exec(env, program, threads) != out {
				t.Errorf("%s: got other bits with %s threads than with one", isa, threads)
			}
		}
		got := decode[map[string][]trainStep](t, out)
		for name, m := range nets {
			for k, z := range sizesFor(m.Func(m.Trains[0].Loss)) {
				what := fmt.Sprint(isa, " ", name, " step ", k, " ", z)
				sizes := map[string]int64{"N": int64(z[0]), "H": int64(z[1]), "W": int64(z[2])}
				if !sameStep(t, what, m, k, sizes, got[name]) {
					kinks[name] = true
				}
			}
		}
	}
	if t.Logf("%d networks; the gradients of %d lie at a kink", count, len(kinks)); len(kinks) > 2+count/10 {
		t.Errorf("the gradients of %d networks lie at kinks, expected few", len(kinks))
	}
}

// lateSteps is run of trainProgram for batches of N pictures of H x W.
const lateSteps = `func run(p *train.Program, channels int, sizes [][3]int) (out []step) {
	threads, _ := strconv.Atoi(os.Args[1])
	m, err := p.New(threads, 64)
	if err != nil {
		panic(err)
	}
	m.Init(3)
	out = append(out, step{States: clone(m.States())})
	for k, z := range sizes {
		b := batch(z[0], channels, z[1], z[2])
		var e step
		for _, training := range []bool{false, true} {
			if err := train.Fit(m, b, training); err != nil {
				panic(err)
			}
			if !training {
				e.EvalLoss, _ = m.Eval(b)
				continue
			}
			loss, metrics := m.Step(b, 0.01, int64(k))
			e.Loss, e.Metrics = loss, slices.Clone(metrics)
		}
		e.States, e.Slots = clone(m.States()), clone(m.Slots())
		out = append(out, e)
	}
	m.Close()
	return out
}

`
