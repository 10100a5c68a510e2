package memory

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// block is storage that one or more values share: a value, its views, and the
// results written over it in place.
type block struct {
	values      []*ir.Value
	inner       []sym.Expr // where each value begins, in bytes
	size        linear
	bytes       sym.Expr // that size, where it is known at run time only
	logical     linear   // without halos and padding channels
	first, last int      // steps, inclusive: the first writes it, the last reads it
	offset      int64
	inHole      bool // a fixed block that lies in a hole between scaled ones
	segment     int  // the segment, from 1, in which it lives and dies; 0 for none
	rewritten   int  // the last step that wrote a result over it
}

// collector walks a function once.
type collector struct {
	f     *ir.Func
	batch string
	align int64
	late  bool              // sizes may be any: offsets are found when they are known
	last  map[*ir.Value]int // last step that reads a value
	of    map[*ir.Value]*block
	inner map[*ir.Value]sym.Expr // where a value begins in its block
	slots map[*ir.Value]slot
	roots map[*ir.Value]*block // blocks of values that hold others
	list  []*block

	gradients map[*ir.Value]int64 // that lie beside the states they change, and where each begins there
	written   map[string]int      // the step that changes a state
}

// collect sets the space of every value and returns the blocks of the arena in
// order of definition.
func collect(f *ir.Func, batch string, late bool, align int64) ([]*block, error) {
	c := &collector{
		f: f, batch: batch, late: late, align: align, last: map[*ir.Value]int{}, of: map[*ir.Value]*block{},
		inner: map[*ir.Value]sym.Expr{}, slots: slots(f), roots: map[*ir.Value]*block{}, written: map[string]int{},
	}
	halos(f, c.slots)
	c.gradients = gradients(f, c.slots)
	for i, in := range f.Instrs {
		if in.Op.Effect == op.Update {
			c.written[in.Attrs.String("state")] = i
		}
	}
	for i, in := range f.Instrs {
		for _, a := range in.Args {
			c.last[a] = i
		}
	}
	for _, r := range f.Results {
		c.last[r.Value] = len(f.Instrs)
	}
	c.extendViews()
	for _, v := range f.Inputs {
		v.Mem = ir.Mem{Space: ir.InputSpace, Size: v.Bytes()}
	}
	for i, in := range f.Instrs {
		for _, b := range in.Body {
			for _, v := range b.Outs {
				if !slices.Contains(in.Outs, v) {
					v.Mem = ir.Mem{Space: ir.ElidedSpace}
				}
			}
		}
		for _, v := range in.Outs {
			if err := c.value(i, in, v); err != nil {
				return nil, fmt.Errorf("%v: %s: %w", in.Pos, in.Op.Name, err)
			}
		}
	}
	return c.list, nil
}

// extendViews keeps the operand of a view, or of a part, alive as long as that.
func (c *collector) extendViews() {
	for _, in := range slices.Backward(c.f.Instrs) {
		if ir.IsView(in) || ir.IsPart(in) {
			if end, ok := c.last[in.Outs[0]]; ok {
				c.last[in.Args[0]] = max(c.last[in.Args[0]], end)
			}
		}
	}
}

// value finds the place of one result.
func (c *collector) value(i int, in *ir.Instr, v *ir.Value) error {
	end, read := c.last[v]
	v.Mem.Size = v.Bytes()
	switch in.Op.Name {
	case "param", "buffer":
		v.Mem.Space, v.Mem.State = ir.StateSpace, in.Attrs.String("name")
		return nil
	case "const":
		v.Mem.Space = ir.ConstSpace
		return nil
	}
	if v.Mem.Space == ir.SetupSpace {
		return nil
	}
	if !read && v.Index > 0 {
		v.Mem = ir.Mem{Space: ir.ElidedSpace}
		return nil
	}
	if at, ok := c.gradients[v]; ok {
		v.Mem.Space, v.Mem.Offset = ir.GradientSpace, sym.Const(at)
		return nil
	}
	if ir.IsRows(in) && c.before(end, in.Args[0].Mem.State) {
		rows, _ := v.Type.Dims[0].Size.IsConst()
		bytes, _ := v.Bytes().IsConst()
		v.Mem.Space, v.Mem.State = ir.StateSpace, in.Args[0].Mem.State
		v.Mem.Offset = sym.Const(in.Attrs.Int("start") * (bytes / max(rows, 1)))
		return nil
	}
	v.Mem.Space = ir.ArenaSpace
	if ir.IsView(in) {
		from := in.Args[0]
		switch from.Mem.Space {
		case ir.InputSpace, ir.StateSpace, ir.GradientSpace:
			v.Mem.Space, v.Mem.State, v.Mem.Offset = from.Mem.Space, from.Mem.State, from.Mem.Offset
			return nil
		case ir.ArenaSpace:
			c.join(c.of[from], v, c.inner[from], max(i, end))
			v.Mem.Step = from.Mem.Step
			return nil
		}
	}
	if ir.IsPart(in) {
		from := in.Args[0]
		c.join(c.of[from], v, c.inner[from].Add(planes(v, in.Attrs.Int("start"))), max(i, end))
		if v.Mem.Step = from.Mem.Step; v.Mem.Whole() {
			v.Mem.Step = from.Map().Bytes()
		}
		return nil
	}
	if b := c.reuse(i, in, v); b != nil {
		b.rewritten = i
		c.join(b, v, sym.Const(0), max(i, end))
		return nil
	}
	b, err := c.storage(i, v)
	if err != nil {
		return err
	}
	r := root(c.slots, v)
	if r == v {
		c.join(b, v, sym.Const(0), max(i, end))
	} else {
		c.join(b, v, planes(v, channelOf(c.slots, v)), max(i, end))
		v.Mem.Step = r.Map().Bytes()
	}
	return nil
}

// before reports whether step i comes before the state called name changes.
func (c *collector) before(i int, name string) bool {
	at, changes := c.written[name]
	return !changes || i < at
}

// storage returns the block for v: that of the value it is a part of, or a new one.
func (c *collector) storage(i int, v *ir.Value) (*block, error) {
	r := root(c.slots, v)
	if b := c.roots[r]; b != nil {
		return b, nil
	}
	b := &block{first: i, last: i, bytes: r.Bytes()}
	if !c.late {
		var err error
		if b.size, err = sizeOf(r, b.bytes, c.batch, c.f.Facts, c.align); err != nil {
			return nil, err
		}
		if b.logical, err = sizeOf(r, r.Type.Bytes(), c.batch, c.f.Facts, c.align); err != nil {
			return nil, err
		}
	}
	c.list = append(c.list, b)
	c.roots[r] = b
	return b, nil
}

// planes returns the bytes from the first channel of an image in blocks to another, which
// begins a block.
func planes(v *ir.Value, channel int64) sym.Expr {
	return v.Map().Plane().Mul(sym.Const(channel / int64(ir.Blocked.Block)))
}

func (c *collector) join(b *block, v *ir.Value, inner sym.Expr, end int) {
	b.values = append(b.values, v)
	b.inner = append(b.inner, inner)
	b.last = max(b.last, end)
	c.of[v] = b
	c.inner[v] = inner
}
