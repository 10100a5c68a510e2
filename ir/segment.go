package ir

import (
	"fmt"
	"slices"

	"github.com/netc-lang/netc/ir/op"
	"github.com/netc-lang/netc/ir/sym"
)

// Segment is a run of instructions, First to Last, that is done for a group of at most
// Images images, or of Channels channels of all images, then for the next group, and so
// on: what it computes of an image, or of a channel, does not depend on the others.
// Values that live inside it exist for one group at a time; the memory pass sets where
// they begin in the arena, and the bytes they need together for a group of as many
// images as the batch symbol says.
type Segment struct {
	First, Last  int
	Images       int64
	Channels     int64  // of a group, whole blocks; 0 for groups of images
	Batch        string // the symbol that counts images
	Offset, Size sym.Expr
}

// Group returns the images of a group in a batch: all, where there are fewer, or where
// groups are of channels.
func (s *Segment) Group() sym.Expr {
	switch {
	case s.Channels > 0:
		return sym.Symbol(s.Batch)
	case s.Images == 1:
		return sym.Const(1)
	}
	return sym.Min(sym.Symbol(s.Batch), sym.Const(s.Images))
}

// ForGroup returns e, a number of bytes for a group, in terms of the batch.
func (s *Segment) ForGroup(e sym.Expr) sym.Expr {
	return e.Subst(map[string]sym.Expr{s.Batch: s.Group()})
}

// End returns where the storage of the largest group in a batch ends.
func (s *Segment) End() sym.Expr { return s.Offset.Add(s.ForGroup(s.Size)) }

// SegmentOf returns the number, from 1, of the segment with instruction i; 0 for none.
func (f *Func) SegmentOf(i int) int {
	for k, s := range f.Segments {
		if s.First <= i && i <= s.Last {
			return k + 1
		}
	}
	return 0
}

// ByImage returns the bytes, of one image, of a value that has as many of them for
// each image of a batch, image after image; ok is false for all others.
func (v *Value) ByImage(batch string) (bytes int64, ok bool) {
	if v.Type.Rank() == 0 {
		return 0, false
	}
	slope, fixed, linear := v.Type.Dims[0].Size.Linear(batch)
	if !linear || fixed != 0 || slope < 1 || !v.Layout.Plain() && slope != 1 {
		return 0, false
	}
	bytes, fixed, linear = v.Bytes().Linear(batch)
	return bytes, linear && fixed == 0
}

// OneForAll reports whether v is the same for every image of a batch.
func (v *Value) OneForAll() bool {
	_, known := v.Type.Elems().IsConst()
	return known
}

// Separable reports whether the part of the results of in that belongs to an image
// depends on that image alone, lies in one piece, and is computed in the same order
// whatever the number of images.
func Separable(in *Instr, batch string) bool {
	if len(in.Outs) == 0 || len(in.Args) == 0 || !slices.Contains(separable, in.Op.Name) {
		return false
	}
	for _, v := range in.Outs {
		if _, ok := v.ByImage(batch); !ok {
			return false
		}
	}
	if in.Op.Name == "broadcast" && in.Args[0].OneForAll() {
		return true // the same for every image
	}
	images := 0
	for i, v := range in.Args {
		if v == nil {
			continue
		}
		_, ok := v.ByImage(batch)
		switch {
		case ok:
			images++
		case !v.OneForAll():
			return false
		case i == 0 && in.Op.Name != "fused":
			return false // weights times images
		}
	}
	if images == 0 {
		return false
	}
	x, y := in.Args[0], in.Outs[0]
	switch in.Op.Name {
	case "fused":
		return inStep(in, batch)
	case "matmul":
		// Rows of images times one matrix, or matrices of images times others of them.
		if rank := x.Type.Rank(); rank > 2 && in.Args[1].Type.Rank() == rank {
			return images > 1 && x.Type.Dims[0].Size.Equal(in.Args[1].Type.Dims[0].Size)
		}
		return isWeight(in.Args[1]) && in.Args[1].Type.Rank() == 2 && !in.Attrs.Bool("trans_a")
	case "conv":
		return isWeight(in.Args[1])
	case "chain":
		return !slices.ContainsFunc(in.Body, func(b *Instr) bool { return !Pools(b) && !isWeight(b.Args[1]) })
	case "norm":
		return in.Attrs.Int("groups") > 0 || !touchesBatch(in, x.Type.Rank())
	case "reduce", "softmax":
		return !touchesBatch(in, x.Type.Rank())
	case "concat", "slice":
		axis := in.Attrs.Int("axis")
		return !IsPart(in) && (axis > 0 || axis < 0 && int(-axis) < y.Type.Rank())
	case "transpose":
		return in.Attrs.Ints("perm")[0] == 0
	case "broadcast":
		return x.Type.Rank() == y.Type.Rank()
	}
	return true
}

