package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// rowOrder is the order of the transformed weights of convWinogradRow:
// [7][⌈O/16⌉][C][2][R][16].
type rowOrder struct{ s *kernel.ConvShape }

// stream returns the floats from 16 outputs to the next, point those of a point.
func (d rowOrder) stream() int { return 2 * d.s.C * d.s.R * tileOuts }
func (d rowOrder) point() int  { return ceilDiv(d.s.O, tileOuts) * d.stream() }

// at is where point 0 of the weights of output o, input i, row r and the columns of a
// parity lies.
func (d rowOrder) at(o, i, parity, r int) int {
	return o/tileOuts*d.stream() + ((2*i+parity)*d.s.R+r)*tileOuts + o%tileOuts
}

// pack transforms OIHW weights in float64.
func (w *convWinogradRow) pack(dst, weights []float32) {
	s := &w.f.Shape
	clear(dst[:w.packedLen()])
	for line := range s.O * s.C * s.R {
		o, i, r := line/(s.C*s.R), line/s.R%s.C, line%s.R
		for parity := range 2 {
			var g [rowTaps]float64
			for k := parity; k < s.S; k += 2 {
				g[k/2] = float64(weights[line*s.S+k])
			}
			at := w.order.at(o, i, parity, r)
			for xi, u := range rowWeights(g) {
				dst[xi*w.order.point()+at] = float32(u)
			}
		}
	}
}

// rowWeights is G, the transform of four weights: for each finite point p the sum of
// g[j]·pʲ over the product of the differences between p and the other points; at infinity
// g[3].
func rowWeights(g [rowTaps]float64) (u [rowPoints]float64) {
	finite := func(p, differences float64) float64 {
		return (((g[3]*p+g[2])*p+g[1])*p + g[0]) / differences
	}
	for i, p := range [2]float64{rowNear, rowFar} {
		// The others are the other pair, 0, −p and 1.
		other := rowNear*rowNear + rowFar*rowFar - p*p
		for k, p := range [2]float64{p, -p} {
			u[1+2*i+k] = finite(p, 2*p*p*(p*p-other)*(p-1))
		}
	}
	u[0], u[6] = finite(0, -1), finite(1, (1-rowNear*rowNear)*(1-rowFar*rowFar))
	u[5] = g[3]
	return u
}
