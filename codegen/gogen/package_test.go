package gogen

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/runtime/tensor"
)

// inferProgram prints the outputs of sessions of every package, for batches of
// the sizes given as arguments.
const inferProgram = `package main

import (
	"encoding/json"
	"os"
	"strconv"

IMPORTS
	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/tensor"
)

// weights returns the option that reads the weights from a file in the folder that
// the environment names, where it names one.
func weights(name string) []nrt.Option {
	dir := os.Getenv("WEIGHTS")
	if dir == "" {
		return nil
	}
	f, err := os.Open(dir + "/" + name)
	check(err)
	return []nrt.Option{nrt.Weights(f)}
}

type results map[string][]float64

func main() {
	out := map[string]results{}
	for _, arg := range os.Args[1:] {
		n, _ := strconv.Atoi(arg)
NETS
	}
	json.NewEncoder(os.Stdout).Encode(out)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func fill[T float32 | int32](x []T, k uint64, isFloat bool) {
	for i := range x {
		u := tensor.Uniform(1, k, uint64(i))
		if isFloat {
			x[i] = T(u*2 - 1)
		} else {
			x[i] = T(u * 4)
		}
	}
}

// flat returns the numbers of a possibly nested result.
func flat(v any) []float64 {
	text, err := json.Marshal(v)
	check(err)
	var out []float64
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case float64:
			out = append(out, v)
		case bool:
			if v {
				out = append(out, 1)
			} else {
				out = append(out, 0)
			}
		}
	}
	var tree any
	check(json.Unmarshal(text, &tree))
	walk(tree)
	return out
}
`

// inferMain is the program for the given packages and their first functions.
func inferMain(names []string, funcs map[string]*ir.Func) []byte {
	var imports, nets strings.Builder
	for _, name := range names {
		fmt.Fprintf(&imports, "\t\"example.com/user/%s\"\n", name)
		p := func(format string, args ...any) { fmt.Fprintf(&nets, "\t\t"+format+"\n", args...) }
		p("{")
		constructor, batch := "New", "n"
		if strings.HasPrefix(name, "pair") {
			constructor = "NewFirst"
		}
		if symbol, _ := batchSymbol(funcs[name]); symbol == "" {
			batch = ""
		}
		p("net, err := %s.%s(weights(%q)...)", name, constructor, name+".safetensors")
		p("check(err)")
		p("s, err := net.NewSession(%s)", batch)
		p("check(err)")
		for k, v := range funcs[name].Inputs {
			p("fill(s.%s(), %d, %t)", exported(v.Name), k, v.Type.DType.Float())
		}
		p("check(s.Run())")
		p("check(s.Run()) // which meets what the first run left behind")
		p("r := results{}")
		for _, r := range funcs[name].Results {
			p("r[%q] = flat(s.%s())", r.Name, exported(r.Name))
		}
		p("out[%q+arg] = r", name+" ")
		p("s.Close()")
		p("}")
	}
	text := strings.Replace(inferProgram, "IMPORTS\n", imports.String(), 1)
	return []byte(strings.Replace(text, "NETS\n", nets.String(), 1))
}

// optional are the names of the passes that may be left out.
func optional() []string {
	var names []string
	for _, p := range passes.Pipeline() {
		if !p.Required {
			names = append(names, p.Name)
		}
	}
	return names
}

