package gogen

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/eval"
	"github.com/netc-lang/netc/ir/kernels"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
	"github.com/netc-lang/netc/runtime/tensor"
)

// constants computes values of one function that depend on states only, as the
// setup of a model would, in f32.
type constants struct {
	states func(v *ir.Value) ([]float32, error)
	done   map[*ir.Value][]float32
	others map[*ir.Value]*eval.Tensor // integers and truth values, which floats may depend on
	room   []float32                  // for what is computed next, until begin
	all    []float32                  // room, when nothing is computed yet
}

func newConstants() *constants {
	return &constants{done: map[*ir.Value][]float32{}, others: map[*ir.Value]*eval.Tensor{}}
}

// begin drops what is known, large and rarely needed twice, and computes from the given
// states what follows. What was returned before is written over.
func (c *constants) begin(states func(v *ir.Value) ([]float32, error)) {
	c.states = states
	clear(c.done)
	clear(c.others)
	c.room = c.all
}

// leastRoom is the floats of eight huge pages, which cost nothing until they are touched.
const leastRoom = 4 << 20

// floats returns n floats of any value.
func (c *constants) floats(n int) []float32 {
	if n > len(c.room) {
		c.all = kernel.Aligned(max(n, 2*len(c.all), leastRoom))
		c.room = c.all
	}
	x := c.room[:n:n]
	c.room = c.room[n:]
	return x
}

// of returns the elements of v, an f32, in its layout.
func (c *constants) of(v *ir.Value) ([]float32, error) {
	if err := c.find(v); err != nil {
		return nil, err
	}
	out, ok := c.done[v]
	if !ok {
		return nil, fmt.Errorf("found a %v among the weights, expected f32", v.Type)
	}
	return out, nil
}

// find makes sure that v is known.
func (c *constants) find(v *ir.Value) error {
	if c.done[v] != nil || c.others[v] != nil {
		return nil
	}
	in := v.Def
	if in == nil {
		return fmt.Errorf("found an input, %v, among the weights", v.Type)
	}
	switch in.Op.Name {
	case "param", "buffer":
		x, err := c.states(v)
		c.done[v] = x
		return err
	case "relayout":
		x, err := c.of(in.Args[0])
		if err != nil || isView(in) {
			c.done[v] = x
			return err
		}
		m := kernels.Sizes(nil).MapOf(v)
		y := c.floats(m.Size())
		clear(y)
		blocked.NewEnter(m).Run(kernel.NewCtx(nil), 1, y, x)
		c.done[v] = y
		return nil
	case "fused":
		for _, b := range in.Body {
			if err := c.one(b); err != nil {
				return err
			}
		}
		return nil
	}
	return c.one(in)
}

// one computes the results of an instruction from its operands.
func (c *constants) one(in *ir.Instr) error {
	for _, a := range in.Args {
		if a == nil {
			continue
		}
		if err := c.find(a); err != nil {
			return err
		}
	}
	first := in.Outs[0]
	if c.done[first] != nil || c.others[first] != nil {
		return nil
	}
	if first.Type.DType == tensor.F32 {
		if in.Op.Name == "reshape" {
			c.done[first] = c.done[in.Args[0]]
			return nil
		}
		if f := simpleBinary[in.Op.Name]; f != nil {
			y := c.floats(elems(first.Type))
			broadcast(y, in, c.done[in.Args[0]], c.done[in.Args[1]], f)
			c.done[first] = y
			return nil
		}
	}
	args := make([]*eval.Tensor, len(in.Args))
	for i, a := range in.Args {
		if a != nil {
			args[i] = c.tensor(a)
		}
	}
	outs, err := eval.Op(in.Op, in.Attrs, args)
	if err != nil {
		return err
	}
	for i, v := range in.Outs {
		if v.Type.DType != tensor.F32 {
			c.others[v] = outs[i]
			continue
		}
		y := make([]float32, outs[i].Len())
		for k, x := range outs[i].F {
			y[k] = float32(x)
		}
		c.done[v] = y
	}
	return nil
}

// tensor returns a value that is known as the naive evaluator takes it.
func (c *constants) tensor(v *ir.Value) *eval.Tensor {
	if t := c.others[v]; t != nil {
		return t
	}
	t := eval.New(tensor.F32, sizesOf(v.Type)...)
	for i, x := range c.done[v] {
		t.F[i] = float64(x)
	}
	return t
}

func elems(t op.Type) int { return tensor.Shape(sizesOf(t)).Elems() }

func sizesOf(t op.Type) []int {
	s := make([]int, t.Rank())
	for i, d := range t.Dims {
		n, _ := d.Size.IsConst()
		s[i] = int(n)
	}
	return s
}

// simpleBinary are the operations that batch norms are folded by: they run over all
// weights of a network, and not through the naive evaluator.
var simpleBinary = map[string]func(a, b float32) float32{
	"add": func(a, b float32) float32 { return a + b },
	"sub": func(a, b float32) float32 { return a - b },
	"mul": func(a, b float32) float32 { return a * b },
	"div": func(a, b float32) float32 { return a / b },
}

// broadcast sets y to f of operands that broadcast by numpy's rule.
func broadcast(y []float32, in *ir.Instr, a, b []float32, f func(a, b float32) float32) {
	sizes := sizesOf(in.Outs[0].Type)
	sa, sb := strides(sizesOf(in.Args[0].Type), sizes), strides(sizesOf(in.Args[1].Type), sizes)
	// The last axes over which both operands advance alike are one run.
	run, axis := 1, len(sizes)
	stepA, stepB := 0, 0
	for axis > 0 {
		k := axis - 1
		if run > 1 && (sa[k] != stepA*run || sb[k] != stepB*run) {
			break
		}
		if run == 1 {
			stepA, stepB = sa[k], sb[k]
		}
		run *= sizes[k]
		axis = k
	}
	at := make([]int, axis)
	for i := 0; i < len(y); i += run {
		pa, pb := 0, 0
		for k, x := range at {
			pa, pb = pa+x*sa[k], pb+x*sb[k]
		}
		for k := range run {
			y[i+k] = f(a[pa+k*stepA], b[pb+k*stepB])
		}
		for k := axis - 1; k >= 0; k-- {
			if at[k]++; at[k] < sizes[k] {
				break
			}
			at[k] = 0
		}
	}
}

// strides returns the steps of an operand along the axes of a result, 0 where it is
// broadcast.
func strides(operand, result []int) []int {
	s := make([]int, len(result))
	step := 1
	for i := range slices.Backward(operand) {
		k := len(result) - len(operand) + i
		if operand[i] != 1 {
			s[k] = step
		}
		step *= operand[i]
	}
	return s
}

// packer is a kernel plan that lays weights out the same on every processor.
type packer interface {
	PackedLen() int
	Pack(dst, w []float32)
}

// padded returns n floats with the zeros up to a multiple of a cache line, so that what
// follows them in a file is aligned.
func padded(n int) int { return (n + line - 1) / line * line }
