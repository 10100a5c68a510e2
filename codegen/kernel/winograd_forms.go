package kernel

import "math"

// Forms of Winograd's algorithm: F(m x m, 3 x 3) for m of 2, 3 and 4, tiles of t = m + 2
// pixels a side, and those of stride 2.
//
// F(4, 3) interpolates at 0, ±√½, ±√2 and infinity. Next to the usual 0, ±1, ±2 the
// powers of these points stay near 1, which makes the error about four times
// smaller at the same number of operations. F(3, 3) does without 0, so that all its finite
// points come in pairs ±a, ±b. F(2, 3) has 0, ±1 and infinity.
//
//	input   F(4,3)  0: d0 - 5/2 d2 + d4       F(2,3)  d0 - d2
//	                ±a: (d4 - 2 d2) ± a (d3 - 2 d1)   d1 + d2
//	                ±b: (d4 - d2/2) ± b (d3 - d1/2)   d2 - d1
//	                ∞: d1 - 5/2 d3 + d5               d1 - d3
//	output  F(4,3)  y0 = m0 + s1 + s2         F(2,3)  m0 + m1 + m2
//	                y1 = a e1 + b e2                  m1 - m2 - m3
//	                y2 = s1/2 + 2 s2
//	                y3 = a e1/2 + 2 b e2 + m5     s1, e1 = m1 ± m2   s2, e2 = m3 ± m4
//
//	input   F(3,3)  ±a: (b² d1 - d3) ± a (b² d0 - d2)     output  y0 = s1 + s2
//	                ±b: (d3 - a² d1) ± b (d2 - a² d0)             y1 = a e1 + b e2
//	                ∞: d4 - b² d2 + a² (b² d0 - d2)               y2 = a² s1 + b² s2 + m4
//	                                              s1, e1 = m0 ± m1   s2, e2 = m2 ± m3
//
// Two results of F(4, 3) are made of d0 to d3 whatever the others are. A tile that has no more,
// at the border of a map, is taken with d4 = 5/2 d2 - d0, so that point 0 vanishes.
//
// Of stride 2 there are 2 results and 5 points: the even pixels of a line meet the outer
// weights as F(2, 2), whose points are 0, 1 and infinity, and the odd ones the middle weight.
// So 5 points of 4 transformed weights do what takes 6 products:
//
//	input   d0 - d2, d2, d4 - d2, d1, d3        output  m0 + m1 + m3, m1 + m2 + m4
//	weights g0, g0 + g2, g2, g1, g1                         gradient y0, y0 + y1, y1, y0, y1
//
// Its gradient in the input, with a padding of 1, has odd pixels of two outer weights,
// which are turned, and even ones of the middle weight: 3 pixels of dy make 4 of dx.
//
//	input   d0 - d1, d1, d2 - d1, d0, d1    output  m3, m0 + m1, m4, m1 + m2
//
// Source: Lavin and Gray 2015, arXiv:1509.09308; points: Barabasz et al. 2018,
// arXiv:1803.10986.

// WinoForm is a form: its names and the sizes of its tiles, a side.
type WinoForm struct {
	constant string    // of runtime/kernel/blocked
	name     string    // in the names of kernels
	m        int       // results
	t        int       // points
	pixels   int       // of which the points are made
	weights  int       // points of transformed weights: fewer than t where some share them
	consts   []float64 // of the transforms of inputs, outputs and gradients of outputs
	back     []float64 // of gradients of weights
	pack     []float64 // of weights, in float64
}

var (
	winoF2 = &WinoForm{constant: "winoF2", name: "2", m: 2, t: 4, pixels: 4, weights: 4, back: []float64{0.5}, pack: []float64{0.5}}
	winoF3 = &WinoForm{
		constant: "winoF3", name: "3", m: 3, t: 5, pixels: 5, weights: 5,
		consts: []float64{winoA * winoA, winoB * winoB, winoA, winoB},
		back:   []float64{winoOdd / winoA, winoOdd / winoB, winoOdd, winoOdd * winoA, winoOdd * winoB},
		pack:   []float64{winoA * winoA, winoOdd / winoA, winoB * winoB, winoOdd / winoB, winoOdd},
	}
	winoF4 = &WinoForm{
		constant: "winoF4", name: "4", m: 4, t: 6, pixels: 6, weights: 6,
		consts: []float64{2.5, 2, 0.5, math.Sqrt2 / 2, math.Sqrt2},
		back:   []float64{2. / 3, 1. / 6, -math.Sqrt2 / 3, math.Sqrt2 / 6, 1. / 3},
		pack:   []float64{0.5, -2. / 3, -math.Sqrt2 / 3, 1. / 6, math.Sqrt2 / 6},
	}
	winoHalved = &WinoForm{constant: "winoHalved", name: "2s2", m: 2, t: 5, pixels: 5, weights: 4}
	winoSpread = &WinoForm{constant: "winoSpread", name: "2s2dx", m: 4, t: 5, pixels: 3, weights: 4}
)

// winoContinued is the most results of a tile of F(4, 3), a side, that do without point 0.
const winoContinued = 2

// The points a and b of F(3, 3), and what its weights of both have in common.
const (
	winoA   = 3. / 8
	winoB   = 5. / 4
	winoOdd = 1 / (2 * (winoB*winoB - winoA*winoA))
)

// winoForms are the forms of which gradients of weights are computed, winoThrough those
// that have transforms of inputs and outputs of their own.
var (
	winoForms   = []*WinoForm{winoF2, winoHalved, winoF3, winoF4}
	winoThrough = append(winoForms[:len(winoForms):len(winoForms)], winoSpread)
)
