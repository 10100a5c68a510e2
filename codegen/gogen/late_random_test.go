package gogen

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/passtest"
	"github.com/netc-lang/netc/runtime/tensor"
)

// lateRandomProgram runs every network at every size, one size after the other, and all
// once more when each has its session.
const lateRandomProgram = `package main

import (
	"encoding/json"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"

	"example.com/user/blocks"
	"example.com/user/plain"
	nrt "github.com/netc-lang/netc/runtime"
	"github.com/netc-lang/netc/runtime/tensor"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func fill(x []float32) {
	for i := range x {
		x[i] = tensor.Uniform(1, 0, uint64(i))*2 - 1
	}
}

// flat returns the numbers of a result, nested where its sizes are known.
func flat(v reflect.Value, to []float32) []float32 {
	if v.Kind() == reflect.Float32 {
		return append(to, float32(v.Float()))
	}
	for i := range v.Len() {
		to = flat(v.Index(i), to)
	}
	return to
}

// quiet fails where f allocates. What Go itself allocates now and then comes once.
func quiet(name string, f func()) {
	least := testing.AllocsPerRun(1, f)
	for range 4 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	if least > 0 {
		panic(name + ": a call allocates " + strconv.Itoa(int(least)) + " times")
	}
}

func main() {
	debug.SetGCPercent(-1) // the collector allocates for itself
	threads, err := strconv.Atoi(os.Args[1])
	check(err)
	out := map[string][]float32{}
	var again []func()
NETS
	for _, f := range again {
		f()
	}
	json.NewEncoder(os.Stdout).Encode(out)
}
`

// lateRandomSizes are those of the sessions of one model, in turn: N, H and W.
var lateRandomSizes = [][3]int{{2, 11, 14}, {1, 26, 19}, {3, 9, 24}, {1, 12, 12}, {2, 3, 5}, {3, 1, 1}, {1, 33, 7}, {2, 11, 14}}

