package blocked

import "github.com/netc-lang/netc/runtime/kernel/tiles"

// strassenWorker is a chunk at work.
type strassenWorker struct {
	*strassenTask
	strassenScratch
	band0, band1  int
	unit0, unit1  int
	side          tiles.Side
	runs          []tiles.SideRun // what side does
	fetches, more []tiles.Fetch   // what products fetch, and what is left of it
}

// strassenStep is a band, a unit and a pass over the channels, which begins at block b of each
// half.
type strassenStep struct {
	strassenBand
	number, unit, b int
}

// next returns the step after k, and whether there is one.
func (w *strassenWorker) next(k strassenStep) (strassenStep, bool) {
	if k.b += w.cut.pass; k.b < w.ins {
		return k, true
	}
	k.b = 0
	if k.unit++; k.unit < w.unit1 {
		return k, true
	}
	k.unit = w.unit0
	if k.number++; k.number == w.band1 {
		return k, false
	}
	k.strassenBand = w.band(k.number, w.n)
	return k, true
}

// last reports whether k is the last pass over the channels.
func (w *strassenWorker) last(k strassenStep) bool { return k.b+w.cut.pass >= w.ins }

// enters reports whether next needs other sums of pixels than k had.
func (w *strassenWorker) enters(k, next strassenStep) bool {
	return next.number != k.number || w.cut.pass < w.ins
}

// run makes the products step by step, and beside them the sums of the next step and the results of
// the unit before.
func (w *strassenWorker) run() {
	w.place()
	k := strassenStep{strassenBand: w.band(w.band0, w.n), number: w.band0, unit: w.unit0}
	w.begin()
	w.weightSums(k)
	w.pixelSums(k)
	w.drain()
	var before strassenStep
	ended, turn := false, 0 // before is complete, its products are m[1-turn]
	for going := true; going; {
		next, more := w.next(k)
		w.begin()
		results, weights, pixels := 0, 0, 0
		if ended {
			results = w.results(before, w.m[1-turn])
		}
		if more {
			weights = w.weightSums(next)
		}
		if more && w.enters(k, next) {
			pixels = w.pixelSums(next)
		}
		w.look(k, next, more)
		w.products(k, w.m[turn], results, weights, pixels)
		if ended {
			w.finish(before)
		}
		if ended = w.last(k); ended {
			before, turn = k, 1-turn
		}
		k, going = next, more
	}
	w.begin()
	w.results(before, w.m[1-turn])
	w.drain()
	w.finish(before)
}

// products adds the seven products of a step, and makes results, sums of weights and of pixels
// beside them. Products of sums come first, so that there is time left for the sums that take
// their place.
func (w *strassenWorker) products(k strassenStep, m []float32, results, weights, sums int) {
	u, block, blocks := &w.units[k.unit], w.order.block(), w.summed(k.b)
	half, mate := w.ins*block, w.order.len()/2
	raw := w.packed[w.weightsAt(k.unit, k.b):]
	pixels, later := w.x[w.inAt.at(&w.f.In, k.picture, k.b, k.line):], w.ins*w.f.In.Plane()
	sum, panel := w.sum(), w.panel()
	count := k.pictures * k.lines * w.width
	taps, steps := w.taps, w.steps
	taps.Taps, steps.Taps = taps.Taps[:blocks], steps.Taps[:blocks]
	// Of a product those after which a tile has time for something else.
	free := ceilDiv(count, tiles.MostPixels(u.isa, u.vecs)) * max(1, blocks-1)
	w.follow()
	for i, o := range [7]struct {
		m              int
		x, w           *float32
		summed, theirs bool // pixels and weights are sums
	}{
		{4, &w.s[0], &w.t[0], true, true},
		{5, &w.s[sum], &w.t[panel], true, true},
		{6, &w.s[2*sum], &w.t[2*panel], true, true},
		{3, &pixels[later+w.inAt.mate], &w.t[3*panel], false, true},
		{2, &w.s[3*sum], &raw[mate+half], true, false},
		{0, &pixels[0], &raw[0], false, false},
		{1, &pixels[later], &raw[half], false, false},
	} {
		switch i {
		case 0:
			w.pace(results, 4*free)
		case 4: // the sums of weights have been read
			w.pace(weights, 3*free)
		case 5: // those of pixels, too
			w.pace(sums, 2*free)
		}
		a := tiles.Args{X: o.x, W: o.w, Y: &m[o.m*w.product()], Bias: &w.none[0], Wstream: 4 * w.strip(), Plane: 4 * w.plane(), More: w.more}
		if w.side.Left > 0 {
			a.Beside = &w.side
		}
		if k.b > 0 {
			a.Flags |= tiles.Accumulate
		}
		if o.theirs {
			a.Wstream = 4 * w.cut.pass * block
		}
		if o.summed {
			a.Run(u.isa, u.vecs, w.sums[:count], steps)
		} else {
			a.Run(u.isa, u.vecs, w.pixels[:count], taps)
		}
		w.more = a.More
	}
	w.side.Drain(u.isa)
}

// finish completes the lines of a unit and their mates.
func (w *strassenWorker) finish(k strassenStep) {
	first, blocks := w.blocks(k.unit)
	p0, p1 := w.rows(k.line, k.lines)
	each := w.images()
	for image := each * k.picture; image < each*(k.picture+k.pictures); image++ {
		for _, b := range [2]int{first, w.half() + first} {
			w.end.finish(&w.f.Epilogue, w.f.ISA, w.view.out, w.y, image, b, b+blocks, p0, p1)
		}
	}
}
