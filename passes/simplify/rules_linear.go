package simplify

import (
	"maps"
	"slices"

	"github.com/netc-lang/netc/ir"
)

var linearRules = []Rule{
	{"FoldTransposeIntoMatmul", "transpose of the last two axes of an operand is the matmul's own, except before a matrix that serves a whole batch", []string{"matmul"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			args, attrs := slices.Clone(in.Args), maps.Clone(in.Attrs)
			// One matrix for a batch multiplies the rows of all its members at once, and
			// transposed members have no rows.
			shared := in.Args[1].Type.Rank() < in.Args[0].Type.Rank()
			for i, name := range []string{"trans_a", "trans_b"} {
				if shared && i == 0 {
					continue
				}
				if t := from(in.Args[i], "transpose"); t != nil && swapsLast(axes(t, "perm")) {
					args[i], attrs[name] = t.Args[0], !in.Attrs.Bool(name)
				}
			}
			if args[0] == in.Args[0] && args[1] == in.Args[1] {
				return nil
			}
			return c.emit(in, "matmul", attrs, args...)
		}},
	{"FoldPadIntoConv", "conv(pad(x, 0), w) = conv{pad}(x, w)", []string{"conv"}, true,
		func(c *context, in *ir.Instr) []*ir.Value {
			p := from(in.Args[0], "pad")
			if p == nil || p.Attrs.Float("value") != 0 {
				return nil
			}
			lo, hi, pad := p.Attrs.Ints("lo"), p.Attrs.Ints("hi"), in.Attrs.Ints("pad")
			if len(lo) != 4 || len(hi) != 4 || lo[0] != 0 || lo[1] != 0 || hi[0] != 0 || hi[1] != 0 || min(lo[2], lo[3], hi[2], hi[3]) < 0 {
				return nil
			}
			args, attrs := slices.Clone(in.Args), maps.Clone(in.Attrs)
			args[0] = p.Args[0]
			attrs["pad"] = []int64{pad[0] + lo[2], pad[1] + lo[3], pad[2] + hi[2], pad[3] + hi[3]}
			return c.emit(in, "conv", attrs, args...)
		}},
}

// swapsLast reports whether perm exchanges the last two axes and nothing else.
func swapsLast(perm []int64) bool {
	n := len(perm)
	if n < 2 {
		return false
	}
	for i, a := range perm {
		want := int64(i)
		switch i {
		case n - 1:
			want = int64(n - 2)
		case n - 2:
			want = int64(n - 1)
		}
		if a != want {
			return false
		}
	}
	return true
}
