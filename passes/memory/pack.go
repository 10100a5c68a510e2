package memory

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
)

// pack gives every block an offset such that blocks alive at the same time do not
// overlap, and returns the end of the highest one. Orders and fits are tried in
// turn, then a seeded search, until one meets the bound: the sum alive at the
// worst step. On the nets we know one of the orders does, most often the first.
func pack(blocks []*block, size func(*block) int64) int64 {
	p := newPacker(blocks, size)
	if !slices.ContainsFunc(p.orders(), func(o order) bool { return p.try(o.of(), o.bestFit) }) {
		p.search()
	}
	for i, b := range blocks {
		b.offset = p.offsets[i]
	}
	return max(p.best, 0)
}

// order is one way to go through the blocks.
type order struct {
	of      func() []*block
	bestFit bool
}

// orders are those that are tried, the best first.
func (p *packer) orders() []order {
	size := func(b *block) int64 { return -p.size(b) }
	life := func(b *block) int64 { return int64(b.first - b.last) }
	area := func(b *block) int64 { return -p.size(b) * int64(b.last-b.first+1) }
	by := func(key func(b *block) int64) func() []*block {
		return func() []*block { return sorted(p.blocks, key) }
	}
	ends := func(rest func(b *block) int64) func() []*block {
		return func() []*block { return p.aroundPeak(func(b *block) int { return -b.last }, rest) }
	}
	begins := func(rest func(b *block) int64) func() []*block {
		return func() []*block { return p.aroundPeak(func(b *block) int { return b.first }, rest) }
	}
	return []order{
		{by(size), true},
		{func() []*block { return p.blocks }, false}, // by time
		{by(life), true},
		{by(area), true},
		{ends(size), true},
		{begins(size), true},
		{p.byBreadth, true},
		{ends(life), true},
		{begins(life), true},
		{ends(area), true},
		{begins(area), true},
	}
}

// aroundPeak returns the blocks that are alive where most is, by a key, and then the others
// by that of the rest: the first ones lie without gaps, in an order in which they also end or
// begin next to each other, and leave room in one piece.
func (p *packer) aroundPeak(key func(b *block) int, rest func(b *block) int64) []*block {
	at := p.busiest()[0]
	crosses := func(b *block) bool { return b.first <= at && at <= b.last }
	order := slices.Clone(p.blocks)
	slices.SortStableFunc(order, func(a, b *block) int {
		switch x, y := crosses(a), crosses(b); {
		case x && y:
			return cmp.Compare(key(a), key(b))
		case x:
			return -1
		case y:
			return 1
		}
		return cmp.Compare(rest(a), rest(b))
	})
	return order
}

// byBreadth returns the blocks by the steps at which they are alive, those with most alive
// first, and those of one step by their lives, longest first (Pisarchyk and Lee 2020,
// arXiv:2001.03288, section 4.2, with lives in place of sizes).
func (p *packer) byBreadth() []*block {
	seen, order := map[*block]bool{}, []*block(nil)
	for _, t := range p.busiest() {
		for _, b := range sorted(p.blocks, func(b *block) int64 { return int64(b.first - b.last) }) {
			if b.first <= t && t <= b.last && !seen[b] {
				seen[b] = true
				order = append(order, b)
			}
		}
	}
	return order
}

// busiest returns the steps at which blocks begin, those with most alive first.
func (p *packer) busiest() []int {
	alive := map[int]int64{}
	for _, b := range p.blocks { // a maximum is reached where some block begins
		alive[b.first] = 0
	}
	steps := slices.Sorted(maps.Keys(alive))
	for _, t := range steps {
		for _, b := range p.blocks {
			if b.first <= t && t <= b.last {
				alive[t] += p.size(b)
			}
		}
	}
	slices.SortStableFunc(steps, func(a, b int) int { return cmp.Compare(alive[b], alive[a]) })
	return steps
}

// packer keeps the best plan found so far.
type packer struct {
	blocks  []*block
	size    func(*block) int64
	bound   int64
	best    int64 // -1 before the first attempt
	order   []*block
	offsets []int64
}

func newPacker(blocks []*block, size func(*block) int64) *packer {
	return &packer{blocks: blocks, size: size, bound: peak(blocks, size), best: -1, offsets: make([]int64, len(blocks))}
}

// try places the blocks in the given order and reports whether the bound is met.
func (p *packer) try(order []*block, bestFit bool) bool {
	top := place(order, p.size, bestFit)
	if p.best < 0 || top <= p.best {
		p.best, p.order = top, slices.Clone(order)
		for i, b := range p.blocks {
			p.offsets[i] = b.offset
		}
	}
	return top == p.bound
}

// search moves blocks in the best order found so far: one that ends at the top
// comes earlier, or any two change places. The number of attempts is bounded and
// the seed fixed: the same function gives the same plan.
func (p *packer) search() bool {
	const work = 20_000_000 // pairs of blocks looked at
	n := len(p.blocks)
	if n < 2 {
		return false
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	for range min(2000, work/(n*n)) {
		trial := slices.Clone(p.order)
		if rng.IntN(2) == 0 {
			for i, b := range p.blocks {
				b.offset = p.offsets[i]
			}
			at := slices.IndexFunc(trial, func(b *block) bool { return b.offset+p.size(b) == p.best })
			b, to := trial[at], rng.IntN(at+1)
			trial = slices.Insert(slices.Delete(trial, at, at+1), to, b)
		} else {
			i, j := rng.IntN(n), rng.IntN(n)
			trial[i], trial[j] = trial[j], trial[i]
		}
		if p.try(trial, rng.IntN(8) > 0) {
			return true
		}
	}
	return false
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
