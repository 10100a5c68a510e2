package memory

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// pack gives every block an offset such that blocks alive at the same time do not
// overlap, and returns the end of the highest one. Orders and fits are tried in
// turn, then a seeded search, until one meets the bound: the sum alive at the
// worst step. On the nets we know the first attempt does (COMPILER.md, section 6).
func pack(blocks []*block, size func(*block) int64) int64 {
	bound := peak(blocks, size)
	best, offsets := int64(-1), make([]int64, len(blocks))
	try := func(order []*block, bestFit bool) bool {
		top := place(order, size, bestFit)
		if best < 0 || top < best {
			best = top
			for i, b := range blocks {
				offsets[i] = b.offset
			}
		}
		return best == bound
	}
	bySize := sorted(blocks, func(b *block) int64 { return -size(b) })
	done := try(bySize, true) ||
		try(slices.Clone(blocks), false) || // by time
		try(sorted(blocks, func(b *block) int64 { return int64(b.first - b.last) }), true) || // by lifetime
		try(sorted(blocks, func(b *block) int64 { return -size(b) * int64(b.last-b.first+1) }), true) // by area
	if !done {
		search(bySize, try)
	}
	for i, b := range blocks {
		b.offset = offsets[i]
	}
	return max(best, 0)
}

// search swaps neighbours in the order by size at random, a bounded number of
// times. The seed is fixed: the same function gives the same plan.
func search(order []*block, try func([]*block, bool) bool) {
	const work = 20_000_000 // pairs of blocks looked at
	if len(order) < 2 {
		return
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(order))))
	for range min(200, work/(len(order)*len(order))) {
		trial := slices.Clone(order)
		for range 1 + rng.IntN(4) {
			i := rng.IntN(len(trial) - 1)
			j := min(len(trial)-1, i+1+rng.IntN(4))
			trial[i], trial[j] = trial[j], trial[i]
		}
		if try(trial, true) {
			return
		}
	}
}

// sorted returns the blocks by ascending key, ties in order of definition.
func sorted(blocks []*block, key func(*block) int64) []*block {
	out := slices.Clone(blocks)
	slices.SortStableFunc(out, func(a, b *block) int { return cmp.Compare(key(a), key(b)) })
	return out
}

// peak is the largest sum of sizes alive at one step.
func peak(blocks []*block, size func(*block) int64) int64 {
	var top int64
	for _, b := range blocks {
		var sum int64
		for _, o := range blocks { // a maximum is reached where some block begins
			if o.first <= b.first && b.first <= o.last {
				sum += size(o)
			}
		}
		top = max(top, sum)
	}
	return top
}

// place puts blocks one after the other into the gaps that those alive at the
// same time leave: the smallest gap that fits, or the lowest.
func place(order []*block, size func(*block) int64, bestFit bool) int64 {
	var top int64
	for i, b := range order {
		b.offset = gap(order[:i], b, size, bestFit)
		top = max(top, b.offset+size(b))
	}
	return top
}

// gap finds a place for b between the placed blocks that are alive with it.
func gap(placed []*block, b *block, size func(*block) int64, bestFit bool) int64 {
	var near []*block
	for _, o := range placed {
		if o.first <= b.last && b.first <= o.last {
			near = append(near, o)
		}
	}
	slices.SortStableFunc(near, func(x, y *block) int { return cmp.Compare(x.offset, y.offset) })
	var end int64
	best, room := int64(-1), int64(0)
	for _, o := range near {
		if free := o.offset - end; free >= size(b) && (best < 0 || bestFit && free < room) {
			best, room = end, free
		}
		end = max(end, o.offset+size(o))
	}
	if best < 0 {
		return end
	}
	return best
}

// fill puts fixed blocks into holes between the scaled ones below top and returns
// those that found none. A hole of g bytes for each sample has g*N >= g bytes: a
// block of at most g bytes fits for every N >= 1.
func fill(scaled, fixed []*block, top int64) []*block {
	all := slices.Clone(scaled)
	size := func(b *block) int64 { return max(b.size.scaled, b.size.fixed) }
	var left []*block
	for _, b := range sorted(fixed, func(b *block) int64 { return -b.size.fixed }) {
		offset := gap(all, b, size, true)
		if offset+b.size.fixed > top {
			left = append(left, b)
			continue
		}
		b.offset, b.inHole = offset, true
		all = append(all, b)
	}
	return left
}
