package eval

import (
	"fmt"
	"math/rand/v2"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Random returns a tensor of a type with constant sizes: floats standard normal,
// integers 0 to 9, bool 0 or 1. It serves tests of every room that compares with
// this package; the same generator state gives the same tensor.
func Random(t op.Type, rng *rand.Rand) *Tensor {
	shape, err := concrete(t, nil)
	if err != nil {
		panic(fmt.Sprintf("eval: random tensor of %v: %v", t, err))
	}
	r := New(t.DType, shape...)
	for i := range r.F {
		r.F[i] = rng.NormFloat64()
	}
	for i := range r.I {
		if t.DType == tensor.Bool {
			r.I[i] = rng.Int64N(2)
		} else {
			r.I[i] = rng.Int64N(10)
		}
	}
	return r
}

// RandomInputs returns inputs for f with the given values of its symbols. Integer
// inputs count less than limit, which should not exceed the classes they label.
func RandomInputs(f *ir.Func, sizes map[string]int64, limit int64, rng *rand.Rand) (map[string]*Tensor, error) {
	inputs := map[string]*Tensor{}
	for _, v := range f.Inputs {
		t, err := Concrete(v.Type, sizes)
		if err != nil {
			return nil, err
		}
		x := Random(t, rng)
		for i := range x.I {
			x.I[i] %= limit
		}
		inputs[v.Name] = x
	}
	return inputs, nil
}

// RandomStates returns an environment with a random value for each parameter and
// buffer that functions of a net can name: normal with standard deviation 0.3, but buffers (running
// variances among them) uniform in 0.5 to 1.5, which every law accepts.
func RandomStates(m *ir.Module, net string, rng *rand.Rand) (*Env, error) {
	env := &Env{States: map[string]*Tensor{}, Slots: map[string]*Tensor{}}
	for _, s := range m.States {
		t, err := Concrete(s.Type, nil)
		if err != nil {
			return nil, fmt.Errorf("eval: state %s: %w", s.Name, err)
		}
		x := Random(t, rng)
		for i := range x.F {
			if s.Buffer {
				x.F[i] = 0.5 + rng.Float64()
			} else {
				x.F[i] *= 0.3
			}
		}
		env.States[m.Ref(net, s)] = x
	}
	return env, nil
}

// Concrete returns t with every symbol replaced by its value and without index
// sets, as tests that make operands need it.
func Concrete(t op.Type, sizes map[string]int64) (op.Type, error) {
	shape, err := concrete(t, sizes)
	if err != nil {
		return op.Type{}, err
	}
	dims := make([]sym.Expr, len(shape))
	for i, d := range shape {
		dims[i] = sym.Const(int64(d))
	}
	return op.Tensor(t.DType, dims...), nil
}
