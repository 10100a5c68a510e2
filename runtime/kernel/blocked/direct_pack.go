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
	if d.s.O%tileOuts != 0 || d.s.C%Block != 0 {
		clear(dst[:d.len()])
	}
	for _, t := range d.strips {
		from := w[t.out*walk.outStep:]
		for b := range t.blocks {
			ch := (t.first + b) * Block
			walk.pack(dst[t.at+b*d.block():], from[ch*walk.inStep:], t.outs, min(Block, d.s.C-ch), Block)
		}
		for s, ch := range t.singles {
			walk.pack(dst[t.at+t.blocks*d.block()+s*len(walk.taps)*tileOuts:], from[ch*walk.inStep:], t.outs, 1, 1)
		}
	}
}

// pack lays the weights of some outputs and inputs out as [taps][block][16].
func (t *tileWalk) pack(to, from []float32, outs, ins, block int) {
	if t.window > mostTurned || !kernel.AVX2.Available() {
		t.packEach(to, from, outs, ins, block)
		return
	}
	if t.outStep == 1 { // one tap, and outputs are neighbours
		for i := range ins {
			copy(to[i*tileOuts:][:outs], from[i*t.inStep:])
		}
		return
	}
	var turned [Block * mostTurned * Block]float32
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
