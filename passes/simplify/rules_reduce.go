package simplify

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
)

var reduceRules = []Rule{
	{"ReshapeReduceOfUnits", "reduce over axes of size 1 is reshape", []string{"reduce"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			for _, a := range axes(in, "axes") {
				if !isOne(in.Args[0].Type.Dims[a].Size) {
					return nil
				}
			}
			return c.emit(in, "reshape", op.Attrs{"shape": in.Outs[0].Type.Dims}, in.Args[0])
		}},
	{"MergeReduceReduce", "reduce(reduce(x)) = reduce(x) over both sets of axes, one kind", []string{"reduce"}, false,
		func(c *context, in *ir.Instr) []*ir.Value {
			r := from(in.Args[0], "reduce")
			if r == nil || !c.single(in.Args[0]) || r.Attrs.String("kind") != in.Attrs.String("kind") || r.Attrs.Bool("keep") != in.Attrs.Bool("keep") {
				return nil
			}
			inner, outer := axes(r, "axes"), axes(in, "axes")
			if !in.Attrs.Bool("keep") { // outer axes count what the inner reduction left
				var left []int64
				for a := range int64(r.Args[0].Type.Rank()) {
					if !slices.Contains(inner, a) {
						left = append(left, a)
					}
				}
				for i, a := range outer {
					outer[i] = left[a]
				}
			}
			joined := slices.Compact(sorted(append(inner, outer...)))
			return c.emit(in, "reduce", op.Attrs{"kind": in.Attrs.String("kind"), "axes": joined, "keep": in.Attrs.Bool("keep")}, r.Args[0])
		}},
	{"DropSoftmaxBeforeArgmax", "argmax(softmax(x)) = argmax(x) along one axis, likewise log_softmax", []string{"argreduce"}, false,
		func(c *context, in *ir.Instr) []*ir.Value {
			s := from(in.Args[0], "softmax", "log_softmax")
			if s == nil || axis(s) != axis(in) {
				return nil
			}
			return c.emit(in, "argreduce", in.Attrs, s.Args[0])
		}},
	{"DropResizeByOne", "resize by 1 is x", []string{"resize"}, true,
		func(c *context, in *ir.Instr) []*ir.Value { return allOnes(in, "scale") }},
	{"DropAvgpoolOfOne", "avgpool over 1x1 with stride 1 is x", []string{"avgpool"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			if allOnes(in, "kernel") == nil {
				return nil
			}
			return allOnes(in, "stride")
		}},
}

// allOnes drops in where every number of an attribute is 1 and the type stays.
func allOnes(in *ir.Instr, name string) []*ir.Value {
	if slices.ContainsFunc(in.Attrs.Ints(name), func(n int64) bool { return n != 1 }) {
		return nil
	}
	return keep(in, in.Args[0])
}
