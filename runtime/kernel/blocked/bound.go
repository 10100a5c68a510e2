package blocked

import (
	"math"
	"slices"

	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// How far a result may be from the exact sum. Every operation in f32 is off by at most
// u = 2⁻²⁴ of its result, as long as nothing overflows or falls below 2⁻¹²⁶; a product
// that passes through n of them reaches the result off by
//
//	γ(n) = n·u / (1 - n·u)
//
// of itself at most (Higham 2002, Accuracy and Stability of Numerical Algorithms, lemma
// 3.1). Products that are added in any order, fused or not, pass through as many
// operations as there are products:
//
//	direct     |ŷ - y| ≤ γ(n) · Σ |x||w|                                n products
//	Winograd   |ŷ - y| ≤ γ(n) · |Aᵀ| [Σ (|G||g||Gᵀ|) ⊙ (|Bᵀ||d||B|)] |A|
//	           |dŵ - dw| ≤ γ(n) · |Gᵀ| [Σ (|Bᵀ||d||B|) ⊙ (|A||dy||Aᵀ|)] |G|
//	Strassen   |ŷ - y| ≤ γ(n) · Σ |R| [Σ (|L||x|) ⊙ (|T||w|)], and of dw in x and dy as of y
//
// Of Winograd's algorithm n is the products of a point, channels or tiles, and what the
// transforms add, in which every operand of a line stands once. With |d| ≤ max|x| the
// brackets are at most Growth · max|x| · Σ|w|, or Σ|dy|. Of Strassen's, n is half the channels
// and what the sums of pixels L, of weights T and of products R add; weights are those of an
// output and of its mate.
//
// All this is the worst case, which no data seen comes near: roundings of both signs
// cancel. If they are independent and even, λ·√n stands for n with a probability of
// 1 - 2n·exp(-λ²/2) (Higham and Mary 2019, SIAM J. Sci. Comput. 41, A2815).
// [WinogradTypical] is what random data keeps to.

// Bound is the proven bound of a plan.
type Bound struct {
	Roundings int     // that a product passes through
	Growth    float64 // 1 for a sum of the products themselves
	Mates     int     // half the outputs, where outputs so far apart are mates; else 0
}

// Of returns the bound of a result whose operands' sizes sum up to size: Σ|x||w|, or
// max|x|·Σ|w| for the algorithms of Winograd and Strassen, where an output that has a mate
// counts the weights of both. A bias and a residual count to the size, and one rounding each.
func (b Bound) Of(size float64) float64 {
	nu := float64(b.Roundings) * 0x1p-24
	if nu >= 1 {
		return math.Inf(1)
	}
	return nu / (1 - nu) * b.Growth * size
}

// Bound returns how far a result may be from the exact sum, before its activation.
func (p *Conv) Bound() Bound {
	return forwardBound(p.method, p.Shape.C/p.Shape.Groups*p.Shape.R*p.Shape.S, p.Shape.C)
}

// Bound returns how far a result may be from the exact sum, before its activation.
func (p *ConvDX) Bound() Bound {
	return forwardBound(p.method, p.Shape.O/p.Shape.Groups*p.Shape.R*p.Shape.S, p.Shape.O)
}

// forwardBound is that of sums of so many products, or of so many channels.
func forwardBound(m convMethod, products, channels int) Bound {
	switch of := m.(type) {
	case *winoOnce:
		m = of.convWinograd
	case *convDXStrassen:
		m = of.method
	}
	switch w := m.(type) {
	case *convWinograd:
		d := w.depths()
		return Bound{Roundings: channels + 2*d.in + d.pack + 2*d.out, Growth: w.growth()}
	case *convWinogradRow:
		return w.bound()
	case *convStrassen:
		return w.bound()
	}
	return Bound{Roundings: products, Growth: 1}
}

// Bound returns how far the gradients of n images may be from the exact sums.
func (p *ConvDW) Bound(n int) Bound {
	m := p.method
	if d, ok := m.(*dwByBatch); ok {
		m = d.of(n)
	}
	if s, ok := m.(*dwStrassen); ok && s.takes(n) {
		return s.bound(n)
	}
	d, ok := m.(*dwWinograd)
	if !ok {
		return Bound{Roundings: n * p.Shape.P() * p.Shape.Q(), Growth: 1}
	}
	w := d.w
	k := w.depths()
	chain := w.tilesOf(n)
	if w.t > w.weights { // four points share the sums of the middle weight
		chain *= 4
	}
	return Bound{Roundings: chain + 2*k.in + 2*k.gradient + 2*k.back, Growth: w.growth()}
}

// winoDepths are the most operations in f32 that a value passes through in one line of a
// transform, constants that are no f32 counted as one; pack is of both lines, which are
// in float64: the rounding of the result, and one for all the others.
type winoDepths struct{ in, pack, out, gradient, back int }

// depths are counted in codegen/kernel/winograd.go and winograd_dw.go. F(4, 3): of an
// input d3 - 2·d1 (1), times √½ (2), added (1); of an output m1 - m2 (1), times √½ (2),
// half of it added (1), and that of the other pair (1); of a gradient as of an input; of
// a weight u1 + u2 (1), 2/3 of it subtracted (2), and that of the other pair added (1).
// F(3, 3), whose a and b are f32 and their squares: of an input b²·d0 - d2 (1), times a added
// (1); of an output m0 - m1 (1), times a (1), that of the other pair added (1); of a gradient
// y0 + a²·y2 (1), a·y1 added (1); of a weight u0 - u1 (1), a part of it (2), and that of the
// other pair added (1).
func (w *convWinograd) depths() winoDepths {
	switch w.form {
	case winoF3:
		return winoDepths{in: 2, pack: 2, out: 3, gradient: 2, back: 4}
	case winoF4:
		return winoDepths{in: 4, pack: 2, out: 5, gradient: 4, back: 4}
	}
	return winoDepths{in: 1, pack: 2, out: 2, gradient: 1, back: 2}
}

// winoMatrices are the absolute values of Bᵀ, of G with a row for each point of a tile,
// and of Aᵀ; continued is Bᵀ of a line that the input transform continues, nil if it does with none.
type winoMatrices struct{ in, weights, out, continued [][]float64 }

// input returns Bᵀ of a line of so many results.
func (a *winoMatrices) input(results int) [][]float64 {
	if a.continued != nil && results <= winoContinued {
		return a.continued
	}
	return a.in
}

// absolute returns the matrices by what the transforms make of unit vectors.
func (w *convWinograd) absolute() winoMatrices {
	a := winoMatrices{in: zeros(w.t, w.pixels), weights: zeros(w.t, 3), out: zeros(w.m, w.t)}
	for j := range w.t {
		var x, y [6]float64
		x[j], y[j] = 1, 1
		w.winoInput(x[:], 1)
		w.winoOutput(y[:], 1)
		for i := range w.t {
			if j < w.pixels {
				a.in[i][j] = math.Abs(x[i])
			}
		}
		for i := range w.m {
			a.out[i][j] = math.Abs(y[i])
		}
	}
	for k := range 3 {
		var g [3]float64
		var u [6]float64
		g[k] = 1
		w.transform(&u, g[0], g[1], g[2])
		for i := range w.t {
			a.weights[i][k] = math.Abs(u[min(i, w.weights-1)])
		}
	}
	if w.continues(winoContinued) {
		a.continued = continued(a.in)
	}
	return a
}

// continued returns the Bᵀ of F(4, 3) where input 4 is 5/2 d2 - d0 (1), less 2·d2 (1), added
// (1). Points 0 and infinity are left out.
func continued(in [][]float64) [][]float64 {
	c := zeros(len(in), len(in))
	for xi := 1; xi < len(in)-1; xi++ {
		copy(c[xi], in[xi][:4])
		c[xi][0] += in[xi][4]
		c[xi][2] += 2.5 * in[xi][4]
	}
	return c
}

// bound is that of transforms of one line: of an input d1 - d0 (1), as much of another (1),
// added (1); of a weight as in depths; of an output m1 - m2 (1), a part of it added (1),
// and that of the other pair (1). Products with powers of two are exact.
func (w *convWinogradRow) bound() Bound {
	const in, pack, out = 3, 2, 3
	b := Bound{Roundings: 2*w.f.Shape.C*w.f.Shape.R + in + pack + out}
	var inputs [rowPoints]float64 // Σ|Bᵀ| of a point
	for j := range rowPoints {
		var d [rowPoints]float64
		d[j] = 1
		for xi, v := range rowInput(d) {
			inputs[xi] += math.Abs(v)
		}
	}
	for k := range rowTaps {
		var g [rowTaps]float64
		var sums [rowResults]float64
		g[k] = 1
		for xi, u := range rowWeights(g) {
			var m [rowPoints]float64
			m[xi] = 1
			for p, a := range rowOutput(m) {
				sums[p] += math.Abs(a*u) * inputs[xi]
			}
		}
		b.Growth = max(b.Growth, slices.Max(sums[:]))
	}
	return b
}

// bound is that of the product m5, which passes through most: its pixels through c + d (1),
// less a (1), its weights through c - a (1), taken from d (1), itself through m0 + m5 (1), m4
// or m6 added (1) and m2, m3 or m4 (1). Of m3 the weights pass through 3, itself through 1. An
// image without mate is off by less: twice the products, a growth of 1.
func (s *convStrassen) bound() Bound {
	const pixels, weights, results = 2, 2, 3
	b := Bound{Roundings: s.f.Shape.C/2 + pixels + weights + results, Mates: s.f.Shape.O / 2}
	for _, quarter := range strassenSizes([4]float64{1, 1, 1, 1}) {
		b.Growth = max(b.Growth, slices.Max(quarter[:]))
	}
	return b
}

// quarterFactors returns the factors that quarters a, b, c and d give the seven products.
func quarterFactors(q [4]float32, right bool) [7]float32 {
	a, b, d, sums := q[0], q[1], q[3], tiles.QuarterSums(q, right)
	if right {
		return [7]float32{a, b, d, sums[3], sums[0], sums[1], sums[2]}
	}
	return [7]float32{a, b, sums[3], d, sums[0], sums[1], sums[2]}
}

// strassenSizes returns what the sizes of the quarters of weights are multiplied by in the
// size of each quarter of a result, for the sizes of the quarters of pixels.
func strassenSizes(pixels [4]float64) (sizes [4][4]float64) {
	one := func(n, i int) []float32 {
		v := make([]float32, n)
		v[i] = 1
		return v
	}
	var left [7]float64 // Σ|L||x| of a product
	for i, size := range pixels {
		for p, v := range quarterFactors([4]float32(one(4, i)), false) {
			left[p] += math.Abs(float64(v)) * size
		}
	}
	for k := range 4 {
		for p, w := range quarterFactors([4]float32(one(4, k)), true) {
			for q, v := range tiles.QuarterResults([7]float32(one(7, p))) {
				sizes[q][k] += math.Abs(float64(v*w)) * left[p]
			}
		}
	}
	return sizes
}

func zeros(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, columns)
	}
	return m
}

