package memory

import (
	"cmp"
	"slices"
)

// A training step writes several times what it keeps: most of its values die a few
// instructions later. Packed by size they lie all over an arena that no cache holds, and
// their stores wait for memory. Such a value is best where others have just died: a store
// finds their bytes in the caches, and drives out nothing that is still of use.

// warmRounds is how often warm moves every block. The second round knows where the later
// ones have gone; a third finds next to nothing.
const warmRounds = 2

// warm moves blocks, whose plan ends at top, one by one to the free places below top whose
// bytes were touched last, in the order of time. What is best for one may cost those that
// follow more: it keeps the warmest plan that it meets, and returns how many blocks lie
// elsewhere now.
func warm(blocks []*block, top int64, size func(*block) int64) (moved int) {
	w := newWarmth(blocks, size)
	before, best := offsets(blocks), offsets(blocks)
	least := w.total()
	for range warmRounds {
		for _, b := range sorted(blocks, func(b *block) int64 { return int64(b.first) }) {
			b.offset = w.place(b, top)
		}
		if total := w.total(); total < least {
			least, best = total, offsets(blocks)
		}
	}
	for i, b := range blocks {
		if b.offset = best[i]; b.offset != before[i] {
			moved++
		}
	}
	return moved
}

func offsets(blocks []*block) []int64 {
	at := make([]int64, len(blocks))
	for i, b := range blocks {
		at[i] = b.offset
	}
	return at
}

// warmth knows how long ago the bytes of a plan were touched.
type warmth struct {
	blocks  []*block
	size    func(*block) int64
	touched []int64 // bytes of the blocks that begin or end before a step
}

func newWarmth(blocks []*block, size func(*block) int64) *warmth {
	w := &warmth{blocks: blocks, size: size}
	last := 0
	for _, b := range blocks {
		last = max(last, b.last)
	}
	w.touched = make([]int64, last+2)
	for _, b := range blocks {
		w.touched[b.first+1] += size(b)
		w.touched[b.last+1] += size(b)
	}
	for i := range last + 1 {
		w.touched[i+1] += w.touched[i]
	}
	return w
}

// dead returns the blocks that are dead when b begins, the last to die first.
func (w *warmth) dead(b *block) []*block {
	var dead []*block
	for _, o := range w.blocks {
		if o.last < b.first {
			dead = append(dead, o)
		}
	}
	slices.SortStableFunc(dead, func(x, y *block) int { return cmp.Compare(y.last, x.last) })
	return dead
}

// span is the bytes from lo up to hi.
type span struct{ lo, hi int64 }

// age adds up, over the bytes of b at an offset, how many others were touched since the
// last of the dead blocks that lay there did.
func (w *warmth) age(b *block, dead []*block, offset int64) (sum float64) {
	open := []span{{offset, offset + w.size(b)}} // of which no block is known yet
	count := func(s span, since int64) { sum += float64(s.hi-s.lo) * float64(w.touched[b.first]-since) }
	for _, o := range dead {
		var rest []span
		for _, s := range open {
			lo, hi := max(o.offset, s.lo), min(o.offset+w.size(o), s.hi)
			if lo >= hi {
				rest = append(rest, s)
				continue
			}
			count(span{lo, hi}, w.touched[o.last+1])
			if s.lo < lo {
				rest = append(rest, span{s.lo, lo})
			}
			if hi < s.hi {
				rest = append(rest, span{hi, s.hi})
			}
		}
		if open = rest; len(open) == 0 {
			return sum
		}
	}
	for _, s := range open { // not since the last step
		count(s, w.touched[b.first]-w.touched[len(w.touched)-1])
	}
	return sum
}

// total adds up the ages of all blocks where they lie.
func (w *warmth) total() (sum float64) {
	for _, b := range w.blocks {
		sum += w.age(b, w.dead(b), b.offset)
	}
	return sum
}

// mostDead is how many of the blocks that died last are looked at for a place.
const mostDead = 12

// place returns the free place below top for b whose bytes were touched last. The one
// that it has is free.
func (w *warmth) place(b *block, top int64) int64 {
	dead, size := w.dead(b), w.size(b)
	at := b.offset
	least := w.age(b, dead, at)
	free := func(lo, hi int64) { // bytes that nothing alive with b has
		if hi-lo < size {
			return
		}
		try := func(offset int64) {
			offset = min(max(offset, lo), hi-size)
			if age := w.age(b, dead, offset); age < least {
				at, least = offset, age
			}
		}
		try(lo)
		try(hi - size)
		for _, o := range dead[:min(mostDead, len(dead))] {
			try(o.offset)
			try(o.offset + w.size(o) - size)
		}
	}
	end := int64(0)
	for _, o := range w.beside(b) {
		free(end, o.offset)
		end = max(end, o.offset+w.size(o))
	}
	free(end, top)
	return at
}

// beside returns the other blocks that are alive while b is, from the lowest on.
func (w *warmth) beside(b *block) []*block {
	var near []*block
	for _, o := range w.blocks {
		if o != b && o.first <= b.last && b.first <= o.last {
			near = append(near, o)
		}
	}
	slices.SortStableFunc(near, func(x, y *block) int { return cmp.Compare(x.offset, y.offset) })
	return near
}
