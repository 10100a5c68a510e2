package blocked

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// products visits every product of a convolution by its places in the plain result,
// input and weights.
func products(s *kernel.ConvShape, n int, visit func(y, x, w int)) {
	ci, co := s.C/s.Groups, s.O/s.Groups
	for y := range n * s.O * s.P() * s.Q() {
		image, o, p, q := y/(s.O*s.P()*s.Q()), y/(s.P()*s.Q())%s.O, y/s.Q()%s.P(), y%s.Q()
		for k := range ci * s.R * s.S {
			i, r, t := k/(s.R*s.S), k/s.S%s.R, k%s.S
			h, v := p*s.StrideH+r*s.DilH-s.PadTop, q*s.StrideW+t*s.DilW-s.PadLeft
			if h >= 0 && h < s.H && v >= 0 && v < s.W {
				visit(y, ((image*s.C+o/co*ci+i)*s.H+h)*s.W+v, o*ci*s.R*s.S+k)
			}
		}
	}
}

// sums are exact results and what their bound is in proportion to.
type sums struct{ exact, size []float64 }

func newSums(n int) sums { return sums{make([]float64, n), make([]float64, n)} }

func (s *sums) add(at int, a, b float32) {
	v := float64(a) * float64(b)
	s.exact[at] += v
	s.size[at] += math.Abs(v)
}

// check fails unless every result keeps to the bound, and returns the largest error as
// a part of it.
func (s *sums) check(t *testing.T, what string, got []float32, b Bound) float64 {
	t.Helper()
	worst := 0.0
	for i, v := range got {
		d, limit := math.Abs(float64(v)-s.exact[i]), b.Of(s.size[i])
		if !(d <= limit) {
			t.Fatalf("%s: element %d: got %v, want %v within %g", what, i, v, s.exact[i], limit)
		}
		if limit > 0 {
			worst = max(worst, d/limit)
		}
	}
	return worst
}

// sandwich returns m·x·mᵀ, x row by row.
func sandwich(m [][]float64, x []float64) []float64 { return between(m, m, x) }

// between returns a·x·bᵀ, x row by row, for a and b of one size.
func between(a, b [][]float64, x []float64) []float64 {
	n := len(a[0])
	half, out := make([]float64, len(a)*n), make([]float64, len(a)*len(a))
	for i := range a {
		for k := range n {
			for j := range n {
				half[i*n+j] += a[i][k] * x[k*n+j]
			}
		}
		for j := range b {
			for k := range n {
				out[i*len(a)+j] += half[i*n+k] * b[j][k]
			}
		}
	}
	return out
}

func transposed(m [][]float64) [][]float64 {
	t := zeros(len(m[0]), len(m))
	for i := range t {
		for j := range m {
			t[i][j] = m[j][i]
		}
	}
	return t
}

// sizesAt returns the sizes of side x side pixels of a channel from h, v on, zeros
// outside.
func sizesAt(x []float32, height, width, channel, h, v, side int) []float64 {
	out := make([]float64, side*side)
	for i := range out {
		if r, s := h+i/side, v+i%side; r >= 0 && r < height && s >= 0 && s < width {
			out[i] = math.Abs(float64(x[(channel*height+r)*width+s]))
		}
	}
	return out
}

// eachTile visits the tiles of n images: the rows and columns where their inputs and
// outputs begin.
func (w *convWinograd) eachTile(n int, visit func(image, h, v, p, q int)) {
	s := &w.f.Shape
	for k := range w.tilesOf(n) {
		p, q := k/w.tilesW%w.tilesH*w.m, k%w.tilesW*w.m
		h, v := p*s.StrideH-s.PadTop, q*s.StrideW-s.PadLeft
		if w.form == winoSpread {
			h, v = p/2, q/2
		}
		visit(k/(w.tilesH*w.tilesW), h, v, p, q)
	}
}

