package ir

import (
	"fmt"
	"slices"
)

// Parts returns the layers of a chain, and any other instruction as it is.
func (in *Instr) Parts() []*Instr {
	if in.Op.Name == "chain" {
		return in.Body
	}
	return []*Instr{in}
}

// Pools reports whether in is a pool.
func Pools(in *Instr) bool { return in.Op.Name == "maxpool" || in.Op.Name == "avgpool" }

// checkChain checks what a chain is: convolutions on blocks of channels with weights that
// no image changes, and pools behind them, each of the result of the one before, which
// nothing else reads; only the first one scales its channels, only the last one adds a
// residual, and its result is the chain's.
func checkChain(in *Instr) error {
	if len(in.Body) < 2 || len(in.Outs) != 1 || len(in.Args) == 0 || in.Body[0].Args[0] != in.Args[0] {
		return fmt.Errorf("a chain has two layers or more, the first of which reads its first operand, and one result")
	}
	inner := map[*Value]bool{}
	for i, b := range in.Body {
		last, pool := i == len(in.Body)-1, i > 0 && Pools(b)
		switch {
		case b.Outs[0].Layout.Plain() || !pool && (b.Op.Name != "conv" || !isWeight(b.Args[1])):
			return fmt.Errorf("body %d: %s is no convolution on blocks of channels with fixed weights, nor a pool behind one", i, b.Op.Name)
		case i > 0 && (b.Args[0] != in.Body[i-1].Outs[0] || slices.ContainsFunc(b.Args[1:], func(v *Value) bool { return inner[v] })):
			return fmt.Errorf("body %d does not read what is before it, and nothing else of the chain", i)
		case !last && !pool && b.Args[3] != nil:
			return fmt.Errorf("body %d adds a residual and is not the last", i)
		case i > 0 && !pool && b.Args[4] != nil:
			return fmt.Errorf("body %d scales its channels and is not the first", i)
		case last && b.Outs[0] != in.Outs[0]:
			return fmt.Errorf("the result is not that of the last layer")
		}
		for _, v := range b.Outs {
			inner[v] = true
		}
	}
	return nil
}
