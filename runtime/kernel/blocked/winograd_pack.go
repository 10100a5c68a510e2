package blocked

import (
	"math"

	"github.com/netc-lang/netc/runtime/kernel"
)

// winoBlock is the weights that are transformed together, 8 inputs by 16 outputs:
// the points of U lie a power of two apart and would push each other out of the
// caches.
const winoBlock = Block * tileOuts

// packPart transforms the OIHW weights of a group of outputs.
func (w *convWinograd) packPart(dst, weights []float32, g int) {
	var u [36 * winoBlock]float32
	for i := 0; i < w.channels; i += Block {
		w.packInputs(u[:], winoBlock, weights, g, i, Block)
		for xi := range w.weights * w.weights {
			copy(dst[xi*w.plane()+g*w.panel()+i*tileOuts:], u[xi*winoBlock:][:winoBlock])
		}
	}
}

// packInputs transforms the weights of a group of outputs and of ins inputs from i on, a
// whole number of blocks, in float64. Points of u are xs floats apart.
func (w *convWinograd) packInputs(u []float32, xs int, weights []float32, g, i, ins int) {
	s := &w.f.Shape
	o, size := g*tileOuts, ins*tileOuts
	ins, outs := min(ins, s.C-i), min(tileOuts, s.O-o)
	if ins*outs < size {
		for xi := range w.weights * w.weights {
			clear(u[xi*xs:][:size])
		}
	}
	if kernel.AVX2.Available() {
		w.packBlock(u, xs, weights, o, outs, i, ins)
	} else {
		w.packEach(u, xs, weights, o, outs, i, ins)
	}
}

// winoPackArgs is the argument block of the transform of weights, whose law stands
// in codegen/kernel/winograd_pack.go. Distances are in bytes.
type winoPackArgs struct {
	w, u         *float32
	n            int
	tap          int
	wstep, ustep int
	xs           int
}

// winoInputs is the most inputs whose weights are turned at a time.
const winoInputs = 32

// packBlock is packEach by vectors.
func (w *convWinograd) packBlock(u []float32, xs int, weights []float32, o, outs, i, ins int) {
	walk := tileWalk{window: 9, outStep: 9 * w.weightC, inStep: 9}
	first, tap := 0, 4*Block
	if w.rotated {
		walk.outStep, walk.inStep = walk.inStep, walk.outStep
		first, tap = 8*Block, -tap
	}
	var turned [winoInputs * 9 * Block]float32
	for half := 0; half < outs; half += Block {
		walk.turn(turned[:], weights[(o+half)*walk.outStep+i*walk.inStep:], min(Block, outs-half), ins)
		for lane := 0; lane < Block; lane += 4 {
			a := winoPackArgs{w: &turned[first+lane], u: &u[half+lane], n: ins, tap: tap, wstep: 4 * 9 * Block, ustep: 4 * tileOuts, xs: 4 * xs}
			a.run(w.form)
		}
	}
}

// packEach transforms outs outputs from o on and ins inputs from i on, kernel by
// kernel: the definition.
func (w *convWinograd) packEach(u []float32, xs int, weights []float32, o, outs, i, ins int) {
	for a := range outs {
		for b := range ins {
			w.packOne(u[b*tileOuts+a:], xs, w.taps(weights, o+a, i+b))
		}
	}
}

// packOne writes the points of one 3x3 kernel.
func (w *convWinograd) packOne(u []float32, xs int, taps [9]float64) {
	var rows [3][6]float64
	var line [6]float64
	for k := range rows {
		w.transform(&rows[k], taps[k], taps[3+k], taps[6+k])
	}
	for a := range w.weights {
		w.transform(&line, rows[0][a], rows[1][a], rows[2][a])
		for b := range w.weights {
			u[(a*w.weights+b)*xs] = float32(line[b])
		}
	}
}

// transform is G, the transform of three weights: for each finite point p the sum of
// g0, g1·p and g2·p² over the product of the differences between p and the other
// points; at infinity g2. Of stride 2 g0 and g2 are such weights, and g1 stands alone.
func (w *convWinograd) transform(u *[6]float64, g0, g1, g2 float64) {
	switch w.form {
	case winoHalved, winoSpread:
		u[0], u[1], u[2], u[3] = g0, g0+g2, g2, g1
		return
	case winoF2:
		even, odd := (g0+g2)/2, g1/2
		u[0], u[1], u[2], u[3] = g0, even+odd, even-odd, g2
		return
	case winoF3:
		odd := g1 * winoOdd
		even := (g0 + g2*(winoA*winoA)) * (winoOdd / winoA)
		u[0], u[1] = odd+even, odd-even
		even = (g0 + g2*(winoB*winoB)) * (winoOdd / winoB)
		u[2], u[3], u[4] = odd+even, odd-even, g2
		return
	}
	u[0], u[5] = g0, g2
	even, odd := (g0+g2/2)*(-2./3), g1*(-math.Sqrt2/3)
	u[1], u[2] = even+odd, even-odd
	even, odd = (g0+g2*2)*(1./6), g1*(math.Sqrt2/6)
	u[3], u[4] = even+odd, even-odd
}

// taps returns the 3x3 weights from input i to output o.
func (w *convWinograd) taps(weights []float32, o, i int) (taps [9]float64) {
	if w.rotated {
		o, i = i, o
	}
	for k, v := range weights[(o*w.weightC+i)*9:][:9] {
		if w.rotated {
			k = 8 - k
		}
		taps[k] = float64(v)
	}
	return taps
}