// resultSizes returns |Aᵀ| [Σ (|G||g||Gᵀ|) ⊙ (|Bᵀ||d||B|)] |A| of each result.
func (w *convWinograd) resultSizes(n int, x, weights []float32) []float64 {
	s, a := &w.f.Shape, w.absolute()
	height, width := w.f.Out.H, w.f.Out.W
	size := make([]float64, n*s.O*height*width)
	u := make([][]float64, s.O*s.C)
	for k := range u {
		g := make([]float64, 9)
		for j, v := range w.taps(weights, k/s.C, k%s.C) {
			g[j] = math.Abs(v)
		}
		u[k] = sandwich(a.weights, g)
	}
	w.eachTile(n, func(image, h, v, p, q int) {
		m := zeros(s.O, w.points())
		rows, cols := a.input(height-p), a.input(width-q)
		for i := range s.C {
			d := between(rows, cols, sizesAt(x, s.H, s.W, image*s.C+i, h, v, w.pixels))
			for o := range s.O {
				for xi, v := range d {
					m[o][xi] += v * u[o*s.C+i][xi]
				}
			}
		}
		for o := range s.O {
			for k, v := range sandwich(a.out, m[o]) {
				if r, c := p+k/w.m, q+k%w.m; r < height && c < width {
					size[((image*s.O+o)*height+r)*width+c] = v
				}
			}
		}
	})
	return size
}

// weightSizes returns |Gᵀ| [Σ (|Bᵀ||d||B|) ⊙ (|A||dy||Aᵀ|)] |G| of each weight.
func (w *convWinograd) weightSizes(n int, x, dy []float32) []float64 {
	s, a := &w.f.Shape, w.absolute()
	size, points := make([]float64, s.Weights()), zeros(s.O*s.C, w.points())
	back, forth := transposed(a.weights), transposed(a.out)
	w.eachTile(n, func(image, h, v, p, q int) {
		g := make([][]float64, s.O)
		for o := range g {
			g[o] = sandwich(forth, sizesAt(dy, s.P(), s.Q(), image*s.O+o, p, q, w.m))
		}
		rows, cols := a.input(s.P()-p), a.input(s.Q()-q)
		for i := range s.C {
			for xi, v := range between(rows, cols, sizesAt(x, s.H, s.W, image*s.C+i, h, v, w.pixels)) {
				for o := range s.O {
					points[o*s.C+i][xi] += v * g[o][xi]
				}
			}
		}
	})
	for k := range points {
		copy(size[9*k:], sandwich(back, points[k]))
	}
	return size
}

// mateOf returns the mate of a pixel of n images, ok if it has one, and whether it is the first
// of both.
func (p pairing) mateOf(n, image, row, column int) (at [3]int, first, ok bool) {
	at = [3]int{image, row, column}
	axis := [...]int{mateImages: 0, mateRows: 1, mateColumns: 2}[p.kind]
	first = at[axis]%2 == 0
	at[axis] ^= 1
	return at, first, at[0] < n
}

// resultSizes returns Σ |R| [Σ (|L||x|) ⊙ (|T||w|)] of each result and, where an image has no
// mate, 2 Σ |x||w|: its products pass through twice the roundings.
func (p *convStrassen) resultSizes(n int, x []float32, weight func(o, i int) float32) []float64 {
	s := &p.f.Shape
	height, width, half := p.f.Out.H, p.f.Out.W, s.C/2
	size := make([]float64, n*s.O*height*width)
	at := func(of [3]int, o int) *float64 { return &size[((of[0]*s.O+o)*height+of[1])*width+of[2]] }
	pixel := func(of [3]int, ch int) float64 {
		return math.Abs(float64(x[((of[0]*s.C+ch)*s.H+of[1]*s.StrideH)*s.W+of[2]*s.StrideW]))
	}
	w := make([]float64, s.O*s.C)
	for k := range w {
		w[k] = math.Abs(float64(weight(k/s.C, k%s.C)))
	}
	for i := range n * height * width {
		own := [3]int{i / (height * width), i / width % height, i % width}
		mate, first, ok := p.mateOf(n, own[0], own[1], own[2])
		for ch := range half {
			if !ok {
				for o := range s.O {
					*at(own, o) += 2 * (pixel(own, ch)*w[o*s.C+ch] + pixel(own, half+ch)*w[o*s.C+half+ch])
				}
				continue
			} else if !first {
				continue
			}
			sizes := strassenSizes([4]float64{pixel(own, ch), pixel(own, half+ch), pixel(mate, ch), pixel(mate, half+ch)})
			for o := range s.O / 2 {
				later := s.O/2 + o
				quarters := [4]float64{w[o*s.C+ch], w[o*s.C+half+ch], w[later*s.C+ch], w[later*s.C+half+ch]}
				for q, to := range []*float64{at(own, o), at(own, later), at(mate, o), at(mate, later)} {
					for k, v := range quarters {
						*to += sizes[q][k] * v
					}
				}
			}
		}
	}
	return size
}

