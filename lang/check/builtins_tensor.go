package check

import (
	"fmt"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

func callRepeat(f *frame, c *builtinCall) value {
	n, ok := c.int(c.args[0])
	if !ok {
		return poison{}
	}
	l, ok := c.args[1].v.(*callable)
	if !ok {
		return c.fail(1, "a layer")
	}
	if n < 1 || n > maxList {
		return f.fail(c.args[0].span, "E0305", fmt.Sprintf("`repeat` takes 1 to %s copies, and this is %d", grouped(maxList), n), "", "")
	}
	return &callable{name: "repeat", repeat: &repetition{int(n), l}, span: c.span}
}

func callCast(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok || len(c.args) < 2 {
		return poison{}
	}
	d, ok := c.args[1].v.(dtypeRef)
	if !ok {
		return c.fail(1, "an element type such as f32")
	}
	return f.emitValue("cast", op.Attrs{"to": string(d)}, c.span, t)
}

func callBroadcast(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	dims := []op.Dim{}
	for _, a := range c.args[1:] {
		vs := elements(a.v)
		if vs == nil {
			vs = []value{a.v}
		}
		for _, v := range vs {
			if p, ok := v.(pack); ok {
				dims = append(dims, p...)
				continue
			}
			s, ok := f.wholeSize(v, a.span)
			if !ok {
				return poison{}
			}
			dims = append(dims, dimOf(s))
		}
	}
	return f.emitValue("broadcast", op.Attrs{"shape": dims}, c.span, t)
}

func callUnsqueeze(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok {
		return poison{}
	}
	rank := t.t.Type.Rank() + len(c.args) - 1
	put := map[int]bool{}
	for _, a := range c.args[1:] {
		i, ok := c.int(a)
		if !ok {
			return poison{}
		}
		if i < 0 || i >= int64(rank) || put[int(i)] {
			return f.fail(a.span, "E0218", fmt.Sprintf("the result has %d axes, and no free one at %d", rank, i), "", "")
		}
		put[int(i)] = true
	}
	dims := make([]op.Dim, 0, rank)
	next := 0
	for i := range rank {
		if put[i] {
			dims = append(dims, op.Dim{Size: sym.Const(1)})
			continue
		}
		dims = append(dims, t.t.Type.Dims[next])
		next++
	}
	return f.emitValue("reshape", op.Attrs{"shape": dims}, c.span, t)
}

func callSplit(f *frame, c *builtinCall) value {
	t, ok := c.tensor(0)
	if !ok || len(c.args) < 2 {
		return poison{}
	}
	n, ok := c.int(c.args[1])
	if !ok {
		return poison{}
	}
	axis := int64(1)
	if a, given := c.named["axis"]; given {
		if axis, ok = c.int(a); !ok {
			return poison{}
		}
	}
	rank := int64(t.t.Type.Rank())
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank {
		return f.fail(c.span, "E0218", fmt.Sprintf("%s has no axis %d", f.show(t.t.Type), axis), "", "")
	}
	total, known := t.t.Type.Dims[axis].Size.IsConst()
	if !known {
		return f.fail(c.span, "E0209", fmt.Sprintf("`split` needs a size at compile time, and %s is known only at run time", t.t.Type.Dims[axis].Size), "", "")
	}
	if n < 1 || n > maxList || total%n != 0 {
		return f.fail(c.args[1].span, "E0203", fmt.Sprintf("an axis of %d cannot be cut into %d equal parts", total, n), "", "")
	}
	out := make(tuple, n)
	for i := range out {
		step := total / n
		out[i] = f.emitValue("slice", op.Attrs{"axis": axis, "start": int64(i) * step, "stop": int64(i+1) * step}, c.span, t)
	}
	return out
}
