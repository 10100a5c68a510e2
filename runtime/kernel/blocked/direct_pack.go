package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// tileWalk says where weights come from: the taps of a window, which are neighbours,
// the steps from output to output and from input to input, and the places of the
// taps that are wanted.
type tileWalk struct {
	window          int
	outStep, inStep int
	taps            []int
}

// packTiles is pack for weights without groups, tile by tile: training packs at
// every step.
func (d directOrder) packTiles(dst, w []float32, walk *tileWalk) {
	d.packStrips(dst, w, walk, 0, len(d.strips))
}

// stripOf returns where the weights of strip i begin and end.
func (d directOrder) stripOf(i int) (first, end int) {
	if i+1 < len(d.strips) {
		return d.strips[i].at, d.strips[i+1].at
	}
	return d.strips[i].at, d.len()
}

// packStrips is packTiles for the strips from first up to end.
func (d directOrder) packStrips(dst, w []float32, walk *tileWalk, first, end int) {
	if d.s.O%tileOuts != 0 || d.s.C%Block != 0 {
		from, _ := d.stripOf(first)
		_, to := d.stripOf(end - 1)
		clear(dst[from:to])
	}
	run := 1 // blocks packed at a time: those of single taps follow each other
	if walk.window == 1 {
		run = mostTurned
	}
	var turned turnedWeights
	for _, t := range d.strips[first:end] {
		from := w[t.out*walk.outStep:]
		if walk.window == 1 && walk.inStep == 1 && t.outs == tileOuts {
			run = max(1, t.blocks) // which nothing turned has to hold
		}
		for b := 0; b < t.blocks; b += run {
			ch := (t.first + b) * Block
			ins := min(run, t.blocks-b) * Block
			walk.pack(dst[t.at+b*d.block():], from[ch*walk.inStep:], t.outs, min(ins, d.s.C-ch), Block, &turned)
		}
		for s, ch := range t.singles {
			walk.pack(dst[t.at+t.blocks*d.block()+s*len(walk.taps)*tileOuts:], from[ch*walk.inStep:], t.outs, 1, 1, &turned)
		}
	}
}

// packRows is packTiles for the inputs from first up to end, windows of one tap whose
// weights of an input for all outputs are neighbours. They are read in one go; strip by
// strip a line would be read here and the next one far away.
func (d directOrder) packRows(dst, w []float32, first, end int) {
	outs, strip := d.s.O, d.s.C*tileOuts
	whole := outs / tileOuts * tileOuts
	kernel.Deal(dst[first*tileOuts:], strip, w[first*outs:], outs, end-first, whole)
	if whole == outs {
		return
	}
	for i := first; i < end; i++ {
		to := dst[whole*d.s.C+i*tileOuts:][:tileOuts]
		clear(to[copy(to, w[i*outs+whole:][:outs-whole]):])
	}
}

// turnedWeights holds the weights of 8 outputs on their way.
type turnedWeights [Block * mostTurned * Block]float32

// pack lays the weights of some outputs and inputs out as [taps][block][16]; of a
// window of one tap, those of any number of inputs that turned holds.
func (t *tileWalk) pack(to, from []float32, outs, ins, block int, turned *turnedWeights) {
	if t.window > mostTurned || !kernel.AVX2.Available() {
		t.packEach(to, from, outs, ins, block)
		return
	}
	switch {
	case t.outStep == 1 && outs == tileOuts: // one tap whose outputs are neighbours
		for i := range ins {
			*(*[tileOuts]float32)(to[i*tileOuts:]) = *(*[tileOuts]float32)(from[i*t.inStep:])
		}
		return
	case t.outStep == 1:
		for i := range ins {
			copy(to[i*tileOuts:][:outs], from[i*t.inStep:])
		}
		return
	case t.window == 1 && t.inStep == 1 && outs == tileOuts && ins%Block == 0:
		kernel.InterleavePanel(to, from, t.outStep, ins)
		return
	case t.window == 1 && t.inStep == 1 && ins >= Block: // one tap whose inputs are neighbours
		for half := 0; half < outs; half += Block {
			kernel.InterleaveBy(to[half:], tileOuts, from[half*t.outStep:], min(Block, outs-half), t.outStep, ins)
		}
		return
	}
	for half := 0; half < outs; half += Block {
		t.turn(turned[:], from[half*t.outStep:], min(Block, outs-half), ins)
		for i := range ins {
			at := i*tileOuts + half
			for _, tap := range t.taps {
				*(*[Block]float32)(to[at:]) = *(*[Block]float32)(turned[(i*t.window+tap)*Block:])
				at += block * tileOuts
			}
		}
	}
}

// packEach is pack, weight by weight: the definition.
func (t *tileWalk) packEach(to, from []float32, outs, ins, block int) {
	for i := range ins {
		for o := range outs {
			at, row := i*tileOuts+o, from[o*t.outStep+i*t.inStep:]
			for _, tap := range t.taps {
				to[at] = row[tap]
				at += block * tileOuts
			}
		}
	}
}

// mostTurned is the taps of the largest window whose weights are turned by vectors.
const mostTurned = 25

// turn lays the weights of at most 8 outputs out as [input][tap][8], 0 for missing
// outputs.
func (t *tileWalk) turn(dst, from []float32, outs, ins int) {
	runs, columns := ins, t.window
	if t.inStep == t.window { // the inputs of an output are neighbours
		runs, columns = 1, ins*t.window
	}
	for i := range runs {
		dst, from := dst[i*t.window*Block:], from[i*t.inStep:]
		if columns >= Block {
			kernel.Interleave(dst, from, outs, t.outStep, columns)
			continue
		}
		for c := range columns {
			column := dst[c*Block:][:Block]
			clear(column[outs:])
			for o := range outs {
				column[o] = from[o*t.outStep+c]
			}
		}
	}
}