// extremes are data that the transforms have most to lose by, by channel and place.
func extremes(r *rand.Rand) map[string]func(channel, i int) float32 {
	sign := func(k int) float32 { return float32(1 - 2*(k%2)) }
	return map[string]func(channel, i int) float32{
		"one sign":   func(int, int) float32 { return 0.99 },
		"channels":   func(c, _ int) float32 { return 0.99 * sign(c) }, // cancels against one sign
		"places":     func(_, i int) float32 { return 0.97 * sign(i) },
		"threes":     func(c, i int) float32 { return 0.97 * sign((c+i)/3) },
		"drawn":      func(int, int) float32 { return 0.97 * sign(r.IntN(2)) },
		"one of all": func(c, i int) float32 { return []float32{1, 1e-6}[b2i((7*c+i)%97 > 0)] },
		"range": func(int, int) float32 {
			return sign(r.IntN(2)) * float32(math.Ldexp(1+r.Float64(), r.IntN(41)-20))
		},
		"even": func(int, int) float32 { return 2*r.Float32() - 1 },
	}
}

// boundCase is one convolution with its plain operands.
type boundCase struct {
	s        kernel.ConvShape
	n        int
	x, w, dy []float32
}

func newBoundCase(s kernel.ConvShape, n int, x, w func(channel, i int) float32) *boundCase {
	fill := func(count, channels, each int, of func(channel, i int) float32) []float32 {
		data := make([]float32, count*channels*each)
		for i := range data {
			data[i] = of(i/each%channels, i%each)
		}
		return data
	}
	return &boundCase{s: s, n: n, x: fill(n, s.C, s.H*s.W, x), w: fill(s.O, s.C/s.Groups, s.R*s.S, w), dy: fill(n, s.O, s.P()*s.Q(), w)}
}

// maps returns those of the images and of the results.
func (c *boundCase) maps() (in, out Map) {
	s := &c.s
	return Map{C: s.C, H: s.H, W: s.W, Halo: max(1, s.PadTop)}, Map{C: s.O, H: s.P(), W: s.Q(), Halo: DXHalo(s)}
}

// run computes all passes that an algorithm has and holds them against their bounds. Sizes
// that tell of each element what it is made of have no growth beside them.
func (c *boundCase) run(t *testing.T, what string, algo Algorithm, isa kernel.ISA) (worst float64) {
	worst = c.forward(t, what+", forward", algo, isa)
	if algo != Stem {
		worst = max(worst, c.inputGradient(t, what+", input gradient", algo, isa))
	}
	return max(worst, c.weightGradient(t, what+", weight gradient", algo, isa))
}

// images returns the images as an algorithm reads them.
func (c *boundCase) images(algo Algorithm) []float32 {
	if algo == Stem {
		return c.x
	}
	in, _ := c.maps()
	return enter(in, c.n, c.x)
}

