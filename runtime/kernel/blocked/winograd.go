package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// convWinograd is F(m x m, 3 x 3): the image is cut into tiles of t = m + 2 pixels a
// side that overlap by two, each tile and the weights are transformed, and every one
// of the t² points is a product of matrices on its own:
//
//	M[xi][tile][o] = Σ_i V[xi][tile][i] · U[xi][i][o]      y = Aᵀ M A
//
//	U   [t²][⌈O/16⌉][⌈C/8⌉·8][16]    V   [t²][⌈C/16⌉][tiles][16]    M   [t²][⌈O/16⌉][tiles][16]
//
// (9·m² multiply-adds of the definition become t²: 36 against 144 for m = 4.) Of stride
// 2 tiles have 5 pixels a side for m = 2, 25 multiply-adds against 36, and 25 points of V
// share 16 of U; of its gradient in the input tiles have 3 pixels a side for m = 4, and as
// many points. Tiles
// of all images are one list, which is cut into blocks whose V and M stay in cache.
// The transforms and their points stand in codegen/kernel/winograd.go.
type convWinograd struct {
	f         *ConvConfig
	m, t      int  // results and points of a tile, a side
	pixels    int  // that a tile reads, a side
	spread    bool // the gradient of stride 2 in the input
	weights   int  // points of U, a side
	tilesH    int
	tilesW    int
	shortH    uint // points, as bits, that tiles short of rows have no use for
	shortW    uint // or of columns
	ins, outs int  // groups of 16 channels
	channels  int  // of U: C rounded up to whole blocks
	end       ending
	generic   bool
	rotated   bool // weights of backward-data: turned by 180 degrees, O and C swapped
	weightC   int  // input channels of the weights as they come
}

// points returns the number of points of the transformed domain.
func (w *convWinograd) points() int { return w.t * w.t }

// point returns the point of U that point xi of V is multiplied by.
func (w *convWinograd) point(xi int) int {
	last := w.weights - 1
	return min(xi/w.t, last)*w.weights + min(xi%w.t, last)
}

// shares reports whether an earlier point than xi is multiplied by the same one of U.
func (w *convWinograd) shares(xi int) bool { return max(xi/w.t, xi%w.t) >= w.weights }

// tilesOf returns the tiles of n images.
func (w *convWinograd) tilesOf(n int) int { return n * w.tilesH * w.tilesW }

// winogradFits reports whether Winograd's algorithm computes a convolution and its
// gradients, winogradHalves whether it computes one of stride 2 and the gradient of its
// weights.
func winogradFits(s *kernel.ConvShape) bool {
	return s.R == 3 && s.S == 3 && s.StrideH == 1 && s.StrideW == 1 && s.DilH == 1 && s.DilW == 1 && s.Groups == 1
}

func winogradHalves(s *kernel.ConvShape) bool {
	one := *s
	one.StrideH, one.StrideW = 1, 1
	return s.StrideH == 2 && s.StrideW == 2 && winogradFits(&one)
}

// winoHalved is the points of a tile of stride 2, a side, and the form that its transforms
// are known by; winoSpread is that of the gradient in the input.
const (
	winoHalved = 5
	winoSpread = 7
)

// form is what the transforms of inputs and outputs are known by.
func (w *convWinograd) form() int {
	if w.spread {
		return winoSpread
	}
	return w.t
}

// winogradFew is the fewest channels, of input and output, that pay for the
// transforms.
const winogradFew = 16

// winoWay is a form of Winograd's algorithm, as the choice sees it.
type winoWay struct {
	algo       Algorithm
	m, t       int // results and points of a tile, a side
	weights    int // points of U
	transforms int // of a tile, in the products of a channel
}

const (
	winoNear  = 8    // tiles that take as long as U from the third cache
	winoFar   = 16   // or from memory
	winoWorth = 1.08 // of the time of Direct, whose weights take less room
)

var (
	winoWays   = []winoWay{{Winograd4, 4, 6, 36, 26}, {Winograd2, 2, 4, 16, 8}}
	halvedWays = []winoWay{{Winograd2, 2, winoHalved, 16, 14}}
)

// winogradWins returns the algorithm that is fastest for some images of a shape, by
// products per channel of input and output: t² for each whole tile, somewhat more where few
// channels share the transforms, and for as many as winoNear or winoFar tiles in any case
// where U does not stay in a cache: it arrives that fast, while products are made. F(4, 3)
// wins but for few small images of many channels, whose U is 4 times the weights against
// 16/9. The images of a training step share what is read, and U is made at each step:
// there the transforms of stride 1 are left out.
func winogradWins(s *kernel.ConvShape, images int) Algorithm {
	ways := winoWays
	if winogradHalves(s) {
		ways = halvedWays
	} else if !winogradFits(s) {
		return Direct
	}
	few := min(s.C, s.O)
	if few < winogradFew {
		return Direct
	}
	best, least := Direct, float64(9*images*s.P()*s.Q())/winoWorth
	for _, a := range ways {
		products, fewest := images*a.line(s.P())*a.line(s.Q()), 0
		switch u := 4 * a.weights * s.C * s.O; {
		case u > 32<<20:
			fewest = winoFar
		case u > 1<<20:
			fewest = winoNear
		}
		cost := float64(max(products, a.weights*fewest))
		if images == 1 || a.t*a.t != a.weights {
			cost *= 1 + float64(a.transforms)/float64(few)
		}
		if cost < least {
			best, least = a.algo, cost
		}
	}
	return best
}

func newConvWinograd(f *ConvConfig) *convWinograd {
	s := &f.Shape
	w := &convWinograd{f: f, m: 4, generic: f.ISA == kernel.Generic, weightC: s.C}
	if f.Algo == Winograd2 {
		w.m = 2
	}
	w.t = w.m + 2
	w.weights = w.t
	w.pixels = w.t
	if winogradHalves(s) && f.Algo == Winograd2 {
		w.t, w.pixels = winoHalved, winoHalved
	} else if !winogradFits(s) || f.PlainIn {
		panic("blocked: Winograd's algorithm is for 3x3 kernels of stride 1 on a map, F(2, 3) also of stride 2")
	}
	w.cover(s.P(), s.Q())
	w.ins, w.outs = ceilDiv(s.C, tileOuts), ceilDiv(s.O, tileOuts)
	w.channels = roundUp(s.C, Block)
	w.end = endingOf(&f.Epilogue)
	return w
}

// panel is the floats of U of one point and 16 outputs, plane of one point.
func (w *convWinograd) panel() int { return w.channels * tileOuts }
func (w *convWinograd) plane() int { return w.outs * w.panel() }

func (w *convWinograd) packedLen() int { return w.weights * w.weights * w.plane() }

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
				h, v := p*s.StrideH, q*s.StrideW
				if w.spread {
					h, v = p/2, q/2
				}
				table[k] = winoTile{
					x:       4 * (x + h*inRow + v*Block),
					inRows:  min(w.pixels, in.H+in.Halo+s.PadTop-h),
					inCols:  min(w.pixels, in.W+in.Halo+s.PadLeft-v),
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
