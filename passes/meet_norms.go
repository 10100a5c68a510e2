package passes

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

// meetNorms moves norms of a training step next to others with which they share a map, so
// that a group of channels takes both: the norm of a shortcut down to the norm that adds its
// result, and of two gradients of norms that read one gradient the second up to the first.
// What a norm reads, or the gradient that it writes over, is there anyway; what other kernels lie
// between may find less room, so that a step with a memory limit may take the moves back. It
// returns how many have moved.
func meetNorms(f *ir.Func, batch string) (moved int) {
	for i := 0; i < len(f.Instrs); i++ {
		switch f.Instrs[i].Op.Name {
		case "bn_train":
			if j := adderOf(f, i, batch); j > i+1 {
				moveInstr(f, i, j-1)
				i, moved = i-1, moved+1 // another one stands here now
			}
		case "bn_dx":
			if j := twinOf(f, i, batch); j > i+1 {
				moveInstr(f, j, i+1)
				moved++
			}
		}
	}
	return moved
}

// adderOf returns the norm that adds the result of the norm at i, which nobody reads before
// it; 0 for none.
func adderOf(f *ir.Func, i int, batch string) int {
	norm := f.Instrs[i]
	channels, ok := ir.ByChannel(norm, batch)
	if !ok || norm.Outs[0].Layout.Plain() {
		return 0
	}
	for j := i + 1; j < len(f.Instrs); j++ {
		in := f.Instrs[j]
		if in.Op.Effect == op.Update {
			return 0
		}
		if slices.ContainsFunc(norm.Outs, func(v *ir.Value) bool { return slices.Contains(in.Args, v) }) {
			c, ok := ir.ByChannel(in, batch)
			if ok && c == channels && in.Op.Name == "bn_train" && in.Args[5] == norm.Outs[0] {
				return j
			}
			return 0
		}
	}
	return 0
}

// twinOf returns the gradient of a norm that reads the same gradient as the one at i, could
// come right after it, and writes over an operand; 0 for none.
func twinOf(f *ir.Func, i int, batch string) int {
	norm := f.Instrs[i]
	channels, ok := ir.ByChannel(norm, batch)
	if !ok {
		return 0
	}
	later := map[*ir.Value]bool{} // what is computed after i
	for j := i + 1; j < len(f.Instrs); j++ {
		in := f.Instrs[j]
		if in.Op.Effect == op.Update {
			return 0
		}
		if in.Op.Name == "bn_dx" && in.Args[1] == norm.Args[1] {
			c, ok := ir.ByChannel(in, batch)
			free := !slices.ContainsFunc(in.Args, func(v *ir.Value) bool { return later[v] })
			if ok && c == channels && free && (diesThere(f, in.Args[0], i, j) || diesThere(f, in.Args[1], i, j)) {
				return j
			}
			return 0
		}
		for _, v := range in.Outs {
			later[v] = true
		}
	}
	return 0
}

// diesThere reports whether of the instructions after i only that at j reads v.
func diesThere(f *ir.Func, v *ir.Value, i, j int) bool {
	for k, in := range f.Instrs[i+1:] {
		if i+1+k != j && slices.Contains(in.Args, v) {
			return false
		}
	}
	return !f.IsResult(v)
}

// moveInstr moves the instruction at from so that it is at to.
func moveInstr(f *ir.Func, from, to int) {
	in := f.Instrs[from]
	f.Instrs = slices.Insert(slices.Delete(f.Instrs, from, from+1), to, in)
}