func (c *boundCase) forward(t *testing.T, what string, algo Algorithm, isa kernel.ISA) float64 {
	s, n, ctx := c.s, c.n, kernel.NewCtx(nil)
	in, out := c.maps()
	f := ConvConfig{Shape: s, PlainIn: algo == Stem, In: in, Out: out, Algo: algo, ISA: isa}
	if algo == Strassen {
		f.Images = n
	}
	p := NewConv(f)
	packed, y := make([]float32, p.PackedLen()), poison(make([]float32, out.Len(n)))
	p.Pack(packed, c.w)
	ctx.Reserve(p.Need(n))
	p.Run(ctx, n, y, c.images(algo), packed, nil, nil)
	want := newSums(len(c.dy))
	products(&s, n, func(y, x, w int) { want.add(y, c.x[x], c.w[w]) })
	b := p.Bound()
	switch m := p.method.(type) {
	case *convWinograd:
		want.size, b.Growth = m.resultSizes(n, c.x, c.w), 1
	case *convStrassen:
		want.size, b.Growth = m.resultSizes(n, c.x, func(o, i int) float32 { return c.w[o*s.C+i] }), 1
	}
	return want.check(t, what, leave(out, n, y), b)
}

func (c *boundCase) inputGradient(t *testing.T, what string, algo Algorithm, isa kernel.ISA) float64 {
	s, n, ctx := c.s, c.n, kernel.NewCtx(nil)
	in, out := c.maps()
	if algo == Strassen && s.StrideH > 1 { // it has no such gradient
		return 0
	}
	f := ConvDXConfig{Shape: s, In: out, Out: in, Algo: algo, ISA: isa}
	if algo == Strassen {
		f.Images = n
	}
	p := NewConvDX(f)
	packed, dx := make([]float32, p.PackedLen()), poison(make([]float32, in.Len(n)))
	p.Pack(packed, c.w)
	ctx.Reserve(p.Need(n))
	p.Run(ctx, n, dx, enter(out, n, c.dy), packed, nil, nil)
	want := newSums(len(c.x))
	products(&s, n, func(y, x, w int) { want.add(x, c.dy[y], c.w[w]) })
	b := p.Bound()
	switch m := p.method.(type) {
	case *convWinograd:
		want.size, b.Growth = m.resultSizes(n, c.dy, c.w), 1
	case *convDXStrassen:
		turned := m.method.(*convStrassen)
		want.size, b.Growth = turned.resultSizes(n, c.dy, func(o, i int) float32 { return c.w[i*s.C+o] }), 1
	}
	return want.check(t, what, leave(in, n, dx), b)
}

func (c *boundCase) weightGradient(t *testing.T, what string, algo Algorithm, isa kernel.ISA) float64 {
	s, n, ctx := c.s, c.n, kernel.NewCtx(nil)
	in, out := c.maps()
	p := NewConvDW(ConvDWConfig{Shape: s, X: in, PlainX: algo == Stem, DY: out, Algo: algo, ISA: isa})
	dw := poison(make([]float32, s.Weights()))
	ctx.Reserve(p.Need(n))
	p.Run(ctx, n, dw, c.images(algo), enter(out, n, c.dy))
	want := newSums(len(c.w))
	products(&s, n, func(y, x, w int) { want.add(w, c.x[x], c.dy[y]) })
	b := p.Bound(n)
	switch m := p.method.(type) {
	case *dwWinograd:
		want.size, b.Growth = m.w.weightSizes(n, c.x, c.dy), 1
	case *dwStrassen:
		want.size, b.Growth = m.weightSizes(n, c.x, c.dy), 1
	}
	return want.check(t, what, dw, b)
}

// leave returns n images of a map in their plain order.
func leave(m Map, n int, data []float32) []float32 {
	plain := make([]float32, n*m.C*m.H*m.W)
	NewLeave(m).Run(kernel.NewCtx(nil), n, plain, data)
	return plain
}

