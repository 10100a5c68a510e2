package eval

import (
	"fmt"
	"sort"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// call is one application of an operation: operands (nil where absent), results
// already allocated by the shape rule and zeroed, attributes with defaults.
type call struct {
	def   *op.Def
	attrs op.Attrs
	in    []*Tensor
	out   []*Tensor
}

// evaluator fills c.out; its error says what is wrong with the values (shapes
// were checked before).
type evaluator func(c *call) error

var evaluators = map[string]evaluator{}

// register is called by the init function of each family's file.
func register(name string, f evaluator) {
	if evaluators[name] != nil {
		panic("eval: " + name + " registered twice")
	}
	evaluators[name] = f
}

// Implemented returns the names of the operations that [Op] evaluates, sorted.
// Operations that read or write storage (param, buffer, update) and fused
// regions need an [Env] or a body: [Run] handles them, and they are listed too.
func Implemented() []string {
	names := append([]string(nil), handledByRun...)
	for n := range evaluators {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// handledByRun names the operations that have no evaluator of their own.
var handledByRun = []string{"param", "buffer", "update", "fused", "chain"}

// Op evaluates one operation on concrete operands. Absent optional operands are
// nil; missing attributes take their defaults.
//
// Errors: an operation that needs an [Env], a wrong attribute, operands that the
// shape rule refuses, or values outside an operation's domain (a label beyond
// the classes, an index beyond the axis).
func Op(d *op.Def, attrs op.Attrs, in []*Tensor) ([]*Tensor, error) {
	f := evaluators[d.Name]
	if f == nil {
		return nil, fmt.Errorf("eval: %s cannot be evaluated alone: found no storage or body, expected a function given to Run", d.Name)
	}
	full, err := op.Normalize(d, attrs)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	types := make([]op.Type, len(in))
	for i, t := range in {
		if t == nil {
			continue
		}
		if err := consistent(t); err != nil {
			return nil, fmt.Errorf("eval: %s: operand %d: %w", d.Name, i, err)
		}
		types[i] = t.OpType()
	}
	outs, err := op.Infer(d, types, full)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	c := &call{def: d, attrs: full, in: in, out: make([]*Tensor, len(outs))}
	for i, t := range outs {
		shape, err := concrete(t, nil)
		if err != nil {
			return nil, fmt.Errorf("eval: %s: result %d: %w", d.Name, i, err)
		}
		c.out[i] = New(t.DType, shape...)
	}
	if err := f(c); err != nil {
		return nil, fmt.Errorf("eval: %s: %w", d.Name, err)
	}
	return c.out, nil
}

// consistent checks that the elements of t fill its shape.
func consistent(t *Tensor) error {
	n := t.Len()
	if t.isFloat() && len(t.F) != n || !t.isFloat() && len(t.I) != n {
		return fmt.Errorf("found %d floats and %d integers, expected %d elements of %v", len(t.F), len(t.I), n, t)
	}
	return nil
}

// concrete returns the sizes of a type for given values of its symbols.
func concrete(t op.Type, env map[string]int64) ([]int, error) {
	shape := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		v, err := d.Size.Eval(env)
		if err != nil {
			return nil, err
		}
		if v < 0 || v > 1<<40 {
			return nil, fmt.Errorf("axis %d has size %d, expected 0 or more", i, v)
		}
		shape[i] = int(v)
	}
	return shape, nil
}

// bind replaces the symbols in the attributes by their values; index sets are
// dropped because concrete tensors carry none.
func bind(d *op.Def, a op.Attrs, env map[string]int64) (op.Attrs, error) {
	out := make(op.Attrs, len(a))
	for k, v := range a {
		dims, ok := v.([]op.Dim)
		if !ok {
			out[k] = v
			continue
		}
		fixed := make([]op.Dim, len(dims))
		for i, dim := range dims {
			n, err := dim.Size.Eval(env)
			if err != nil {
				return nil, fmt.Errorf("eval: %s: attribute %s: %w", d.Name, k, err)
			}
			fixed[i] = op.Dim{Size: sym.Const(n)}
		}
		out[k] = fixed
	}
	return out, nil
}

// has reports whether optional operand i is present.
func (c *call) has(i int) bool { return i < len(c.in) && c.in[i] != nil }

// axis returns attribute "axis" counted from the front.
func (c *call) axis(rank int) int { return frontAxis(int(c.attrs.Int("axis")), rank) }

func frontAxis(axis, rank int) int {
	if axis < 0 {
		return axis + rank
	}
	return axis
}

// inAxes marks the axes named by attribute "axes".
func (c *call) inAxes(rank int) []bool {
	in := make([]bool, rank)
	for _, a := range c.attrs.Ints("axes") {
		in[frontAxis(int(a), rank)] = true
	}
	return in
}
