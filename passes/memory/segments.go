package memory

import (
	"slices"

	"github.com/netc-lang/netc/ir"
	"github.com/netc-lang/netc/ir/sym"
)

// Values that live inside a segment exist for one group of images, or of channels, at a
// time, and are packed by themselves, image for image. The storage of a group of channels
// grows with the batch and is a block as any other. That of a group of images begins behind
// everything that is alive meanwhile for the whole batch.

// settle finds the blocks that live inside each segment, and makes those that outlive
// one live as long as its loop does: the first group reads and writes what the last one
// still needs.
func settle(f *ir.Func, blocks []*block, align int64) (inside [][]*block) {
	inside = make([][]*block, len(f.Segments))
	for _, b := range blocks {
		from, to := f.SegmentOf(b.first), f.SegmentOf(b.last)
		if from > 0 && from == to && b.size.scaled > 0 {
			b.segment = from
			b.takeChannels(&f.Segments[from-1], align)
			inside[from-1] = append(inside[from-1], b)
			continue
		}
		if from > 0 {
			b.first = f.Segments[from-1].First
		}
		if to > 0 {
			b.last = f.Segments[to-1].Last
		}
	}
	return inside
}

// takeChannels makes b, inside s, as large as the channels of one group need it.
func (b *block) takeChannels(s *ir.Segment, align int64) {
	if s.Channels == 0 {
		return
	}
	groups := int64(1)
	for _, v := range b.values {
		groups = v.Map().C / s.Channels
		bytes, _ := v.ByImage(s.Batch)
		v.Mem.Size = symbol(s.Batch).Mul(sym.Const(bytes / groups))
	}
	part := func(bytes int64) int64 { return roundUp((bytes+groups-1)/groups, align) }
	b.size.scaled, b.logical.scaled = part(b.size.scaled), part(b.logical.scaled)
}

// packScaled packs the scaled blocks of the batch. It returns where they end, where the
// storage of each segment begins, and with warmed how many blocks have moved.
func packScaled(f *ir.Func, scaled []*block, inside [][]*block, warmed bool) (top int64, at []int64, moved int) {
	at = make([]int64, len(inside))
	if slices.ContainsFunc(f.Segments, func(s ir.Segment) bool { return s.Channels == 0 }) {
		top = packAround(f, scaled, inside)
		for k := range at {
			at[k] = below(&f.Segments[k], scaled)
		}
		return top, at, 0
	}
	var stores []*block
	for k, s := range f.Segments {
		stores = append(stores, &block{first: s.First, last: s.Last, size: linear{scaled: pack(inside[k], physicalSlope)}})
	}
	all := sorted(slices.Concat(scaled, stores), func(b *block) int64 { return int64(b.first) })
	if top = pack(all, physicalSlope); warmed {
		moved = warm(all, top, physicalSlope)
	}
	for k, s := range stores {
		at[k] = s.offset
	}
	return top, at, moved
}

// packAround packs the scaled blocks of the batch, on which segments stand: it also tries
// those first that are alive in one, so that it begins lower, and keeps the plan that needs
// least for one image.
func packAround(f *ir.Func, scaled []*block, inside [][]*block) (top int64) {
	top = pack(scaled, physicalSlope)
	need := make([]int64, len(inside))
	for k := range inside {
		need[k] = pack(inside[k], physicalSlope)
	}
	least, kept := int64(-1), make([]int64, len(scaled))
	try := func(end int64) {
		height := end
		for k := range f.Segments {
			height = max(height, below(&f.Segments[k], scaled)+need[k])
		}
		if least >= 0 && height >= least {
			return
		}
		least, top = height, end
		for i, b := range scaled {
			kept[i] = b.offset
		}
	}
	try(top)
	crossing := func(b *block) int64 {
		if slices.ContainsFunc(f.Segments, func(s ir.Segment) bool { return aliveIn(&s, b) }) {
			return 0
		}
		return 1
	}
	for _, key := range []func(b *block) int64{
		func(b *block) int64 { return -b.size.scaled },
		func(b *block) int64 { return int64(b.first) },
		func(b *block) int64 { return int64(-b.last) },
		func(b *block) int64 { return int64(b.first - b.last) },
	} {
		try(place(sorted(sorted(scaled, key), crossing), physicalSlope, true))
	}
	for i, b := range scaled {
		b.offset = kept[i]
	}
	return top
}

func aliveIn(s *ir.Segment, b *block) bool { return b.first <= s.Last && s.First <= b.last }

// below is the end of the scaled blocks of the batch that are alive in s.
func below(s *ir.Segment, scaled []*block) (end int64) {
	for _, b := range scaled {
		if aliveIn(s, b) {
			end = max(end, b.offset+b.size.scaled)
		}
	}
	return end
}

// placeInside packs the blocks inside s, whose storage begins at the given place of the
// scaled ones of the batch, which begin at base.
func placeInside(s *ir.Segment, inside []*block, at, base int64, n sym.Expr) {
	top := pack(inside, physicalSlope)
	for _, b := range inside {
		for k, v := range b.values {
			v.Mem.Offset = n.Mul(sym.Const(b.offset)).Add(b.inner[k])
		}
	}
	s.Offset, s.Size = n.Mul(sym.Const(at)).Add(sym.Const(base)), n.Mul(sym.Const(top))
}

func physicalSlope(b *block) int64 { return b.size.scaled }

// boundOf is the largest number of bytes alive at any step: outside segments that of
// [bound], in one the bytes of the batch and those of a group at its fullest step.
func boundOf(f *ir.Func, blocks []*block, inside [][]*block, size func(*block) linear, n sym.Expr) sym.Expr {
	var outside []*block
	for _, b := range blocks {
		if b.segment == 0 {
			outside = append(outside, b)
		}
	}
	total := bound(outside, size, len(f.Instrs), n)
	for k := range f.Segments {
		s := &f.Segments[k]
		var alive linear
		for _, b := range outside {
			if aliveIn(s, b) {
				alive.scaled += size(b).scaled
				alive.fixed += size(b).fixed
			}
		}
		group := peak(inside[k], func(b *block) int64 { return size(b).scaled })
		total = sym.Max(total, n.Mul(sym.Const(alive.scaled)).Add(sym.Const(alive.fixed)).Add(s.ForGroup(n.Mul(sym.Const(group)))))
	}
	return total
}