// growth returns the largest factor of a tap in a result where all inputs are 1. It is
// the same in all passes: that of weight gradients is the sum over the same points.
func (w *convWinograd) growth() float64 {
	a, worst := w.absolute(), 0.0
	for p := range w.m {
		for _, in := range [][][]float64{a.in, a.input(p + 1)} {
			for k := range 3 {
				sum := 0.0
				for xi := range w.t {
					for _, v := range in[xi] {
						sum += a.out[p][xi] * a.weights[xi][k] * v
					}
				}
				worst = max(worst, sum)
			}
		}
	}
	return worst * worst
}

// WinogradTypical returns what random data keeps to, in place of what is proven: the
// result times max|x| · Σ|w|. It is calibrated at three times the largest error seen, and
// asserted. Where all products of a result have one sign, errors of the chain over the
// channels add up: see [WinogradChain].
func WinogradTypical(a Algorithm) float64 {
	switch a {
	case Winograd3:
		return 16 * 0x1p-24
	case Winograd4:
		return 32 * 0x1p-24
	case WinogradRow:
		return 20 * 0x1p-24
	}
	return 8 * 0x1p-24
}

// WinogradChain returns what data without chance, all of one size and sign, may add to
// [WinogradTypical]: the products of so many channels are one chain of multiply-adds, each
// of which may round the same way. It is calibrated too.
func WinogradChain(channels int) float64 { return float64(channels) / 4 * 0x1p-24 }

// StrassenTypical is what random data keeps to by Strassen's algorithm: the result times max|x|
// · Σ|w| over the filters of an output and of its mate. It is calibrated as [WinogradTypical]
// is. Where all products of a sum have one size and sign, [WinogradChain] of the channels is
// added.
const StrassenTypical = 8 * 0x1p-24
