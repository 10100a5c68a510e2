package memory

import (
	"slices"

	"github.com/netc-lang/netc/ir"
)

// reuse returns the block of an operand that v may overwrite, or nil: the operand dies
// here, and every operand in that block is one that [inPlace] allows.
func (c *collector) reuse(i int, in *ir.Instr, v *ir.Value) *block {
	if _, part := c.slots[v]; part {
		return nil
	}
	over := inPlace(in, v)
	if _, both := c.last[lastOut(in)]; in.Op.Name == "bn_dx" && v.Index == 0 && !both {
		slices.Reverse(over) // dy was written last: a store to lines that were just read need not fetch them
	}
	for _, k := range over {
		a := in.Args[k]
		b := c.of[a]
		if b == nil || b.last != i || b.first == i || b.rewritten == i || !a.Mem.Whole() {
			continue
		}
		added := in.Op.Name == "bn_train" && k == 5 || in.Op.Name == "bn_dx" && k == 1
		if added && c.leaves(b, i, v) {
			continue // it stays in the caches, and the result passes by them or lies over what is there
		}
		spared := true
		for k, o := range in.Args {
			if o != nil && c.of[o] == b && !slices.Contains(over, k) {
				spared = false
			}
		}
		if spared {
			return b
		}
	}
	return nil
}

// leaves reports whether v, a result of instruction i, outlives a segment in which b was
// written.
func (c *collector) leaves(b *block, i int, v *ir.Value) bool {
	k := c.f.SegmentOf(i)
	return k > 0 && c.f.SegmentOf(b.first) == k && c.f.SegmentOf(c.last[v]) != k
}

// inPlace returns which operands of in may lie where its result v does: those that have the
// elements of v one for one, and of which the kernel reads an element before it stores that
// of v and never after. An operand that stands in two places may only where both may: in
// conv(x) + x the windows of other pixels still read x.
//
// Kernels of regions load every operand of an element before they store its results; on
// blocks, those of convolutions do so with what they add to theirs, and those of batch
// norms in their last pass. That of a gradient loads what the norm was given after it has
// stored the gradient of the residual, which so lies over dy only, and the other one over
// the rest.
func inPlace(in *ir.Instr, v *ir.Value) []int {
	var over []int
	switch {
	case in.Op.Name == "fused":
		from := sources(in, v)
		for k, a := range in.Args {
			if from[a] {
				over = append(over, k)
			}
		}
	case v.Layout.Plain():
	case in.Op.Name == "conv":
		over = []int{3}
	case in.Op.Name == "conv_dx":
		over = []int{2}
	case in.Op.Name == "bn_train":
		over = []int{0, 5}
	case in.Op.Name == "bn_dx" && v.Index == 0:
		over = []int{0, 1}
	case in.Op.Name == "bn_dx":
		over = []int{1}
	}
	return slices.DeleteFunc(over, func(k int) bool { return in.Args[k] == nil || !alike(in.Args[k], v) })
}

func lastOut(in *ir.Instr) *ir.Value { return in.Outs[len(in.Outs)-1] }

// sources returns the values that v is computed from in the body of a region.
func sources(in *ir.Instr, v *ir.Value) map[*ir.Value]bool {
	from := map[*ir.Value]bool{v: true}
	for _, b := range slices.Backward(in.Body) {
		if slices.ContainsFunc(b.Outs, func(o *ir.Value) bool { return from[o] }) {
			for _, a := range b.Args {
				from[a] = true
			}
		}
	}
	return from
}

// alike reports whether element k of a lies where element k of v would.
func alike(a, v *ir.Value) bool {
	if a.Layout != v.Layout || a.Type.DType.Size() != v.Type.DType.Size() || a.Type.Rank() != v.Type.Rank() {
		return false
	}
	for i, d := range a.Type.Dims {
		if !d.Size.Equal(v.Type.Dims[i].Size) {
			return false
		}
	}
	return true
}