// isWeight reports whether v depends on the states alone.
func isWeight(v *Value) bool {
	if v.Mem.Space == SetupSpace || v.Def == nil {
		return v.Mem.Space == SetupSpace
	}
	switch v.Def.Op.Name {
	case "param", "buffer", "const":
		return true
	case "reshape":
		return isWeight(v.Def.Args[0])
	}
	return false
}

// separable are the operations that treat images one by one where their operands allow.
var separable = []string{
	"conv", "chain", "matmul", "fused", "relayout", "reshape", "maxpool", "avgpool", "resize", "concat", "reduce", "softmax", "norm",
	"transpose", "slice", "broadcast",
}

// inStep reports whether a region reads, of images, the very image that it writes: no
// operand is broadcast along the batch unless it is the same for all.
func inStep(in *Instr, batch string) bool {
	y := in.Outs[0].Type
	for _, b := range append(slices.Clone(in.Args), in.Outs...) {
		if b.OneForAll() {
			if b.Type.Rank() >= y.Rank() && !one(b.Type, b.Type.Rank()-y.Rank()) {
				return false
			}
			continue
		}
		if b.Type.Rank() != y.Rank() || !b.Type.Dims[0].Size.Equal(y.Dims[0].Size) {
			return false
		}
	}
	return true
}

// one reports whether axis i of t has one element.
func one(t op.Type, i int) bool {
	n, ok := t.Dims[i].Size.IsConst()
	return ok && n == 1
}

// touchesBatch reports whether in, which works along some axes, works along the first.
func touchesBatch(in *Instr, rank int) bool {
	axes := in.Attrs.Ints("axes")
	if _, ok := in.Attrs["axis"]; ok {
		axes = append(slices.Clone(axes), in.Attrs.Int("axis"))
	}
	return len(axes) == 0 || slices.ContainsFunc(axes, func(a int64) bool { return a == 0 || a == -int64(rank) })
}

// verifySegments checks that segments are in order and hold only instructions that
// take images, or channels, one by one.
func verifySegments(f *Func) error {
	end := -1
	for k, s := range f.Segments {
		if s.First <= end || s.Last < s.First || s.Last >= len(f.Instrs) || s.Images < 1 == (s.Channels < 1) || s.Batch == "" {
			return fmt.Errorf("segment %d, instructions %d to %d of %d, %d images of %q or %d channels: expected one after the other, with either",
				k+1, s.First, s.Last, len(f.Instrs), s.Images, s.Batch, s.Channels)
		}
		end = s.Last
		for i, in := range f.Instrs[s.First : s.Last+1] {
			if s.Channels > 0 {
				if c, ok := ByChannel(in, s.Batch); !OfStates(in) && (!ok || c%s.Channels != 0) {
					return fmt.Errorf("instruction %d, %s, of segment %d does not take %d channels at a time", s.First+i, in.Op.Name, k+1, s.Channels)
				}
			} else if !OfStates(in) && !Separable(in, s.Batch) {
				return fmt.Errorf("instruction %d, %s, of segment %d does not take images one by one", s.First+i, in.Op.Name, k+1)
			}
		}
	}
	return nil
}

// OfStates reports whether in is the same for every call: it computes no image.
func OfStates(in *Instr) bool {
	return in.Op.Name == "iota" || len(in.Outs) > 0 && isWeight(in.Outs[0])
}