// TestBound holds every algorithm and pass but that of [TestWinogradRowBoundOnExtremes] against its proven bound, element by element,
// on data of one sign, that cancels, of very different sizes and at random.
func TestBound(t *testing.T) {
	r := newRand(t)
	grouped := square(32, 32, 7, 3, 1)
	grouped.Groups = 4
	depthwise := square(24, 24, 9, 3, 1)
	depthwise.Groups = 24
	tall := square(32, 32, 6, 1, 1)
	tall.W = 5 // rows are mates
	halved := square(24, 24, 9, 3, 2)
	halved.Groups = 24
	for _, row := range []struct {
		s     kernel.ConvShape
		algos []Algorithm
	}{
		{square(20, 12, 9, 3, 1), []Algorithm{Direct, Winograd2, Winograd3, Winograd4}},
		{square(160, 8, 6, 3, 1), []Algorithm{Direct, Winograd2, Winograd3, Winograd4}},
		{square(20, 12, 9, 3, 2), []Algorithm{Direct, Winograd2}},
		{square(160, 8, 6, 3, 2), []Algorithm{Direct, Winograd2}},
		{square(40, 24, 7, 1, 1), []Algorithm{Direct}},
		{square(32, 64, 6, 1, 1), []Algorithm{Direct, Strassen}},
		{square(96, 32, 5, 1, 1), []Algorithm{Direct, Strassen}}, // images are mates, but the last
		{tall, []Algorithm{Direct, Strassen}},
		{square(48, 32, 7, 1, 2), []Algorithm{Direct, Strassen}},
		{grouped, []Algorithm{Direct}},
		{depthwise, []Algorithm{Depthwise}},
		{halved, []Algorithm{Depthwise}},
		{square(3, 20, 21, 3, 2), []Algorithm{Stem}},
		{square(4, 9, 22, 7, 2), []Algorithm{Stem}},
		{square(1, 17, 9, 5, 1), []Algorithm{Stem}},
	} {
		worst := make([]float64, len(algorithmNames))
		data := extremes(r)
		for _, name := range slices.Sorted(maps.Keys(data)) {
			for _, weights := range slices.Compact([]string{"one sign", name}) {
				c := newBoundCase(row.s, 2+row.s.P()%2, data[name], data[weights])
				for _, algo := range row.algos {
					for _, isa := range isas()[1:] {
						what := fmt.Sprintf("%v, %v, %s, data %q with %q", algo, isa, layerName(row.s), name, weights)
						worst[algo] = max(worst[algo], c.run(t, what, algo, isa))
					}
				}
			}
		}
		t.Logf("%-30s largest errors of algorithms, as parts of their bounds: %.3f", layerName(row.s), worst)
	}
}

// TestBoundGrowth asserts the constants of the bound that asks for no data.
func TestBoundGrowth(t *testing.T) {
	for _, row := range []struct {
		algo         Algorithm
		side, stride int
		want         float64
	}{{Winograd2, 3, 1, 16}, {Winograd2, 3, 2, 9}, {Winograd3, 3, 1, 65}, {Winograd4, 3, 1, 158}, {Strassen, 1, 1, 7}} {
		s := square(32, 32, 8, row.side, row.stride)
		f := layerConfig(s)
		f.Algo, f.ISA = row.algo, kernel.Selected()
		p, r := NewConv(f), newRand(t)
		x, weights := random(r, s.C*s.H*s.W), random(r, s.Weights())
		var sizes []float64
		switch m := p.method.(type) {
		case *convWinograd:
			sizes = m.resultSizes(1, x, weights)
		case *convStrassen:
			sizes = m.resultSizes(1, x, func(o, i int) float32 { return weights[o*s.C+i] })
		default: // no assembly
			continue
		}
		b, largest := p.Bound(), 0.0
		if b.Growth > row.want || b.Growth < 0.95*row.want {
			t.Errorf("%v, stride %d: found a growth of %v, expected almost %v", row.algo, row.stride, b.Growth, row.want)
		}
		for _, v := range x {
			largest = max(largest, math.Abs(float64(v)))
		}
		sums := make([]float64, s.O)
		for i, v := range weights {
			o := i * s.O / len(weights)
			sums[o] += math.Abs(float64(v))
			if b.Mates > 0 {
				sums[(o+b.Mates)%s.O] += math.Abs(float64(v))
			}
		}
		for i, size := range sizes {
			if limit := b.Growth * largest * sums[i/(s.P()*s.Q())]; size > limit {
				t.Fatalf("%v: the size of result %d is %v, beyond %v", row.algo, i, size, limit)
			}
		}
	}
}
