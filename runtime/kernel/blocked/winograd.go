package blocked

import (
	"math"

	"github.com/netc-lang/netc/runtime/kernel"
)

// convWinograd is F(m x m, 3 x 3): the image is cut into tiles of t = m + 2 pixels a
// side that overlap by two, each tile and the weights are transformed, and every one
// of the t² points is a product of matrices on its own:
//
//	M[xi][tile][o] = Σ_i V[xi][tile][i] · U[xi][i][o]      y = Aᵀ M A
//
//	U   [t²][⌈O/16⌉][⌈C/8⌉·8][16]    V   [t²][⌈C/16⌉][tiles][16]    M   [t²][⌈O/16⌉][tiles][16]
//
// (9·m² multiply-adds of the definition become t²: 36 against 144 for m = 4.) Tiles
// of all images are one list, which is cut into blocks whose V and M stay in cache.
// The transforms and their points stand in codegen/kernel/winograd.go.
type convWinograd struct {
	f         *ConvConfig
	m, t      int
	tilesH    int
	tilesW    int
	ins, outs int // groups of 16 channels
	channels  int // of U: C rounded up to whole blocks
	end       ending
	transform [][3]float64 // of the weights, G
	generic   bool
	rotated   bool // weights of backward-data: turned by 180 degrees, O and C swapped
	weightO   int  // output channels of the weights as they come
	weightC   int
}

// points returns the number of points of the transformed domain.
func (w *convWinograd) points() int { return w.t * w.t }

// tilesOf returns the tiles of n images.
func (w *convWinograd) tilesOf(n int) int { return n * w.tilesH * w.tilesW }

// winogradFits reports whether Winograd's algorithm computes a convolution.
func winogradFits(s *kernel.ConvShape) bool {
	return s.R == 3 && s.S == 3 && s.StrideH == 1 && s.StrideW == 1 && s.DilH == 1 && s.DilW == 1 && s.Groups == 1
}

// winogradWins returns the algorithm that is fastest for a shape: F(4,3) from 12
// pixels a side on, where the tiles that reach beyond the image cost less than they
// save; F(2,3) for the small images of many channels, whose weights it reads grow
// by 16/9 only; Direct for anything else. Few channels leave the transforms with
// too few products to pay for them.
func winogradWins(s *kernel.ConvShape) Algorithm {
	few, side := min(s.C, s.O), min(s.P(), s.Q())
	switch {
	case !winogradFits(s):
		return Direct
	case side >= 12 && few >= 24:
		return Winograd4
	case side >= 6 && few >= 64:
		return Winograd2
	}
	return Direct
}

func newConvWinograd(f *ConvConfig) *convWinograd {
	s := &f.Shape
	if !winogradFits(s) || f.PlainIn {
		panic("blocked: Winograd's algorithm is for 3x3 kernels of stride 1 on a map")
	}
	w := &convWinograd{f: f, m: 4, transform: winogradG4(), generic: f.ISA == kernel.Generic || !f.ISA.Available(), weightC: s.C}
	if f.Algo == Winograd2 {
		w.m, w.transform = 2, winogradG2
	}
	w.t = w.m + 2
	w.tilesH, w.tilesW = ceilDiv(s.P(), w.m), ceilDiv(s.Q(), w.m)
	w.ins, w.outs = ceilDiv(s.C, tileOuts), ceilDiv(s.O, tileOuts)
	w.channels = roundUp(s.C, Block)
	w.end = endingOf(&f.Epilogue)
	return w
}

// winogradG2 is the transform of weights of F(2, 3).
var winogradG2 = [][3]float64{{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}}

// winogradG4 is that of F(4, 3): for each point p the powers of p over the product
// of the differences between p and the other points.
func winogradG4() [][3]float64 {
	g := [][3]float64{{1, 0, 0}}
	for _, p := range []float64{math.Sqrt2 / 2, -math.Sqrt2 / 2, math.Sqrt2, -math.Sqrt2} {
		scale := -1 / 1.5 // 2p²(p² - 2)
		if p*p > 1 {
			scale = 1 / 6. // 2p²(p² - 1/2)
		}
		g = append(g, [3]float64{scale, scale * p, scale * p * p})
	}
	return append(g, [3]float64{0, 0, 1})
}

// panel is the floats of U of one point and 16 outputs, plane of one point.
func (w *convWinograd) panel() int { return w.channels * tileOuts }
func (w *convWinograd) plane() int { return w.outs * w.panel() }

func (w *convWinograd) packedLen() int { return w.points() * w.plane() }

// pack transforms OIHW weights in float64.
func (w *convWinograd) pack(dst, weights []float32) {
	clear(dst[:w.packedLen()])
	s := &w.f.Shape
	for o := range s.O {
		for i := range s.C {
			taps := w.taps(weights, o, i)
			at := o/tileOuts*w.panel() + i*tileOuts + o%tileOuts
			for a, ga := range w.transform {
				var row [3]float64
				for k := range row {
					row[k] = ga[0]*taps[k] + ga[1]*taps[3+k] + ga[2]*taps[6+k]
				}
				for b, gb := range w.transform {
					u := row[0]*gb[0] + row[1]*gb[1] + row[2]*gb[2]
					dst[(a*w.t+b)*w.plane()+at] = float32(u)
				}
			}
		}
	}
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

// winoTile is an entry of the table of tiles of a block: distances in bytes, and
// how many rows and columns of its t² inputs and m² outputs the maps have.
type winoTile struct {
	x              int
	inRows, inCols int
	y              int
	outRows        int
	outCols        int
	res            int
	unused         int
}

// tiles fills a table with the tiles from first on.
func (w *convWinograd) tiles(table []winoTile, first int) {
	s, in, out, res := &w.f.Shape, w.f.In, w.f.Out, w.f.Residual
	image := first / (w.tilesH * w.tilesW)
	p, q := first/w.tilesW%w.tilesH*w.m, first%w.tilesW*w.m
	inRow, outRow, resRow := in.Row(), out.Row(), res.Row()
	for k := 0; k < len(table); image++ {
		x, y, r := in.At(image, 0, -s.PadTop, -s.PadLeft), out.At(image, 0, 0, 0), res.At(image, 0, 0, 0)
		for ; p < out.H && k < len(table); p += w.m {
			for ; q < out.W && k < len(table); q += w.m {
				table[k] = winoTile{
					x:       4 * (x + p*inRow + q*Block),
					inRows:  min(w.t, in.H+in.Halo+s.PadTop-p),
					inCols:  min(w.t, in.W+in.Halo+s.PadLeft-q),
					y:       4 * (y + p*outRow + q*Block),
					outRows: min(w.m, out.H-p),
					outCols: min(w.m, out.W-q),
					res:     4 * (r + p*resRow + q*Block),
				}
				k++
			}
			q = 0
		}
		p = 0
	}
}

// WinogradBound returns how far Winograd's algorithm may be from the exact sums of
// output o: the result times max|x| · Σ|w[o]|. It is calibrated, not proven: on
// random data the largest errors seen are a third of it.
func WinogradBound(a Algorithm) float64 {
	if a == Winograd4 {
		return 32 * 0x1p-24
	}
	return 8 * 0x1p-24
}