// TestRandomNetworksOfAnySize compares random image networks whose pictures have a size
// that is known at run time only with the naive evaluator, on blocks of channels and
// plain, in every instruction set: many sizes in turn, sessions of all of them at once,
// the same bits for any number of threads and no allocation. NETC_RANDOM_NETS asks for
// others, as for [TestRandomNetworks].
func TestRandomNetworksOfAnySize(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	t.Parallel() // with other tests that build programs
	all := &ir.Module{Name: "anysize", Source: "anysize.net"}
	nets := map[string]*ir.Module{}
	missing := map[string]bool{}
	for _, name := range []string{"conv", "conv_dx", "maxpool", "avgpool", "resize", "reduce", "concat", "slice", "fused"} {
		missing[name] = true
	}
	count, first := 6, uint64(0)
	if ask := os.Getenv("NETC_RANDOM_NETS"); ask != "" {
		count, first = asked(t, ask)
		clear(missing)
	}
	for seed := first; len(nets) < count || len(missing) > 0; seed++ {
		if seed > first+400 {
			t.Fatalf("no network has these operations on blocks at any size: %v", missing)
		}
		name := fmt.Sprintf("R%d", seed)
		m := passtest.AnySize(passtest.Pictures(name, seed))
		if len(m.Funcs[0].Results) == 0 || len(sizesFor(m.Funcs[0])) < 3 {
			continue
		}
		ops := anySizeOnBlocks(planWith(t, m, target.OnlyBlocked).Funcs[0])
		before := len(missing)
		maps.DeleteFunc(missing, func(name string, _ bool) bool { return ops[name] })
		if len(ops) == 0 || len(nets) >= count && len(missing) == before {
			continue // nothing new
		}
		nets[name] = m
		c := m.Clone()
		all.Funcs, all.States = append(all.Funcs, c.Funcs...), append(all.States, c.States...)
	}
	states := map[string]*eval.Tensor{}
	for _, m := range nets {
		own := initialStates(m)
		for _, s := range all.States {
			if s.Net == m.Funcs[0].Net {
				states[weightKey(all, s)] = own[s.Name]
			}
		}
	}
	w := newWorkspace(t)
	var text strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&text, "\t"+format+"\n", args...) }
	for name, layouts := range map[string]target.Layouts{"blocks": target.OnlyBlocked, "plain": target.OnlyPlain} {
		files, err := Package(planWith(t, all, layouts), Options{Package: name, Name: name, Version: "v0.0.0", Weights: encode(t, all, states)})
		if err != nil {
			t.Fatal(err)
		}
		w.add(name, files)
		for net, m := range nets {
			p("{")
			p("m, err := %s.New%s(nrt.Threads(threads))", name, net)
			p("check(err)")
			for k, z := range sizesFor(m.Funcs[0]) {
				key := fmt.Sprint(name, " ", net, " ", k)
				p("{")
				p("s, err := m.NewSession(%d, %d, %d)", z[0], z[1], z[2])
				p("check(err)")
				p("fill(s.Image())")
				p("check(s.Run())")
				p("quiet(%q, func() { check(s.Run()) }) // which meets what the first run left behind", key)
				for _, r := range m.Funcs[0].Results {
					p("out[%q] = flat(reflect.ValueOf(s.%s()), nil)", key+" "+r.Name, exported(r.Name))
				}
				p("again = append(again, func() {")
				p("check(s.Run())")
				for _, r := range m.Funcs[0].Results {
					p("if !slices.Equal(out[%q], flat(reflect.ValueOf(s.%s()), nil)) {", key+" "+r.Name, exported(r.Name))
					p("panic(%q)", key+": other numbers beside other sessions")
					p("}")
				}
				p("})")
				p("}")
			}
			p("}")
		}
	}
	w.write("cmd/late/main.go", []byte(strings.Replace(lateRandomProgram, "NETS\n", text.String(), 1)))
	program := w.build("./cmd/late")
	isas := []string{"avx512", "avx2", "generic"}
	if count > 6 { // the loops in Go take their time
		isas = isas[:2]
	}
	for _, isa := range isas {
		env := []string{"NETC_ISA=" + isa}
		out := w.exec(env, program, "1")
		for _, threads := range []string{"2", "3", "8"} {
			if isa != "generic" && w.exec(env, program, threads) != out {
				t.Errorf("%s: got other bits with %s threads than with one", isa, threads)
			}
		}
		got := decode[map[string][]float64](t, out)
		for net, m := range nets {
			f := m.Funcs[0]
			for k, z := range sizesFor(f) {
				c, _ := f.Inputs[0].Type.Dims[1].Size.IsConst()
				x := eval.New(tensor.F32, z[0], int(c), z[1], z[2])
				for i := range x.F {
					x.F[i] = float64(tensor.Uniform(1, 0, uint64(i))*2 - 1)
				}
				want, err := eval.Run(f, map[string]*eval.Tensor{"image": x}, &eval.Env{States: initialStates(m)})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range f.Results {
					for _, name := range []string{"blocks", "plain"} {
						key := fmt.Sprint(name, " ", net, " ", k, " ", r.Name)
						compare(t, fmt.Sprint(isa, " ", key, " ", z), got[key], want[r.Name], 1e-4)
					}
				}
			}
		}
	}
}

// anySizeOnBlocks are the operations of f whose images lie in blocks of channels and have a
// size that is known at run time only.
func anySizeOnBlocks(f *ir.Func) map[string]bool {
	ops := map[string]bool{}
	for _, in := range f.Instrs {
		if len(in.Args) > 0 && in.Args[0] != nil && !in.Args[0].Layout.Plain() {
			if _, known := in.Args[0].Map().Pixels(); !known {
				ops[in.Op.Name] = true
			}
		}
	}
	return ops
}

// sizesFor are those of lateRandomSizes that leave something of every value of f.
func sizesFor(f *ir.Func) (out [][3]int) {
	for _, z := range lateRandomSizes {
		if allPositive(f, map[string]int64{"N": int64(z[0]), "H": int64(z[1]), "W": int64(z[2])}) {
			out = append(out, z)
		}
	}
	return out
}
