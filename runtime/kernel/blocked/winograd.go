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
// The transforms and their points stand in codegen/kernel/winograd_forms.go.
type convWinograd struct {
	f    *ConvConfig
	form winoForm
	winoSize
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

// winoForm is a form of Winograd's algorithm, by which its transforms are known.
type winoForm uint8

const (
	winoF2     winoForm = iota // F(2x2, 3x3)
	winoF3                     // F(3x3, 3x3)
	winoF4                     // F(4x4, 3x3)
	winoHalved                 // F(2x2, 3x3) of stride 2
	winoSpread                 // the gradient of stride 2 in the input
)

// winoSize is the size of a tile of a form, a side.
type winoSize struct {
	m       int // results
	t       int // points
	pixels  int // that it reads
	weights int // points of U
}

var winoSizes = [...]winoSize{winoF2: {2, 4, 4, 4}, winoF3: {3, 5, 5, 5}, winoF4: {4, 6, 6, 6}, winoHalved: {2, 5, 5, 4}, winoSpread: {4, 5, 3, 4}}

// take makes w a convolution of a form.
func (w *convWinograd) take(form winoForm) { w.form, w.winoSize = form, winoSizes[form] }

// transforms reports whether a is one of the forms, and which it is of stride 1.
func (a Algorithm) transforms() (form winoForm, ok bool) {
	switch a {
	case Winograd2:
		return winoF2, true
	case Winograd3:
		return winoF3, true
	case Winograd4:
		return winoF4, true
	}
	return 0, false
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

func newConvWinograd(f *ConvConfig) *convWinograd {
	s := &f.Shape
	w := &convWinograd{f: f, generic: f.ISA == kernel.Generic, weightC: s.C}
	form, _ := f.Algo.transforms()
	switch {
	case winogradHalves(s) && f.Algo == Winograd2:
		form = winoHalved
	case !winogradFits(s) || f.PlainIn:
		panic("blocked: Winograd's algorithm is for 3x3 kernels of stride 1 on a map, F(2, 3) also of stride 2")
	}
	w.take(form)
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

// reads returns the first row that a result in row p is made of, counted from the padding.
func (w *convWinograd) reads(p, stride int) int {
	if w.form == winoSpread {
		return p / 2
	}
	return p * stride
}

// inputs returns the pixels of a line that a tile of so many results reads.
func (w *convWinograd) inputs(results int) int {
	if w.continues(results) {
		return results + 2
	}
	return w.pixels
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
				h, v := w.reads(p, s.StrideH), w.reads(q, s.StrideW)
				rows, cols := min(w.m, out.H-p), min(w.m, out.W-q)
				table[k] = winoTile{
					x:       4 * (x + h*inRow + v*Block),
					inRows:  min(w.inputs(rows), in.H+in.Halo+s.PadTop-h),
					inCols:  min(w.inputs(cols), in.W+in.Halo+s.PadLeft-v),
					y:       4 * (y + p*outRow + q*Block),
					outRows: rows,
					outCols: cols,
					res:     4 * (r + p*resRow + q*Block),
				}
				k++
			}
			q = 0
		}
		p = 0
	}
}
