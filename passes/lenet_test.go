package passes

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/ir/text"
	"github.com/netc-lang/netc/passes/memory"
)

// TestLeNet compiles a whole module (net, loss, eval, predict) and pins what makes
// it fast: every activation in an epilogue, one region between two contractions
// of the backward pass, and arenas at their bounds.
func TestLeNet(t *testing.T) {
	data, err := os.ReadFile("testdata/nets/lenet.ir")
	if err != nil {
		t.Fatal(err)
	}
	m, err := text.Parse(string(data))
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	if err := Run(m, target.Default(target.AVX2), Options{Verify: true, Log: func(line string) { log = append(log, line) }}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(log, "fuse-epilogue: 0 bias, 0 residual, 16 activation") {
		t.Errorf("got %s\nwant 4 activations of 4 functions in epilogues", strings.Join(log, "\n"))
	}
	if got, want := len(log), len(table); got != want {
		t.Errorf("got %d lines of log, want one for each of %d passes", got, want)
	}
	regions := map[string]int{"LeNet.infer": 0, "LeNet.train_step": 6, "LeNet.eval": 1, "LeNet.predict": 1}
	for _, f := range m.Funcs {
		n := 0
		for _, in := range f.Instrs {
			if in.Op.Name == "fused" {
				n++
			}
		}
		if n != regions[f.Name] {
			t.Errorf("%s: got %d regions, want %d\n%s", f.Name, n, regions[f.Name], text.PrintFunc(f))
		}
		for _, batch := range []int64{1, 8, 128} {
			env := map[string]int64{"N": batch}
			if err := memory.Check(f, env, 64); err != nil {
				t.Error(err)
			}
			arena, _ := f.Memory.Arena.Eval(env)
			bound, _ := f.Memory.Bound.Eval(env)
			if float64(arena) > 1.01*float64(bound) {
				t.Errorf("%s: got an arena of %d bytes for %d samples, want the bound %d", f.Name, arena, batch, bound)
			}
		}
	}
	step := m.Func("LeNet.train_step")
	if step == nil || step.Kind != ir.TrainStep || m.Trains[0].Loss != step.Name {
		t.Errorf("got loss %s, want the training step", m.Trains[0].Loss)
	}
}
