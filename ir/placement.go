package ir

import (
	"fmt"

	"github.com/netc-lang/netc/ir/sym"
	"github.com/netc-lang/netc/runtime/tensor"
)

// Block is storage of an arena whose offset is found when the sizes are known:
// bytes in use from instruction First to Last, both included.
type Block struct {
	Size        sym.Expr // in bytes
	First, Last int
}

// Placement is the arena of one function for given sizes, in bytes.
type Placement struct {
	Arena, Bound, Logical int64
	blocks                []int64
	env                   map[string]int64
	segments              []Segment
}

// At returns the layout for the sizes of env: the expressions of the plan, or for a
// plan of blocks what the runtime does with them when a session is made.
//
// Errors: no plan; a symbol without a value; a size that no int64 holds.
func (f *Func) At(env map[string]int64) (Placement, error) {
	m, l := f.Memory, Placement{env: env, segments: f.Segments}
	if m == nil {
		return l, fmt.Errorf("%s has no memory plan", f.Name)
	}
	var err error
	if len(m.Blocks) == 0 {
		if l.Arena, err = m.Arena.Eval(env); err != nil {
			return l, err
		}
		if l.Bound, err = m.Bound.Eval(env); err != nil {
			return l, err
		}
		l.Logical, err = m.Logical.Eval(env)
		return l, err
	}
	blocks := make([]tensor.Block, len(m.Blocks))
	for i, b := range m.Blocks {
		blocks[i] = tensor.Block{First: b.First, Last: b.Last}
		if blocks[i].Bytes, err = b.Size.Eval(env); err != nil {
			return l, err
		}
		if blocks[i].Bytes < 0 || blocks[i].Bytes > maxBlock {
			return l, fmt.Errorf("a value of %d bytes, expected 0 to %d", blocks[i].Bytes, int64(maxBlock))
		}
	}
	l.blocks, l.Arena, l.Bound = tensor.PackArena(blocks, m.Align)
	l.Logical = l.Bound
	return l, nil
}

// maxBlock is more than any machine has, and leaves room to add blocks up.
const maxBlock = 1 << 46

// Offset returns where m lies in the arena.
func (l Placement) Offset(m Mem) (int64, error) {
	if m.Segment > 0 {
		if m.Segment > len(l.segments) {
			return 0, fmt.Errorf("segment %d of a function with %d", m.Segment, len(l.segments))
		}
		s := &l.segments[m.Segment-1]
		return s.Offset.Add(s.ForGroup(m.Offset)).Eval(l.env)
	}
	at, err := m.Offset.Eval(l.env)
	if m.Block == 0 || err != nil {
		return at, err
	}
	if m.Block > len(l.blocks) {
		return 0, fmt.Errorf("block %d of an arena of %d", m.Block, len(l.blocks))
	}
	return l.blocks[m.Block-1] + at, nil
}

// Step returns the bytes from one image of m to the next; 0 where they lie side by side.
func (l Placement) Step(m Mem) (int64, error) { return m.Step.Eval(l.env) }

// Size returns the bytes that lie at m: in a segment those of one group.
func (l Placement) Size(m Mem) (int64, error) {
	if m.Segment > 0 && m.Segment <= len(l.segments) {
		return l.segments[m.Segment-1].ForGroup(m.Size).Eval(l.env)
	}
	return m.Size.Eval(l.env)
}

// Images returns the images of v that lie at once where it is: in a segment those of
// one group.
func (l Placement) Images(v *Value) (int64, error) {
	if v.Type.Rank() == 0 {
		return 1, nil
	}
	e := v.Type.Dims[0].Size
	if m := v.Mem; m.Segment > 0 && m.Segment <= len(l.segments) {
		e = l.segments[m.Segment-1].ForGroup(e)
	}
	return e.Eval(l.env)
}

// SamePlace reports whether both begin at the same byte of one storage for all
// sizes.
func (m Mem) SamePlace(o Mem) bool {
	return m.Space == o.Space && m.Block == o.Block && m.Segment == o.Segment && m.Offset.Equal(o.Offset)
}
