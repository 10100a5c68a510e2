package blocked

import "github.com/netc-lang/netc/runtime/kernel/tiles"

// place sets the distances of side work.
func (w *strassenWorker) place() {
	f, v, end := w.f, &w.view, &w.end
	w.side = tiles.Side{
		LeftHalf: 4 * w.ins * f.In.Plane(), LeftMate: 4 * w.inAt.mate, LeftEach: 4 * w.sum(), LeftPixel: 4 * w.inAt.pixel,
		RightHalf: 4 * w.ins * w.order.block(), RightMate: 4 * w.order.len() / 2, RightEach: 4 * w.panel(), RightPixel: 4 * Block,
		MEach: 4 * w.product(), Pixel: 4 * w.outAt.pixel,
		YHalf: 4 * w.half() * v.out.Plane(), YMate: 4 * w.outAt.mate, BiasHalf: 4 * w.half() * Block,
		ResHalf: 4 * w.half() * v.residual.Plane(), ResMate: 4 * w.residualAt.mate,
		GateHalf: 4 * w.half() * v.gate.Map.Plane(), GateMate: 4 * w.gateAt.mate,
		Flags: end.flags, Lo: end.lo, Hi: end.hi, Alpha: end.alpha,
	}
}

// begin makes the list of side work empty.
func (w *strassenWorker) begin() { w.runs = w.runs[:0] }

// follow makes the list what is done next, none of it yet.
func (w *strassenWorker) follow() {
	w.side.N, w.side.Left = 0, 0
	if len(w.runs) > 0 {
		w.side.Follow(w.runs)
	}
}

// pace adds so many vectors to what is done, and spreads what is left over some taps.
func (w *strassenWorker) pace(more, taps int) {
	w.side.Left += more
	taps = max(1, taps)
	w.side.Per = max(1, ceilDiv(w.side.Left, taps))
	w.side.Every = max(1, taps*w.side.Per/max(1, w.side.Left))
}

// drain does all of the list.
func (w *strassenWorker) drain() {
	w.follow()
	for i := range w.runs {
		w.side.Left += w.runs[i].N
	}
	w.side.Drain(tiles.ISA(w.f.ISA))
}

// weightSums lists the sums of the weights of a step, and returns how many vectors they are.
func (w *strassenWorker) weightSums(k strassenStep) (vectors int) {
	size, strips := w.order.block(), w.strips(k.unit)
	each := w.summed(k.b) * size / Block
	for i := range strips {
		w.runs = append(w.runs, tiles.SideRun{Kind: tiles.SumsRight, N: each, X: &w.packed[w.weightsAt(k.unit, k.b)+i*w.strip()], S: &w.t[i*w.cut.pass*size]})
	}
	return strips * each
}

// pixelSums lists the sums of the pixels of a step, and returns how many vectors they are.
func (w *strassenWorker) pixelSums(k strassenStep) (vectors int) {
	lines, width := k.lines, w.width
	if w.flatIn {
		lines, width = 1, lines*width
	}
	for b := range w.summed(k.b) {
		to := b * w.plane()
		for i := range k.pictures {
			from := w.x[w.inAt.at(&w.f.In, k.picture+i, k.b+b, k.line):]
			for l := range lines {
				w.runs = append(w.runs, tiles.SideRun{Kind: tiles.SumsLeft, N: width, X: &from[l*w.inAt.line], S: &w.s[to]})
				to += width * Block
			}
		}
	}
	return w.summed(k.b) * k.pictures * lines * width
}

// results lists the results of a unit, and returns how many vectors they are.
func (w *strassenWorker) results(k strassenStep, m []float32) (vectors int) {
	v := &w.view
	lines, width := k.lines, w.width
	if w.flat {
		lines, width = 1, lines*width
	}
	first, blocks := w.blocks(k.unit)
	for b := first; b < first+blocks; b++ {
		from := (b - first) * w.plane()
		for i := range k.pictures {
			y := w.y[w.outAt.at(&v.out, k.picture+i, b, k.line):]
			for l := range lines {
				r := tiles.SideRun{Kind: tiles.Results, N: width, X: &m[from], S: &y[l*w.outAt.line], Bias: &w.biases[b*Block]}
				if w.side.Flags&endResidual != 0 {
					r.Res = &w.residual[w.residualAt.at(&v.residual, k.picture+i, b, k.line+l)]
				}
				if w.side.Flags&endGated != 0 {
					r.Gate = &w.gate[w.gateAt.at(&v.gate.Map, k.picture+i, b, k.line+l)]
				}
				w.runs = append(w.runs, r)
				from += width * Block
			}
		}
	}
	return blocks * k.pictures * lines * width
}
