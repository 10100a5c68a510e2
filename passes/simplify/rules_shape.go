package simplify

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

var shapeRules = []Rule{
	{"DropReshapeSame", "reshape to the same shape is x", []string{"reshape"}, true, dropSame},
	{"MergeReshapeReshape", "reshape(reshape(x)) = reshape(x)", []string{"reshape"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if r := from(in.Args[0], "reshape"); r != nil {
				return c.emit(in, "reshape", in.Attrs, r.Args[0])
			}
			return nil
		}},
	{"DropTransposeSame", "transpose by the identity is x", []string{"transpose"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if !slices.IsSorted(axes(in, "perm")) {
				return nil
			}
			return keep(in, in.Args[0])
		}},
	{"MergeTransposeTranspose", "transpose(transpose(x, p), q) = transpose(x, p∘q)", []string{"transpose"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			t := from(in.Args[0], "transpose")
			if t == nil {
				return nil
			}
			p, q := axes(t, "perm"), axes(in, "perm")
			perm := make([]int64, len(q))
			for i, a := range q {
				perm[i] = p[a]
			}
			return c.emit(in, "transpose", op.Attrs{"perm": perm}, t.Args[0])
		}},
	{"ReshapeTransposeOfUnits", "transpose that keeps the order of all axes longer than 1 is reshape", []string{"transpose"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			last := int64(-1)
			for _, a := range axes(in, "perm") {
				if isOne(in.Args[0].Type.Dims[a].Size) {
					continue
				}
				if a < last {
					return nil
				}
				last = a
			}
			return c.emit(in, "reshape", op.Attrs{"shape": in.Outs[0].Type.Dims}, in.Args[0])
		}},
	{"DropBroadcastSame", "broadcast to the same shape is x", []string{"broadcast"}, true, dropSame},
	{"MergeBroadcastBroadcast", "broadcast(broadcast(x)) = broadcast(x)", []string{"broadcast"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if r := from(in.Args[0], "broadcast"); r != nil {
				return c.emit(in, "broadcast", in.Attrs, r.Args[0])
			}
			return nil
		}},
	{"DropBroadcastOperand", "x ∘ broadcast(y) = x ∘ y where ∘ broadcasts anyway",
		[]string{"add", "sub", "mul", "div", "pow", "min", "max", "eq", "lt", "le", "and", "or"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			for i := range 2 {
				w := from(in.Args[i], "broadcast")
				if w == nil || !sameSizes(in.Args[1-i].Type, in.Outs[0].Type) {
					continue
				}
				args := slices.Clone(in.Args)
				args[i] = w.Args[0]
				outs, err := c.b.TryEmit(in.Op.Name, in.Attrs, args...)
				if err == nil && outs[0].Type.Equal(in.Outs[0].Type) {
					return outs
				}
			}
			return nil
		}},
	{"DropSliceWhole", "slice of the whole axis is x", []string{"slice"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if in.Attrs.Int("step") != 1 || in.Attrs.Int("start") != 0 || !sameSizes(in.Args[0].Type, in.Outs[0].Type) {
				return nil
			}
			return keep(in, in.Args[0])
		}},
	{"MergeSliceSlice", "slice(slice(x, a:b), c:d) = slice(x, a+c : a+d) on one axis", []string{"slice"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			s := from(in.Args[0], "slice")
			if s == nil || axis(s) != axis(in) || s.Attrs.Int("step") != 1 || in.Attrs.Int("step") != 1 {
				return nil
			}
			n, ok := in.Outs[0].Type.Dims[axis(in)].Size.IsConst()
			if !ok {
				return nil
			}
			start := s.Attrs.Int("start") + in.Attrs.Int("start")
			return c.emit(in, "slice", op.Attrs{"axis": in.Attrs.Int("axis"), "start": start, "stop": start + n, "step": int64(1)}, s.Args[0])
		}},
	{"PickSliceOfConcat", "slice that is one operand of a concat is that operand", []string{"slice"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			k := from(in.Args[0], "concat")
			if k == nil || axis(k) != axis(in) || in.Attrs.Int("step") != 1 {
				return nil
			}
			at := int64(0)
			for _, a := range k.Args {
				n, ok := a.Type.Dims[axis(in)].Size.IsConst()
				if !ok {
					return nil
				}
				if m, _ := in.Outs[0].Type.Dims[axis(in)].Size.IsConst(); at == in.Attrs.Int("start") && n == m {
					return keep(in, a)
				}
				at += n
			}
			return nil
		}},
	{"DropPadNothing", "pad by zero is x", []string{"pad"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if slices.ContainsFunc(append(slices.Clone(in.Attrs.Ints("lo")), in.Attrs.Ints("hi")...), func(n int64) bool { return n != 0 }) {
				return nil
			}
			return keep(in, in.Args[0])
		}},
	{"MergePadPad", "pad(pad(x, v), v) = pad(x, v) by the sums", []string{"pad"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			p := from(in.Args[0], "pad")
			if p == nil || !c.single(in.Args[0]) || p.Attrs.Float("value") != in.Attrs.Float("value") {
				return nil
			}
			all := append(append(slices.Clone(p.Attrs.Ints("lo")), p.Attrs.Ints("hi")...), append(slices.Clone(in.Attrs.Ints("lo")), in.Attrs.Ints("hi")...)...)
			if slices.Min(all) < 0 {
				return nil
			}
			return c.emit(in, "pad", op.Attrs{"lo": sum(p.Attrs.Ints("lo"), in.Attrs.Ints("lo")), "hi": sum(p.Attrs.Ints("hi"), in.Attrs.Ints("hi")), "value": in.Attrs.Float("value")}, p.Args[0])
		}},
	{"ConcatAddOfPads", "pad(x) + pad(y) = pad(concat(x, y)) where x and y are neighbours and zeros are added: gradients of slices", []string{"add"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			x, y := from(in.Args[0], "pad"), from(in.Args[1], "pad")
			if x == nil || y == nil || x == y || !c.single(x.Outs[0]) || !c.single(y.Outs[0]) {
				return nil
			}
			along, ok := paddedAxis(x)
			if other, same := paddedAxis(y); !ok || !same || other != along || !x.Outs[0].Type.Equal(y.Outs[0].Type) {
				return nil
			}
			if y.Attrs.Ints("lo")[along] < x.Attrs.Ints("lo")[along] {
				x, y = y, x
			}
			size, fixed := x.Args[0].Type.Dims[along].Size.IsConst()
			if !fixed || x.Attrs.Ints("lo")[along]+size != y.Attrs.Ints("lo")[along] {
				return nil
			}
			whole, err := c.b.TryEmit("concat", op.Attrs{"axis": int64(along)}, x.Args[0], y.Args[0])
			if err != nil {
				return nil
			}
			c.readers[whole[0]] = 1
			return c.emit(in, "pad", op.Attrs{"lo": x.Attrs.Ints("lo"), "hi": y.Attrs.Ints("hi"), "value": 0.0}, whole[0])
		}},
	{"DropConcatOfOne", "concat(x) = x", []string{"concat"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if len(in.Args) != 1 {
				return nil
			}
			return keep(in, in.Args[0])
		}},
	{"FlattenConcat", "concat(concat(x, y), z) = concat(x, y, z) on one axis", []string{"concat"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			var args []*ir.Value
			for _, a := range in.Args {
				if k := from(a, "concat"); k != nil && c.single(a) && axis(k) == axis(in) {
					args = append(args, k.Args...)
				} else {
					args = append(args, a)
				}
			}
			if len(args) == len(in.Args) {
				return nil
			}
			return c.emit(in, "concat", in.Attrs, args...)
		}},
	{"DropReverseReverse", "reverse(reverse(x)) = x on the same axes", []string{"reverse"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			r := from(in.Args[0], "reverse")
			if r == nil || !slices.Equal(sorted(axes(r, "axes")), sorted(axes(in, "axes"))) {
				return nil
			}
			return keep(in, r.Args[0])
		}},
	{"DropReverseOfUnits", "reverse of axes of size 1 is x", []string{"reverse"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			for _, a := range axes(in, "axes") {
				if !isOne(in.Args[0].Type.Dims[a].Size) {
					return nil
				}
			}
			return keep(in, in.Args[0])
		}},
}

