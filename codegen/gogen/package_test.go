package gogen

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
)

// inferProgram prints the outputs of a session for batches of the sizes given as
// arguments.
const inferProgram = `package main

import (
	"encoding/json"
	"os"
	"strconv"

	"example.com/user/PKG"
	"github.com/netc-lang/netc/runtime/tensor"
)

func main() {
	net, err := PKG.New()
	if err != nil {
		panic(err)
	}
	out := map[string]map[string]any{}
	for _, arg := range os.Args[1:] {
		n, _ := strconv.Atoi(arg)
		s, err := net.NewSession(n)
		if err != nil {
			panic(err)
		}
FILL
		for range 2 { // the second run meets what the first left behind
			if err := s.Run(); err != nil {
				panic(err)
			}
		}
		out[arg] = map[string]any{
RESULTS
		}
		s.Close()
	}
	json.NewEncoder(os.Stdout).Encode(out)
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
	text, _ := json.Marshal(v)
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
	json.Unmarshal(text, &tree)
	walk(tree)
	return out
}
`

func inferMain(pkg string, f *ir.Func) []byte {
	var fill, results strings.Builder
	for k, v := range f.Inputs {
		fmt.Fprintf(&fill, "\t\tfill(s.%s(), %d, %t)\n", exported(v.Name), k, v.Type.DType.Float())
	}
	for _, r := range f.Results {
		fmt.Fprintf(&results, "\t\t\t%q: flat(s.%s()),\n", r.Name, exported(r.Name))
	}
	text := strings.ReplaceAll(inferProgram, "PKG", pkg)
	text = strings.Replace(text, "FILL\n", fill.String(), 1)
	return []byte(strings.Replace(text, "RESULTS\n", results.String(), 1))
}

// TestInfer compiles whole packages and compares their sessions with the naive
// evaluator of the graph, with and without the model's own assembly.
func TestInfer(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	w := newWorkspace(t)
	nets := map[string]func() *ir.Module{"lenet": lenet, "resnet": resnet, "zoo": zoo}
	for name, build := range nets {
		m := build()
		states := randomStates(m)
		files, err := Package(plan(t, m), Options{Package: name, Name: name, Version: "v0.0.0", Weights: encode(t, m, states)})
		if err != nil {
			t.Fatal(err)
		}
		w.add(name, files)
		w.write("cmd/"+name+"/main.go", inferMain(name, m.Funcs[0]))
	}
	w.run(nil, "vet", "./...")
	for name, build := range nets {
		m := build()
		states := randomStates(m)
		for _, env := range [][]string{nil, {"NETC_ISA=generic"}, {"GODEBUG=cpu.avx2=off"}} {
			got := decode[map[string]map[string][]float64](t, w.run(env, "run", "./cmd/"+name, "1", "3", "8"))
			for _, n := range []int{1, 3, 8} {
				f := m.Funcs[0]
				inputs := map[string]*eval.Tensor{}
				for k, v := range f.Inputs {
					inputs[v.Name] = randomInput(v, k, n, 4)
				}
				want, err := eval.Run(f, inputs, &eval.Env{States: states})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range f.Results {
					compare(t, fmt.Sprintf("%s %v batch %d: %s", name, env, n, r.Name), got[fmt.Sprint(n)][r.Name], want[r.Name], 1e-4)
				}
			}
		}
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
