package passtest

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Outcome is everything a call of a function changes.
type Outcome struct {
	Results, States, Slots map[string]*eval.Tensor
}

// Call evaluates f in float64 on a seeded batch of n samples and seeded states.
func Call(m *ir.Module, f *ir.Func, n int, seed uint64) (Outcome, error) {
	rng := rand.New(rand.NewPCG(seed, 3))
	env := &eval.Env{States: map[string]*eval.Tensor{}, Slots: map[string]*eval.Tensor{}}
	sizes := map[string]int64{"N": int64(n)}
	fill := func(v *eval.Tensor, lo, hi float64) *eval.Tensor {
		for i := range v.F {
			v.F[i] = float64(float32(lo + (hi-lo)*rng.Float64()))
		}
		return v
	}
	for _, s := range m.States {
		t, err := zero(s.Type.DType, s.Type.Dims, sizes)
		if err != nil {
			return Outcome{}, err
		}
		lo, hi := -0.5, 0.5
		if s.Init.Kind == "uniform" {
			lo, hi = s.Init.Args[0], s.Init.Args[1]
		}
		env.States[s.Name] = fill(t, lo, hi)
	}
	inputs := map[string]*eval.Tensor{}
	for _, v := range f.Inputs {
		t, err := zero(v.Type.DType, v.Type.Dims, sizes)
		if err != nil {
			return Outcome{}, err
		}
		switch v.Name {
		case "lr":
			t.F[0] = 0.1
		case "seed":
			t.I[0] = 42
		default:
			// Inputs of one name are the same, whichever others a function has.
			rng = rand.New(rand.NewPCG(seed, uint64(len(v.Name))))
			fill(t, -1, 1)
		}
		inputs[v.Name] = t
	}
	results, err := eval.Run(f, inputs, env)
	return Outcome{results, env.States, env.Slots}, err
}

// Same reports the first difference between two outcomes: numbers further apart
// than tolerance, relative to the largest of their tensor (or 1).
func Same(got, want Outcome, tolerance float64) error {
	for _, part := range []struct {
		name      string
		got, want map[string]*eval.Tensor
	}{{"result", got.Results, want.Results}, {"state", got.States, want.States}, {"slot", got.Slots, want.Slots}} {
		if g, w := slices.Sorted(maps.Keys(part.got)), slices.Sorted(maps.Keys(part.want)); !slices.Equal(g, w) {
			return fmt.Errorf("got %ss %v, want %v", part.name, g, w)
		}
		for _, name := range slices.Sorted(maps.Keys(part.want)) {
			if err := sameTensor(part.got[name], part.want[name], tolerance); err != nil {
				return fmt.Errorf("%s %s: %w", part.name, name, err)
			}
		}
	}
	return nil
}

func sameTensor(got, want *eval.Tensor, tolerance float64) error {
	if !slices.Equal(got.Shape, want.Shape) || got.Type != want.Type {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	scale := 1.0
	for _, w := range want.F {
		scale = max(scale, math.Abs(w))
	}
	for i, w := range want.F {
		if g := got.F[i]; !(math.Abs(g-w) <= tolerance*scale) {
			return fmt.Errorf("element %d: got %g, want %g", i, g, w)
		}
	}
	for i, w := range want.I {
		if got.I[i] != w {
			return fmt.Errorf("element %d: got %d, want %d", i, got.I[i], w)
		}
	}
	return nil
}

// zero returns a tensor of the type for the given sizes.
func zero(d tensor.DType, dims []op.Dim, sizes map[string]int64) (*eval.Tensor, error) {
	shape := make([]int, len(dims))
	for i, e := range dims {
		n, err := e.Size.Eval(sizes)
		if err != nil {
			return nil, err
		}
		shape[i] = int(n)
	}
	return eval.New(d, shape...), nil
}