func dropSame(_ *context, in *ir.Instr) []*ir.Value { return keep(in, in.Args[0]) }

// axis returns the attribute of that name, counted from the front.
// paddedAxis returns the one axis that in puts zeros around.
func paddedAxis(in *ir.Instr) (axis int, ok bool) {
	axis = -1
	lo, hi := in.Attrs.Ints("lo"), in.Attrs.Ints("hi")
	for i := range lo {
		switch {
		case lo[i] < 0 || hi[i] < 0:
			return 0, false
		case lo[i]+hi[i] == 0:
		case axis >= 0:
			return 0, false
		default:
			axis = i
		}
	}
	return axis, axis >= 0 && in.Attrs.Float("value") == 0
}

func axis(in *ir.Instr) int64 { return fromFront(in, in.Attrs.Int("axis")) }

// axes returns a list of axes, counted from the front, in its own order.
func axes(in *ir.Instr, name string) []int64 {
	out := slices.Clone(in.Attrs.Ints(name))
	for i, a := range out {
		out[i] = fromFront(in, a)
	}
	return out
}

func fromFront(in *ir.Instr, a int64) int64 {
	if a < 0 {
		a += int64(in.Args[0].Type.Rank())
	}
	return a
}

func sorted(axes []int64) []int64 {
	slices.Sort(axes)
	return axes
}

func isOne(e sym.Expr) bool {
	n, ok := e.IsConst()
	return ok && n == 1
}

func sameSizes(a, b op.Type) bool {
	return slices.EqualFunc(a.Dims, b.Dims, func(x, y op.Dim) bool { return x.Size.Equal(y.Size) })
}

func sum(a, b []int64) []int64 {
	out := slices.Clone(a)
	for i, x := range b {
		out[i] += x
	}
	return out
}
