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
}

// of returns the elements of v in its layout.
func (c *constants) of(v *ir.Value) ([]float32, error) {
	if have, ok := c.done[v]; ok {
		return have, nil
	}
	if v.Type.DType != tensor.F32 || v.Def == nil {
		return nil, fmt.Errorf("found a %v among the weights, expected f32", v.Type)
	}
	out, err := c.compute(v)
	if err != nil {
		return nil, err
	}
	c.done[v] = out
	return out, nil
}

func (c *constants) compute(v *ir.Value) ([]float32, error) {
	in := v.Def
	switch in.Op.Name {
	case "param", "buffer":
		return c.states(v)
	case "reshape":
		return c.of(in.Args[0])
	case "relayout":
		x, err := c.of(in.Args[0])
		if err != nil || isView(in) {
			return x, err
		}
		m := kernels.Sizes(nil).MapOf(v)
		y := make([]float32, m.Size())
		blocked.NewEnter(m).Run(kernel.NewCtx(nil), 1, y, x)
		return y, nil
	case "fused":
		for _, b := range in.Body {
			if _, ok := c.done[b.Outs[0]]; ok {
				continue
			}
			y, err := c.one(b)
			if err != nil {
				return nil, err
			}
			c.done[b.Outs[0]] = y
		}
		return c.done[v], nil
	}
	return c.one(in)
}

// one computes the first result of an instruction from its operands.
func (c *constants) one(in *ir.Instr) ([]float32, error) {
	args := make([][]float32, len(in.Args))
	for i, a := range in.Args {
		if a == nil {
			continue
		}
		var err error
		if args[i], err = c.of(a); err != nil {
			return nil, err
		}
	}
	if f := simpleBinary[in.Op.Name]; f != nil {
		return broadcast(in, args[0], args[1], f), nil
	}
	tensors := make([]*eval.Tensor, len(args))
	for i, a := range in.Args {
		if a == nil {
			continue
		}
		t := eval.New(tensor.F32, sizesOf(a.Type)...)
		for k, x := range args[i] {
			t.F[k] = float64(x)
		}
		tensors[i] = t
	}
	outs, err := eval.Op(in.Op, in.Attrs, tensors)
	if err != nil {
		return nil, err
	}
	y := make([]float32, outs[0].Len())
	for i, x := range outs[0].F {
		y[i] = float32(x)
	}
	return y, nil
}

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

// broadcast applies f to operands that broadcast by numpy's rule.
func broadcast(in *ir.Instr, a, b []float32, f func(a, b float32) float32) []float32 {
	sizes := sizesOf(in.Outs[0].Type)
	total := 1
	for _, n := range sizes {
		total *= n
	}
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
	y := make([]float32, total)
	at := make([]int, axis)
	for i := 0; i < total; i += run {
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
	return y
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

// padded returns x with zeros up to a multiple of a cache line, so that what follows
// it in a file is aligned.
func padded(x []float32) []float32 {
	n := (len(x) + line - 1) / line * line
	return append(slices.Clone(x), make([]float32, n-len(x))...)
}
