package tensor

import (
	"cmp"
	"slices"
)

// Block is storage of an arena that is in use from step First to step Last, both
// included.
type Block struct {
	Bytes       int64
	First, Last int
}

func (b Block) meets(o Block) bool { return b.First <= o.Last && o.First <= b.Last }

// PackArena places blocks in one arena, so that those in use at the same step do
// not overlap: offsets of blocks, in bytes and multiples of align; the bytes of the
// arena; and the lower bound of those, the bytes in use at the fullest step.
//
// Blocks are placed by falling size, each in the smallest gap that fits, which
// meets the bound on most networks measured; where it does not, by time,
// by lifetime and by area. From each of these orders on the block that ends highest comes
// first in the next one, as many times as there are blocks. The best plan is kept. The
// result follows from the arguments alone. Cost: the square of the number of blocks, its
// cube where the bound is hard to meet.
func PackArena(blocks []Block, align int64) (offsets []int64, arena, bound int64) {
	rounded := make([]Block, len(blocks))
	for i, b := range blocks {
		rounded[i] = b
		rounded[i].Bytes = (b.Bytes + align - 1) / align * align
	}
	bound = fullest(rounded)
	for _, try := range []struct {
		key     func(Block) int64 // blocks are placed by falling key
		bestFit bool              // else in the lowest gap
	}{
		{func(b Block) int64 { return b.Bytes }, true},
		{func(b Block) int64 { return -int64(b.First) }, false},
		{func(b Block) int64 { return int64(b.Last - b.First) }, true},
		{func(b Block) int64 { return b.Bytes * int64(b.Last-b.First+1) }, true},
	} {
		order := make([]int, len(rounded))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(try.key(rounded[j]), try.key(rounded[i])) })
		for range len(order) + 1 {
			at, top := place(rounded, order, try.bestFit)
			if offsets == nil || top < arena {
				offsets, arena = at, top
			}
			if arena == bound {
				return offsets, arena, bound
			}
			highest := slices.IndexFunc(order, func(i int) bool { return at[i]+rounded[i].Bytes == top })
			first := order[highest]
			copy(order[1:highest+1], order)
			order[0] = first
		}
	}
	return offsets, arena, bound
}

// fullest returns the largest number of bytes in use at one step; it is reached
// where some block begins.
func fullest(blocks []Block) int64 {
	var most int64
	for _, b := range blocks {
		var sum int64
		for _, o := range blocks {
			if o.First <= b.First && b.First <= o.Last {
				sum += o.Bytes
			}
		}
		most = max(most, sum)
	}
	return most
}

// place puts blocks in the given order into the smallest gaps that fit, or the
// lowest.
func place(blocks []Block, order []int, bestFit bool) (offsets []int64, top int64) {
	offsets = make([]int64, len(blocks))
	near := make([]int, 0, len(blocks)) // placed blocks that are in use with the next one
	for n, i := range order {
		near = near[:0]
		for _, j := range order[:n] {
			if blocks[i].meets(blocks[j]) {
				near = append(near, j)
			}
		}
		slices.SortStableFunc(near, func(j, k int) int { return cmp.Compare(offsets[j], offsets[k]) })
		var end int64
		best, room := int64(-1), int64(0)
		for _, j := range near {
			if free := offsets[j] - end; free >= blocks[i].Bytes && (best < 0 || bestFit && free < room) {
				best, room = end, free
			}
			end = max(end, offsets[j]+blocks[j].Bytes)
		}
		if best < 0 {
			best = end
		}
		offsets[i] = best
		top = max(top, best+blocks[i].Bytes)
	}
	return offsets, top
}
