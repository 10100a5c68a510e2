package restructure

import (
	"fmt"
	"maps"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/passes/edit"
)

// Transposes lets transposes sink: what follows one computes in the order before it,
// and two that meet become one, or nothing. Where f is elementwise, and nothing else
// reads the transposed value,
//
//	f(xᵀ)            =  f(x)ᵀ
//	xᵀ ∘ yᵀ          =  (x ∘ y)ᵀ       c a number, or of states only:
//	xᵀ ∘ c           =  (x ∘ c')ᵀ      c' is c with its axes in the order of x
//	concat(xᵀ, yᵀ)   =  concat(x, y)ᵀ  slice likewise
//	reduce(xᵀ)       =  reduce(x), transposed where the axes that are left need it
//	(xᵀ)ᵀ            =  x
//
// A transpose sinks only where that pays: down to another, to a reduction or slice that
// leaves less to move, or out of the way of an activation or scale that the convolution
// or product before it can take. Elsewhere it stays, lest it part what fuses.
// Source: TensorFlow, generic layout optimizer; ONNX Runtime, transpose optimizer.
func Transposes(m *ir.Module) (string, error) {
	sunk, gone := 0, 0
	for _, f := range m.Funcs {
		for n := 1; n > 0; sunk += n {
			s := &sinker{fixed: edit.Fixed(f), readers: edit.Readers(f), reader: map[*ir.Value]*ir.Instr{}}
			for _, in := range f.Instrs {
				for _, a := range in.Args {
					s.reader[a] = in
				}
			}
			before := s.count(f)
			n = edit.Rebuild(f, s.rewrite)
			edit.Prune(f)
			gone += before - s.count(f)
		}
	}
	return fmt.Sprintf("%d steps, %d transposes less", sunk, gone), nil
}

// count returns the transposes of a call.
func (s *sinker) count(f *ir.Func) (n int) {
	for _, in := range f.Instrs {
		if in.Op.Name == "transpose" && !s.fixed[in.Outs[0]] {
			n++
		}
	}
	return n
}

// sinker is one walk over a function.
type sinker struct {
	fixed   map[*ir.Value]bool
	readers map[*ir.Value]int
	reader  map[*ir.Value]*ir.Instr // the last one, before the walk
}

func (s *sinker) rewrite(b *ir.Builder, in *ir.Instr) ([]*ir.Value, bool) {
	edit.AddFixed(s.fixed, in)
	if len(in.Outs) != 1 || s.fixed[in.Outs[0]] || in.Op.Effect != op.Pure {
		return nil, false
	}
	var out *ir.Value
	switch {
	case in.Op.Name == "transpose":
		out = s.again(b, in)
	case (in.Op.Name == "concat" || elementwise(in)) && s.pays(in):
		out = s.under(b, in)
	case in.Op.Name == "slice":
		out = s.slice(b, in)
	case in.Op.Name == "reduce":
		out = s.reduce(b, in)
	}
	if out == nil || !out.Type.Equal(in.Outs[0].Type) {
		return nil, false
	}
	s.readers[out] = s.readers[in.Outs[0]]
	return []*ir.Value{out}, true
}

// transposed returns the operand and the order of a transpose that only in reads.
func (s *sinker) transposed(v *ir.Value) (x *ir.Value, perm []int64, ok bool) {
	if v == nil || v.Def == nil || v.Def.Op.Name != "transpose" || s.fixed[v] || s.readers[v] != 1 {
		return nil, nil, false
	}
	return v.Def.Args[0], permOf(v.Def), true
}

// pays reports whether the transpose of an operand of in, behind it, would come to
// something.
func (s *sinker) pays(in *ir.Instr) bool {
	var perm []int64
	joins := 0
	for _, a := range in.Args {
		x, p, ok := s.transposed(a)
		if !ok {
			continue
		}
		perm = p
		if joins++; contracts(x) && s.readers[x] == 1 {
			return true
		}
	}
	for joins == 1 {
		y := in.Outs[0]
		if s.readers[y] != 1 || s.reader[y] == nil {
			return false
		}
		in = s.reader[y]
		switch in.Op.Name {
		case "transpose", "slice", "reduce":
			return true
		}
		if !elementwise(in) && in.Op.Name != "concat" || len(in.Outs) != 1 {
			return false
		}
		for _, a := range in.Args {
			if a == y || s.neutral(a) {
				continue
			}
			if !slices.Equal(s.order(a), perm) {
				return false
			}
			joins++
		}
	}
	return joins > 1
}

// neutral reports whether v fits to values in every order.
func (s *sinker) neutral(v *ir.Value) bool { return v.Type.Rank() == 0 || s.fixed[v] }

// order returns that of a transpose which will sink as far as v, or nil.
func (s *sinker) order(v *ir.Value) []int64 {
	for {
		if _, perm, ok := s.transposed(v); ok {
			return perm
		}
		if v.Def == nil || s.readers[v] != 1 || !elementwise(v.Def) {
			return nil
		}
		var next *ir.Value
		for _, a := range v.Def.Args {
			switch {
			case s.neutral(a):
			case next != nil:
				return nil
			default:
				next = a
			}
		}
		if next == nil {
			return nil
		}
		v = next
	}
}

