package passes

import (
	"fmt"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/target"
	"github.com/netc-lang/netc/passes/edit"
	"github.com/netc-lang/netc/runtime/tensor"
)

// recomputeMasks makes the comparisons of images again in the region of a backward
// pass that selects by them. What they compare, the result of an activation, is
// stored for the gradients of weights nearly always; the mask itself then needs no
// bytes, and both regions are over images of numbers, which have a blocked layout.
func recomputeMasks(m *ir.Module, _ target.Desc) (string, error) {
	n := 0
	for _, f := range m.Funcs {
		if f.Kind != ir.TrainStep {
			continue
		}
		r := maskRecomputer{f: f, stored: map[*ir.Value]bool{}}
		for _, in := range f.Instrs {
			if in.Op.Name == "fused" {
				n += r.region(in)
			}
			for _, v := range in.Outs {
				r.stored[v] = true
			}
		}
		r.drop()
		edit.Prune(f)
	}
	return fmt.Sprintf("%d masks", n), nil
}

type maskRecomputer struct {
	f      *ir.Func
	stored map[*ir.Value]bool // results of the instructions so far
}

// isMask reports whether v is a mask of images that some region computes.
func isMask(v *ir.Value) bool {
	return v.Type.DType == tensor.Bool && v.Type.Rank() == 4 && v.Def != nil && isElementwise(v.Def.Op)
}

// available reports whether all that v is compared from is at hand outside regions.
func (r *maskRecomputer) available(v *ir.Value) bool {
	for _, a := range v.Def.Args {
		switch {
		case isMask(a):
			if !r.available(a) {
				return false
			}
		case a.Def != nil && !r.stored[a]:
			return false
		}
	}
	return true
}

// region takes the masks among the operands of in into its body.
func (r *maskRecomputer) region(in *ir.Instr) int {
	var body []*ir.Instr
	made := map[*ir.Value]*ir.Value{}
	n := 0
	for _, a := range in.Args {
		if isMask(a) && r.stored[a] && sameSizes(a.Type, in.Outs[0].Type) && r.available(a) {
			r.again(a, &body, made)
			n++
		}
	}
	if n == 0 {
		return 0
	}
	for _, b := range in.Body {
		for i, a := range b.Args {
			if v := made[a]; v != nil {
				b.Args[i] = v
			}
		}
	}
	in.Body = append(body, in.Body...)
	in.Args = newRegion(in.Op, in.Body).Args
	return n
}

// again appends the comparisons that v is made of to a body.
func (r *maskRecomputer) again(v *ir.Value, body *[]*ir.Instr, made map[*ir.Value]*ir.Value) *ir.Value {
	if !isMask(v) {
		return v
	}
	if have := made[v]; have != nil {
		return have
	}
	def := v.Def
	in := &ir.Instr{Op: def.Op, Attrs: def.Attrs, Pos: def.Pos, Stage: def.Stage}
	for _, a := range def.Args {
		in.Args = append(in.Args, r.again(a, body, made))
	}
	out := r.f.NewValue(v.Type, in, 0)
	in.Outs = []*ir.Value{out}
	*body = append(*body, in)
	made[v] = out
	return out
}

// drop takes masks that nobody reads any more out of the regions that made them.
func (r *maskRecomputer) drop() {
	readers := edit.Readers(r.f)
	for _, in := range r.f.Instrs {
		if in.Op.Name != "fused" {
			continue
		}
		edit.TrimRegion(in, func(v *ir.Value) bool { return isMask(v) && readers[v] == 0 })
	}
}
