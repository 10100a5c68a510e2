package memory

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir"
)

// block is storage that one or more values share: a value, its views, and the
// results written over it in place.
type block struct {
	values      []*ir.Value
	size        linear
	first, last int // steps, inclusive: the first writes it, the last reads it
	offset      int64
	inHole      bool // a fixed block that lies in a hole between scaled ones
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
	list  []*block
}

// collect sets the space of every value and returns the blocks of the arena in
// order of definition.
func collect(f *ir.Func, batch string, late bool, align int64) ([]*block, error) {
	c := &collector{f: f, batch: batch, late: late, align: align, last: map[*ir.Value]int{}, of: map[*ir.Value]*block{}}
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
		v.Mem = ir.Mem{Space: ir.InputSpace, Size: v.Type.Bytes()}
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

// extendViews keeps the operand of a view alive as long as the view.
func (c *collector) extendViews() {
	for _, in := range slices.Backward(c.f.Instrs) {
		if isView(in) {
			if end, ok := c.last[in.Outs[0]]; ok {
				c.last[in.Args[0]] = max(c.last[in.Args[0]], end)
			}
		}
	}
}

// isView reports whether the result of in is its operand under another shape.
func isView(in *ir.Instr) bool { return in.Op.Name == "reshape" }

// value finds the place of one result.
func (c *collector) value(i int, in *ir.Instr, v *ir.Value) error {
	end, read := c.last[v]
	v.Mem.Size = v.Type.Bytes()
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
	v.Mem.Space = ir.ArenaSpace
	if isView(in) {
		from := in.Args[0]
		switch from.Mem.Space {
		case ir.InputSpace, ir.StateSpace:
			v.Mem.Space, v.Mem.State = from.Mem.Space, from.Mem.State
			return nil
		case ir.ArenaSpace:
			c.join(c.of[from], v, max(i, end))
			return nil
		}
	}
	if b := c.reuse(i, in, v); b != nil {
		b.rewritten = i
		c.join(b, v, max(i, end))
		return nil
	}
	b := &block{first: i, last: i}
	if !c.late {
		var err error
		if b.size, err = sizeOf(v.Type, c.batch, c.align); err != nil {
			return err
		}
	}
	c.list = append(c.list, b)
	c.join(b, v, max(i, end))
	return nil
}

func (c *collector) join(b *block, v *ir.Value, end int) {
	b.values = append(b.values, v)
	b.last = max(b.last, end)
	c.of[v] = b
}

// reuse returns the block of an operand of a region that v may overwrite: v is
// computed from it, it dies here, has the elements of v one for one, and no
// operand sees it in another shape. Kernels of regions load every operand of an
// element before they store its results.
func (c *collector) reuse(i int, in *ir.Instr, v *ir.Value) *block {
	if in.Op.Name != "fused" {
		return nil
	}
	from := sources(in, v)
	for _, a := range in.Args {
		b := c.of[a]
		if !from[a] || b == nil || b.last != i || b.first == i || b.rewritten == i || !alike(a, v) {
			continue
		}
		if !slices.ContainsFunc(in.Args, func(o *ir.Value) bool { return c.of[o] == b && !alike(o, v) }) {
			return b
		}
	}
	return nil
}

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
	if a.Type.DType.Size() != v.Type.DType.Size() || a.Type.Rank() != v.Type.Rank() {
		return false
	}
	for i, d := range a.Type.Dims {
		if !d.Size.Equal(v.Type.Dims[i].Size) {
			return false
		}
	}
	return true
}
