package restructure

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/passes/edit"
)

// Siblings merges convolutions over single pixels that read one blocked picture into
// one with their weights side by side; what read their results reads channels of its
// result, which lie there as the memory plan places them, so that nothing is copied:
//
//	conv(x, u), conv(x, v)  =  conv(x, [u; v])[:U], conv(x, [u; v])[U:]
//
// They agree in everything but their weights, which depend on states only and are
// joined when a model is loaded; their channels fill blocks, but for the last one's.
// A result that is computed where a concatenation wants it stays alone: it would have
// to be copied there. Training functions are left as they are: their weights move.
// Source: IREE, FuseHorizontalContractions; TVM, CombineParallelConv2D.
func Siblings(m *ir.Module) (string, error) {
	merged, into := 0, 0
	for _, f := range m.Funcs {
		s := &siblings{fixed: edit.Fixed(f), joined: map[*ir.Value]bool{}}
		groups := s.find(f)
		if len(groups) == 0 {
			continue
		}
		s.weightsFirst(f)
		s.merge(f, groups)
		edit.Prune(f)
		into += len(groups)
		for _, g := range groups {
			merged += len(g)
		}
	}
	return fmt.Sprintf("%d convolutions became %d", merged, into), nil
}

// siblings is the work on one function.
type siblings struct {
	fixed  map[*ir.Value]bool
	joined map[*ir.Value]bool // operands of concatenations
}

// find returns the groups of two and more, in the order of their first members.
func (s *siblings) find(f *ir.Func) [][]*ir.Instr {
	for _, in := range f.Instrs {
		if in.Op.Name == "concat" {
			for _, a := range in.Args {
				s.joined[a] = true
			}
		}
	}
	var groups [][]*ir.Instr
	of := map[*ir.Value][]int{} // groups that read a picture
	for _, in := range f.Instrs {
		if !s.mergeable(in) {
			continue
		}
		x := in.Args[0]
		i := slices.IndexFunc(of[x], func(g int) bool { return alike(groups[g][0], in) })
		if i < 0 {
			of[x] = append(of[x], len(groups))
			groups = append(groups, []*ir.Instr{in})
			continue
		}
		groups[of[x][i]] = append(groups[of[x][i]], in)
	}
	for i, g := range groups {
		groups[i] = lastPartial(g)
	}
	return slices.DeleteFunc(groups, func(g []*ir.Instr) bool { return len(g) < 2 })
}

// mergeable reports whether in may have siblings.
func (s *siblings) mergeable(in *ir.Instr) bool {
	if in.Op.Name != "conv" || in.Attrs.Int("groups") != 1 || in.Args[3] != nil || s.fixed[in.Outs[0]] || s.joined[in.Outs[0]] {
		return false
	}
	w, bias := in.Args[1], in.Args[2]
	if !s.fixed[w] || bias != nil && !s.fixed[bias] || in.Args[0].Layout.Plain() || in.Outs[0].Layout.Plain() {
		return false
	}
	r, known1 := w.Type.Dims[2].Size.IsConst()
	q, known2 := w.Type.Dims[3].Size.IsConst()
	return known1 && known2 && r == 1 && q == 1 && w.Type.Dims[0].Set == "" && in.Outs[0].Type.Dims[1].Set == ""
}

// alike reports whether a and b, which read one picture, differ in their weights only.
func alike(a, b *ir.Instr) bool {
	return (a.Args[2] == nil) == (b.Args[2] == nil) &&
		a.Args[1].Type.Dims[1].Set == b.Args[1].Type.Dims[1].Set &&
		maps.EqualFunc(a.Attrs, b.Attrs, func(x, y any) bool { return reflect.DeepEqual(x, y) })
}

// lastPartial returns the convolutions of g whose channels fill blocks, and after them
// the first whose channels do not.
func lastPartial(g []*ir.Instr) []*ir.Instr {
	var whole, partial []*ir.Instr
	for _, in := range g {
		if in.Outs[0].Map().C%8 == 0 {
			whole = append(whole, in)
		} else {
			partial = append(partial, in)
		}
	}
	return append(whole, partial[:min(1, len(partial))]...)
}

// weightsFirst moves what depends on states only to the front, where the first of some
// siblings can read the weights of all.
func (s *siblings) weightsFirst(f *ir.Func) {
	var first, rest []*ir.Instr
	for _, in := range f.Instrs {
		if len(in.Outs) > 0 && s.fixed[in.Outs[0]] {
			first = append(first, in)
		} else {
			rest = append(rest, in)
		}
	}
	f.Instrs = append(first, rest...)
}

// merge writes one convolution in the place of the first of each group, and slices of
// its result.
func (s *siblings) merge(f *ir.Func, groups [][]*ir.Instr) {
	group := map[*ir.Instr]int{}
	for i, g := range groups {
		for _, in := range g {
			group[in] = i
		}
	}
	parts := map[*ir.Instr]*ir.Value{}
	edit.Rebuild(f, func(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
		i, ok := group[in]
		if !ok {
			return nil, false
		}
		if parts[in] == nil {
			for k, part := range join(b, in.Args[0], groups[i]) {
				parts[groups[i][k]] = part
			}
		}
		return []*ir.Value{parts[in]}, true
	})
}

// join emits the convolution of a group of picture x and the part of each. The picture
// is told, as members further down still name the value that it has replaced.
func join(b *ir.Builder, x *ir.Value, group []*ir.Instr) []*ir.Value {
	first := group[0]
	operands := make([]*ir.Value, len(first.Args))
	operands[0] = x
	for i := 1; i <= 2; i++ {
		if first.Args[i] == nil {
			continue
		}
		var each []*ir.Value
		for _, in := range group {
			each = append(each, in.Args[i])
		}
		operands[i] = b.One("concat", op.Attrs{"axis": int64(0)}, each...)
	}
	y := b.One("conv", maps.Clone(first.Attrs), operands...)
	y.Layout = first.Outs[0].Layout
	var parts []*ir.Value
	at := int64(0)
	for _, in := range group {
		n := in.Outs[0].Map().C
		b.Pos, b.Stage = in.Pos, in.Stage
		part := b.One("slice", op.Attrs{"axis": int64(1), "start": at, "stop": at + n}, y)
		part.Layout = y.Layout
		parts = append(parts, part)
		at += n
	}
	return parts
}