// TestInfer compiles packages and compares their sessions with the naive
// evaluator of the graph: with and without optional passes, with and without
// assembly. The generated tests of the packages run too.
func TestInfer(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	w := newWorkspace(t)
	modules := map[string]*ir.Module{}
	disable := map[string][]string{}
	for name, build := range map[string]func() *ir.Module{"lenet": lenet, "resnet": resnet, "zoo": zoo, "fixed": fixed, "pair": pair, "recurrent": recurrent} {
		modules[name], modules[name+"slow"] = build(), build()
		disable[name+"slow"] = optional()
	}
	modules["blocked"] = recurrent()
	for seed := range uint64(5) {
		m := passtest.Random(seed, ir.Infer)
		m.Funcs[0].Name = "Net.infer"
		modules[fmt.Sprintf("random%d", seed)] = m
	}
	names := slices.Sorted(maps.Keys(modules))
	funcs := map[string]*ir.Func{}
	for _, name := range names {
		m := modules[name]
		funcs[name] = m.Funcs[0]
		layouts := target.BestLayouts
		if name == "blocked" {
			layouts = target.OnlyBlocked
		}
		files, err := Package(planWith(t, m, layouts, disable[name]...), Options{Package: name, Name: name, Version: "v0.0.0", Weights: encode(t, m, randomStates(m))})
		if err != nil {
			t.Fatal(err)
		}
		w.add(name, files)
	}
	w.write("cmd/infer/main.go", inferMain(names, funcs))
	w.run(nil, "vet", "./...")
	w.run(nil, "test", "./lenet", "./resnet", "./fixed")
	w.run([]string{"GOARCH=arm64"}, "vet", "./lenet", "./zoo")
	for _, dep := range strings.Fields(w.run(nil, "list", "-deps", "./resnet")) {
		for _, room := range []string{"lang", "ir", "passes", "codegen", "runtime/train", "runtime/bench", "runtime/driver"} {
			if dep == root+room || strings.HasPrefix(dep, root+room+"/") {
				t.Errorf("a network in use links %s", dep)
			}
		}
	}
	program, pure := w.build("./cmd/infer"), w.build("-tags=purego", "./cmd/infer")
	w.misspeltISA(program, "1")
	for _, run := range []struct {
		env     []string
		program string
	}{{nil, program}, {[]string{"NETC_ISA=generic"}, program}, {[]string{"GODEBUG=cpu.avx2=off"}, program}, {nil, pure}} {
		got := decode[map[string]map[string][]float64](t, w.exec(run.env, run.program, "1", "3", "8"))
		for _, name := range names {
			for _, n := range []int{1, 3, 8} {
				compareNet(t, fmt.Sprint(name, " ", run.env, " pure ", run.program == pure, " batch ", n), modules[name], n, got[fmt.Sprint(name, " ", n)])
			}
		}
	}
}

// compareNet compares the outputs of the first function of m.
func compareNet(t *testing.T, what string, m *ir.Module, n int, got map[string][]float64) {
	t.Helper()
	f := m.Funcs[0]
	inputs := map[string]*eval.Tensor{}
	for k, v := range f.Inputs {
		inputs[v.Name] = randomInput(v, k, n, 4)
	}
	want, err := eval.Run(f, inputs, &eval.Env{States: randomStates(m)})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range f.Results {
		compare(t, what+": "+r.Name, got[r.Name], want[r.Name], 1e-4)
	}
}

func TestPackageIsDeterministic(t *testing.T) {
	m := lenet()
	file := encode(t, m, randomStates(m))
	var first map[string][]byte
	for range 3 {
		files, err := Package(plan(t, m), Options{Package: "lenet", Name: "lenet", Version: "v0.0.0", Weights: file, Train: true})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = files
			continue
		}
		for name, content := range files {
			if !bytes.Equal(content, first[name]) {
				t.Errorf("%s: got other bytes for the same module", name)
			}
		}
	}
}

// TestSize asserts that a deep network stays readable: under 5,000 lines of Go
// for a hundred convolutions with batch norm.
func TestSize(t *testing.T) {
	d := newDesign("deep")
	d.fn("Deep.infer", "Deep", ir.Infer)
	x := d.conv("stem", d.f.AddInput("image", typ(tensor.F32, "N", 3, 16, 16)), 16, 3, 1, 1)
	for i := range 50 {
		y := d.one("relu", nil, d.norm(fmt.Sprintf("block[%d].bn", i), d.conv(fmt.Sprintf("block[%d].conv", i), x, 16, 3, 1, 1)))
		y = d.norm(fmt.Sprintf("block[%d].bn_2", i), d.conv(fmt.Sprintf("block[%d].conv_2", i), y, 16, 3, 1, 1))
		x = d.one("relu", nil, d.one("add", nil, y, x))
	}
	d.result("y", x)
	files, err := Package(plan(t, d.m), Options{Package: "deep", Name: "deep", Version: "v0.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for name, content := range files {
		if strings.HasSuffix(name, ".go") {
			lines += bytes.Count(content, []byte("\n"))
		}
	}
	if lines > 5000 {
		t.Errorf("got %d lines, want at most 5000", lines)
	}
}
