package gogen

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/target"
)

var (
	scratchFunc = regexp.MustCompile(`(?m)^func (\w+TrainStepScratch)\(n int\) \((perWorker, shared(?:, group)?) int\)`)
	packedLine  = regexp.MustCompile(`(?s)m\.packed = m\.c\.Floats\((.*?)\)\n\t*[^\t)]`)
)

// TestRoomIsWhatPackagesReserve compares what a limit of memory counts for kernels with the
// scratch that generated packages ask for, in every instruction set: on plain images and on
// blocks of channels.
func TestRoomIsWhatPackagesReserve(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	const batch = 11
	w := newWorkspace(t)
	var imports, calls strings.Builder
	want := map[string]kernels.Room{}
	for _, layouts := range []target.Layouts{target.OnlyPlain, target.OnlyBlocked} {
		for _, seed := range []uint64{7, 13, 21, 46, 102} {
			n := pictureNets(seed, 1)[0]
			name := fmt.Sprintf("%s%d", strings.ToLower(n.name), layouts)
			m := together([]randomNet{n})
			states := map[string]*eval.Tensor{}
			for key, x := range initialStates(n.module) {
				states[n.name+"."+key] = x
			}
			for _, s := range m.States {
				states[weightKey(m, s)] = states[s.Net+"."+s.Name]
			}
			machine := target.Default(target.AVX2)
			machine.Layouts = layouts
			m = planOn(t, m, machine)
			for _, f := range m.Funcs {
				if f.Kind == ir.TrainStep {
					want[name] = kernels.RoomOf(f, batch)
				}
			}
			files, err := Package(m, Options{Package: name, Name: name, Version: "v0.0.0", Weights: encode(t, m, states), Train: true})
			if err != nil {
				t.Fatal(err)
			}
			text := string(files["train/train_net.go"]) + string(files["train/train_net_step.go"])
			scratch, packed := scratchFunc.FindStringSubmatch(text), packedLine.FindStringSubmatch(text)
			if scratch == nil || packed == nil {
				t.Fatalf("%s: found no scratch of its step", name)
			}
			files["train/probe.go"] = fmt.Appendf(nil, `package train

// Probe returns what a step reserves.
func Probe(n int) [3]int {
	%s := %s(n)
	return [3]int{perWorker, shared, %s}
}
`, strings.Replace(scratch[2], "group", "_", 1), scratch[1], packed[1])
			w.add(name, files)
			fmt.Fprintf(&imports, "\t%s %q\n", name, "example.com/user/"+name+"/train")
			fmt.Fprintf(&calls, "\t%q: %s.Probe(%d),\n", name, name, batch)
		}
	}
	w.write("cmd/probe/main.go", fmt.Appendf(nil, "package main\n\nimport (\n\t\"encoding/json\"\n\t\"os\"\n\n%s)\n\nfunc main() {\n\tjson.NewEncoder(os.Stdout).Encode(map[string][3]int{\n%s})\n}\n", &imports, &calls))
	program := w.build("./cmd/probe")
	most := map[string][3]int{}
	for _, isa := range []string{"generic", "avx2", "avx512"} {
		var got map[string][3]int
		if err := json.Unmarshal([]byte(w.exec([]string{"NETC_ISA=" + isa}, program)), &got); err != nil {
			t.Fatal(err)
		}
		for name, g := range got {
			r := want[name]
			for i, n := range []int{r.PerThread, r.Shared, r.Packed} {
				if g[i] > n {
					t.Errorf("%s in %s reserves %v floats a thread, shared and packed; %+v is counted", name, isa, g, r)
				}
				m := most[name]
				m[i] = max(m[i], g[i])
				most[name] = m
			}
		}
	}
	for name, r := range want {
		if m := most[name]; 2*(m[0]+m[1]+m[2]) < r.PerThread+r.Shared+r.Packed {
			t.Errorf("%s reserves %v at most, and %+v is counted: more than twice as much", name, m, r)
		}
	}
}