// elementwise reports whether in treats all axes alike; the slopes of prelu belong to one.
func elementwise(in *ir.Instr) bool {
	return in.Op.Group == "unary" || in.Op.Group == "activation" && in.Op.Name != "prelu" || in.Op.Group == "binary"
}

// contracts reports whether v comes from an instruction that takes scales and
// activations into itself.
func contracts(v *ir.Value) bool {
	return v.Def != nil && (v.Def.Op.Name == "conv" || v.Def.Op.Name == "matmul")
}

// permOf returns the order of a transpose, axes counted from the front.
func permOf(in *ir.Instr) []int64 {
	perm := slices.Clone(in.Attrs.Ints("perm"))
	for i, a := range perm {
		if a < 0 {
			perm[i] += int64(len(perm))
		}
	}
	return perm
}

// transpose emits x in the order perm, which may be none.
func transpose(b *ir.Builder, x *ir.Value, perm []int64) *ir.Value {
	if slices.IsSorted(perm) {
		return x
	}
	return b.One("transpose", op.Attrs{"perm": perm}, x)
}

// again makes one of two transposes.
func (s *sinker) again(b *ir.Builder, in *ir.Instr) *ir.Value {
	x, p, ok := s.transposed(in.Args[0])
	if !ok {
		return nil
	}
	perm := permOf(in)
	for i, a := range perm {
		perm[i] = p[a]
	}
	return transpose(b, x, perm)
}

// under moves the transposes of the operands of in behind it: all of one order, but
// for numbers and for values of states that can take the order before.
func (s *sinker) under(b *ir.Builder, in *ir.Instr) *ir.Value {
	var perm []int64
	for _, a := range in.Args {
		if _, p, ok := s.transposed(a); ok {
			perm = p
		}
	}
	if perm == nil {
		return nil
	}
	args := make([]*ir.Value, len(in.Args))
	for i, a := range in.Args {
		x, p, ok := s.transposed(a)
		switch {
		case ok && slices.Equal(p, perm):
			args[i] = x
		case in.Op.Name == "concat":
			return nil
		case a.Type.Rank() == 0:
			args[i] = a
		case s.fixed[a]:
			args[i] = s.inOrder(b, a, perm)
		default:
			return nil
		}
	}
	attrs := maps.Clone(in.Attrs)
	if in.Op.Name == "concat" {
		attrs["axis"] = perm[axisOf(in, len(perm))]
	}
	return transpose(b, b.One(in.Op.Name, attrs, args...), perm)
}

// inOrder returns v, which broadcasts against a value in the order perm, with its axes
// as that value had them before.
func (s *sinker) inOrder(b *ir.Builder, v *ir.Value, perm []int64) *ir.Value {
	rank := len(perm)
	dims := slices.Repeat([]op.Dim{{Size: sym.Const(1)}}, rank)
	copy(dims[rank-v.Type.Rank():], v.Type.Dims)
	if v.Type.Rank() < rank {
		v = b.One("reshape", op.Attrs{"shape": dims}, v)
		s.fixed[v] = true
	}
	inverse := make([]int64, rank)
	for i, a := range perm {
		inverse[a] = int64(i)
	}
	v = transpose(b, v, inverse)
	s.fixed[v] = true
	return v
}

func (s *sinker) slice(b *ir.Builder, in *ir.Instr) *ir.Value {
	x, perm, ok := s.transposed(in.Args[0])
	if !ok {
		return nil
	}
	attrs := maps.Clone(in.Attrs)
	attrs["axis"] = perm[axisOf(in, len(perm))]
	return transpose(b, b.One("slice", attrs, x), perm)
}

// reduce takes the axes where they were before the transpose.
func (s *sinker) reduce(b *ir.Builder, in *ir.Instr) *ir.Value {
	x, perm, ok := s.transposed(in.Args[0])
	if !ok {
		return nil
	}
	keep := in.Attrs.Bool("keep")
	var axes []int64
	for _, a := range in.Attrs.Ints("axes") {
		if a < 0 {
			a += int64(len(perm))
		}
		axes = append(axes, perm[a])
	}
	slices.Sort(axes)
	attrs := maps.Clone(in.Attrs)
	attrs["axes"] = axes
	y := b.One("reduce", attrs, x)
	if keep {
		return transpose(b, y, perm)
	}
	var left []int64 // of perm, each less the axes before it that are gone
	for _, a := range perm {
		if slices.Contains(axes, a) {
			continue
		}
		for _, r := range axes {
			if r < perm[slices.Index(perm, a)] {
				a--
			}
		}
		left = append(left, a)
	}
	return transpose(b, y, left)
}

// axisOf returns the axis of in, counted from the front.
func axisOf(in *ir.Instr, rank int) int64 {
	if a := in.Attrs.Int("axis"); a < 0 {
		return a + int64(rank)
	}
	return in.Attrs.Int("axis")
}
