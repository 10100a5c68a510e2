package netc

import (
	"testing"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/lang/irgen"
	"github.com/netc-lang/netc/passes"
	"github.com/netc-lang/netc/stdlib"
)

// TestTrainingArenasOfTheZoo plans a training step of every network of the zoo, whose loss
// is the mean square of all its results: the arena is at most 1.01 of the least that any plan
// of the same order needs, for one image and for a batch.
func TestTrainingArenasOfTheZoo(t *testing.T) {
	nets := 0
	for _, name := range stdlib.Modules() {
		s, err := Open(name, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, list := s.Check()
		if p == nil {
			t.Fatal(name, list)
		}
		all := irgen.Module(p)
		for _, f := range all.Funcs {
			if f.Kind != ir.Infer {
				continue
			}
			nets++
			t.Run(f.Net, func(t *testing.T) {
				m := trained(all, f.Name, 8)
				if err := passes.Run(m, target.Default(target.AVX2), passes.Options{}); err != nil {
					t.Fatal(err)
				}
				step := m.Funcs[0]
				for _, n := range []int64{1, 8} {
					sizes, _ := withSamples(step, map[string]int64{"N": n})
					l, err := step.At(sizes)
					if err != nil {
						t.Fatal(err)
					}
					if l.Arena < l.Bound || float64(l.Arena) > 1.01*float64(l.Bound) {
						t.Errorf("batch %d: got an arena of %d bytes, want at most 1.01 of its bound, %d", n, l.Arena, l.Bound)
					}
					t.Logf("batch %d: %d bytes, %.4f of the bound", n, l.Arena, float64(l.Arena)/float64(l.Bound))
				}
			})
		}
	}
	if nets < 29 {
		t.Errorf("got %d networks, want the 29 of the zoo or more", nets)
	}
}

// trained is a module of one function of all, as the loss of a training.
func trained(all *ir.Module, name string, batch int) *ir.Module {
	m := all.Clone()
	f := m.Func(name)
	m.Funcs, f.Kind = []*ir.Func{f}, ir.Loss
	b := ir.NewBuilder(f)
	var loss *ir.Value
	for _, r := range f.Results {
		if !r.Value.Type.DType.Float() {
			continue
		}
		axes := make([]int64, r.Value.Type.Rank())
		for i := range axes {
			axes[i] = int64(i)
		}
		mean := b.One("reduce", op.Attrs{"kind": "mean", "axes": axes}, b.One("mul", nil, r.Value, r.Value))
		if loss == nil {
			loss = mean
		} else {
			loss = b.One("add", nil, loss, mean)
		}
	}
	f.Results = []ir.Result{{Name: "loss", Value: loss}}
	m.Trains = []*ir.Train{{Net: f.Net, Loss: f.Name, Batch: batch, Optimizer: ir.Call{
		Name: "sgd", Args: map[string]any{"lr": 0.1, "momentum": 0.9, "nesterov": false, "weight_decay": 0.0},
	}}}
	return m
}
