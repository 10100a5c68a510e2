package eval

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// Env is the storage that a function reads and writes besides its inputs.
type Env struct {
	States map[string]*Tensor // parameters and buffers by name
	Slots  map[string]*Tensor // optimiser state by "KIND:STATE", such as "momentum:conv.weight"
	Round  bool               // round every float result to its element type, as compiled code does
}

// Run evaluates a function on inputs by name and returns its results by name.
// Updates are applied to env when everything else has succeeded, by replacing
// map entries: tensors that the caller holds never change, and on an error env
// is as before.
//
// Errors: an input or state that is absent or has another type than declared, a
// size that contradicts another one, or an error of [Op], with the source
// position of the instruction.
func Run(f *ir.Func, inputs map[string]*Tensor, env *Env) (map[string]*Tensor, error) {
	r := &run{env: env, values: map[*ir.Value]*Tensor{}}
	var err error
	if r.sizes, err = bindSizes(f, inputs); err != nil {
		return nil, fmt.Errorf("eval: %s: %w", f.Name, err)
	}
	for _, v := range f.Inputs {
		r.values[v] = inputs[v.Name]
	}
	for _, in := range f.Instrs {
		if err := r.instr(in); err != nil {
			return nil, fmt.Errorf("%s: %v: %w", f.Name, in.Pos, err)
		}
	}
	results := make(map[string]*Tensor, len(f.Results))
	for _, res := range f.Results {
		t := r.values[res.Value]
		if t == nil {
			return nil, fmt.Errorf("eval: %s: result %s is defined by no instruction", f.Name, res.Name)
		}
		results[res.Name] = t
	}
	for _, u := range r.updates {
		u()
	}
	return results, nil
}

// run is the state of one evaluation.
type run struct {
	env     *Env
	sizes   map[string]int64 // of the symbols
	values  map[*ir.Value]*Tensor
	updates []func()
}

// bindSizes reads the symbols off the inputs: every input axis of size a·S + b
// with a single symbol S defines it; all axes must agree.
func bindSizes(f *ir.Func, inputs map[string]*Tensor) (map[string]int64, error) {
	sizes := map[string]int64{}
	for _, v := range f.Inputs {
		t := inputs[v.Name]
		if t == nil {
			return nil, fmt.Errorf("input %s is absent, expected %v", v.Name, v.Type)
		}
		if err := consistent(t); err != nil {
			return nil, fmt.Errorf("input %s: %w", v.Name, err)
		}
		if t.Type != v.Type.DType || len(t.Shape) != len(v.Type.Dims) {
			return nil, fmt.Errorf("input %s: found %v, expected %v", v.Name, t, v.Type)
		}
		for a, d := range v.Type.Dims {
			names := d.Size.Symbols()
			if len(names) != 1 {
				continue
			}
			slope, intercept, ok := d.Size.Linear(names[0])
			rest := int64(t.Shape[a]) - intercept
			if _, bound := sizes[names[0]]; ok && !bound && slope != 0 && rest%slope == 0 {
				sizes[names[0]] = rest / slope
			}
		}
	}
	for _, v := range f.Inputs {
		if err := fits(inputs[v.Name], v.Type, sizes); err != nil {
			return nil, fmt.Errorf("input %s: %w", v.Name, err)
		}
	}
	return sizes, nil
}

// fits checks that t has the declared type for the given sizes.
func fits(t *Tensor, want op.Type, sizes map[string]int64) error {
	shape, err := concrete(want, sizes)
	if err != nil {
		return err
	}
	if t.Type != want.DType || len(shape) != len(t.Shape) {
		return fmt.Errorf("found %v, expected %v", t, want)
	}
	for a, d := range shape {
		if t.Shape[a] != d {
			return fmt.Errorf("found %v, expected %v, which is %v here", t, want, shape)
		}
	}
	return nil
}

// instr evaluates one instruction into values.
func (r *run) instr(in *ir.Instr) error {
	args := make([]*Tensor, len(in.Args))
	for i, a := range in.Args {
		if a == nil {
			continue
		}
		if args[i] = r.values[a]; args[i] == nil {
			return fmt.Errorf("eval: %s: operand %d is defined by no instruction before it", in.Op.Name, i)
		}
	}
	switch in.Op.Name {
	case "param", "buffer":
		return r.read(in)
	case "update":
		return r.update(in, args)
	case "fused", "chain":
		return r.body(in)
	}
	attrs, err := bind(in.Op, in.Attrs, r.sizes)
	if err != nil {
		return err
	}
	outs, err := Op(in.Op, attrs, args)
	if err != nil {
		return err
	}
	for i, t := range outs {
		if err := r.define(in, i, t); err != nil {
			return err
		}
	}
	return nil
}

// define stores result i, rounded if the environment asks for it, after checking
// it against the declared type.
func (r *run) define(in *ir.Instr, i int, t *Tensor) error {
	if err := fits(t, in.Outs[i].Type, r.sizes); err != nil {
		return fmt.Errorf("eval: %s: result %d: %w", in.Op.Name, i, err)
	}
	if r.env.Round {
		RoundAll(t)
	}
	r.values[in.Outs[i]] = t
	return nil
}

// read returns a parameter or buffer as it was before the function began.
func (r *run) read(in *ir.Instr) error {
	name := in.Attrs.String("name")
	t := r.env.States[name]
	if t == nil {
		return fmt.Errorf("eval: state %q is absent, expected %v", name, in.Outs[0].Type)
	}
	if err := fits(t, in.Outs[0].Type, r.sizes); err != nil {
		return fmt.Errorf("eval: state %q: %w", name, err)
	}
	r.values[in.Outs[0]] = t
	return nil
}

// body evaluates the body of a region or a chain in order; its instructions read operands
// of in and earlier values of the body, and the results are values that the body
// defines.
func (r *run) body(in *ir.Instr) error {
	for _, b := range in.Body {
		if err := r.instr(b); err != nil {
			return fmt.Errorf("eval: %s: %w", in.Op.Name, err)
		}
	}
	for i, out := range in.Outs {
		if r.values[out] == nil {
			return fmt.Errorf("eval: %s: result %d is defined by no instruction of the body", in.Op.Name, i)
		}
	}
	return nil
}
