package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// someConv returns a random small convolution: odd sizes, strides, dilations,
// groups and uneven padding.
func someConv(r *rand.Rand) ConvShape {
	for {
		groups := []int{1, 1, 1, 2, 3}[r.IntN(5)]
		depth := 1 + r.IntN(7)
		if r.IntN(4) == 0 { // depthwise
			groups, depth = 2+r.IntN(12), 1
		}
		s := ConvShape{
			C: groups * depth, H: 1 + r.IntN(20), W: 1 + r.IntN(20), O: groups * (1 + r.IntN(15)),
			R: 1 + r.IntN(5), S: 1 + r.IntN(5), StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3),
			PadTop: r.IntN(4), PadLeft: r.IntN(4), PadBottom: r.IntN(4), PadRight: r.IntN(4),
			DilH: 1 + r.IntN(2), DilW: 1 + r.IntN(2), Groups: groups,
		}
		if s.H+s.PadTop+s.PadBottom >= s.DilH*(s.R-1)+1 && s.W+s.PadLeft+s.PadRight >= s.DilW*(s.S-1)+1 {
			return s
		}
	}
}

// convCase is a convolution of n images with its operands.
type convCase struct {
	s                        ConvShape
	e                        Epilogue
	n                        int
	x, w, bias, residual, dy []float32
}

func newConvCase(r *rand.Rand, s ConvShape, n int, exact bool) *convCase {
	fill := normals
	if exact {
		fill = integers
	}
	return &convCase{s, someEpilogue(r, exact), n,
		fill(r, n*s.in()), fill(r, s.Weights()), fill(r, s.O), fill(r, n*s.out()), fill(r, n*s.out())}
}

func (c *convCase) String() string { return fmt.Sprintf("n=%d %+v %+v", c.n, c.s, c.e) }

func (c *convCase) forward(t testing.TB, threads int, vector bool) []float32 {
	p := NewConv(c.s, c.e)
	p.vector = vector
	per, shared := p.Need(c.n)
	ctx := context(t, threads, per, shared)
	packed := poison(p.PackedLen())
	p.Pack(packed, c.w)
	y := poison(c.n * c.s.out())
	p.Run(ctx, c.n, y, c.x, packed, c.bias, c.residual)
	return y
}

func (c *convCase) inputGradient(t testing.TB, threads int, vector bool) []float32 {
	p := NewConvDX(c.s)
	p.vector = vector
	per, shared := p.Need(c.n)
	ctx := context(t, threads, per, shared)
	packed := poison(p.PackedLen())
	p.Pack(packed, c.w)
	dx := poison(c.n * c.s.in())
	p.Run(ctx, c.n, dx, c.dy, packed)
	return dx
}

func (c *convCase) weightGradient(t testing.TB, threads int, vector bool) []float32 {
	p := NewConvDW(c.s)
	p.vector = vector
	per, shared := p.Need(c.n)
	ctx := context(t, threads, per, shared)
	dw := poison(c.s.Weights())
	p.Run(ctx, c.n, dw, c.x, c.dy)
	return dw
}

// kinds are the three kernels of a convolution, with the length of their sums.
var convKinds = []struct {
	name string
	run  func(c *convCase, t testing.TB, threads int, vector bool) []float32
	sum  func(c *convCase) int
}{
	{"forward", (*convCase).forward, func(c *convCase) int { return c.s.C / c.s.Groups * c.s.R * c.s.S }},
	{"dx", (*convCase).inputGradient, func(c *convCase) int { return c.s.O / c.s.Groups * c.s.R * c.s.S }},
	{"dw", (*convCase).weightGradient, func(c *convCase) int { return c.n * c.s.P() * c.s.Q() }},
}

// imageCounts are batches that take every path: single images, lanes in part,
// whole and more than one block.
var imageCounts = []int{1, 2, 5, 7, 8, 9, 16, 19}

func TestConvTwin(t *testing.T) {
	skipWithoutVector(t)
	for _, k := range convKinds {
		t.Run(k.name, func(t *testing.T) {
			r := newRand(t)
			for i := range 240 {
				exact := i%3 != 0
				c := newConvCase(r, someConv(r), imageCounts[i%len(imageCounts)], exact)
				got, want := k.run(c, t, 1, true), k.run(c, t, 1, false)
				if exact {
					wantSame(t, c.String(), got, want)
				} else {
					wantClose(t, c.String(), got, want, 2e-6*float64(k.sum(c)+4))
				}
			}
		})
	}
}

// convPlaces are shapes at the edges of the blocked algorithms: several blocks of
// channels, images folded into one block, parts of the panels, rows of strides and
// of single pixels, maps too large for lanes.
var convPlaces = []struct {
	n int
	s ConvShape
}{
	{1, ConvShape{C: 80, H: 7, W: 7, O: 13, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 1}},
	{3, ConvShape{C: 80, H: 7, W: 7, O: 100, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 1}},
	{21, ConvShape{C: 150, H: 7, W: 7, O: 150, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 1}},
	{26, ConvShape{C: 260, H: 4, W: 5, O: 400, R: 1, S: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}},
	{2, ConvShape{C: 400, H: 9, W: 9, O: 14, R: 1, S: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}},
	{2, ConvShape{C: 40, H: 14, W: 13, O: 20, R: 1, S: 1, StrideH: 2, StrideW: 2, DilH: 1, DilW: 1, Groups: 1}},
	{2, ConvShape{C: 3, H: 61, W: 67, O: 17, R: 7, S: 7, StrideH: 2, StrideW: 2, PadTop: 3, PadLeft: 3, PadBottom: 3, PadRight: 3, DilH: 1, DilW: 1, Groups: 1}},
	{9, ConvShape{C: 4, H: 40, W: 50, O: 9, R: 3, S: 2, StrideH: 2, StrideW: 1, PadTop: 1, PadRight: 1, DilH: 2, DilW: 3, Groups: 1}},
	{8, ConvShape{C: 6, H: 50, W: 50, O: 12, R: 3, S: 3, StrideH: 1, StrideW: 3, PadLeft: 2, DilH: 1, DilW: 1, Groups: 3}},
	{10, ConvShape{C: 16, H: 33, W: 35, O: 16, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 16}},
	{3, ConvShape{C: 5, H: 130, W: 121, O: 10, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 5}},
	{2, ConvShape{C: 5, H: 130, W: 121, O: 15, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 5}},
	{2, ConvShape{C: 3, H: 131, W: 150, O: 3, R: 5, S: 4, StrideH: 3, StrideW: 3, PadTop: 6, PadLeft: 1, PadRight: 7, DilH: 2, DilW: 1, Groups: 3}},
	{33, ConvShape{C: 70, H: 7, W: 7, O: 70, R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 70}},
	{5, ConvShape{C: 40, H: 14, W: 14, O: 40, R: 7, S: 7, StrideH: 1, StrideW: 2, PadTop: 3, PadLeft: 3, PadBottom: 3, PadRight: 3, DilH: 1, DilW: 1, Groups: 40}},
	{1, ConvShape{C: 2, H: 40, W: 40, O: 3, R: 19, S: 19, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}},
	{33, ConvShape{C: 1, H: 28, W: 28, O: 6, R: 5, S: 5, StrideH: 1, StrideW: 1, PadTop: 2, PadLeft: 2, PadBottom: 2, PadRight: 2, DilH: 1, DilW: 1, Groups: 1}},
	{20, ConvShape{C: 6, H: 14, W: 14, O: 16, R: 5, S: 5, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}},
	{3, ConvShape{C: 9, H: 75, W: 91, O: 24, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, DilH: 1, DilW: 1, Groups: 1}},
}

func TestConvPlaces(t *testing.T) {
	skipWithoutVector(t)
	for _, k := range convKinds {
		t.Run(k.name, func(t *testing.T) {
			r := newRand(t)
			for _, p := range convPlaces {
				c := newConvCase(r, p.s, p.n, true)
				want := k.run(c, t, 1, false)
				wantSame(t, c.String(), k.run(c, t, 1, true), want)
			}
		})
	}
}

func TestConvThreads(t *testing.T) {
	for _, k := range convKinds {
		t.Run(k.name, func(t *testing.T) {
			r := newRand(t)
			for _, p := range convPlaces {
				c := newConvCase(r, p.s, p.n, false)
				c.e.Act = ActTanh
				want := k.run(c, t, 1, vector)
				for _, threads := range []int{2, 3, 8} {
					wantSame(t, fmt.Sprintf("%d threads, %v", threads, c), k.run(c, t, threads, vector), want)
				}
			}
		})
	}
}

func BenchmarkConv(b *testing.B) {
	r := newRand(b)
	group := func(n, c, hw, o, k, stride, groups int) {
		s := ConvShape{C: c, H: hw, W: hw, O: o, R: k, S: k, StrideH: stride, StrideW: stride,
			PadTop: k / 2, PadLeft: k / 2, PadBottom: k / 2, PadRight: k / 2, DilH: 1, DilW: 1, Groups: groups}
		cc := newConvCase(r, s, n, false)
		cc.e = Epilogue{Bias: true, Act: ActRelu}
		name := fmt.Sprintf("n=%d,%dx%d,%d->%d,k=%d,s=%d", n, hw, hw, c, o, k, stride)
		if groups > 1 {
			name += fmt.Sprintf(",g=%d", groups)
		}
		f, dx, dw := NewConv(s, cc.e), NewConvDX(s), NewConvDW(s)
		y, gx, gw := make([]float32, n*s.out()), make([]float32, n*s.in()), make([]float32, s.Weights())
		pf, px := make([]float32, f.PackedLen()), make([]float32, s.Weights())
		f.Pack(pf, cc.w)
		dx.Pack(px, cc.w)
		for _, kind := range []struct {
			name string
			need func(int) (int, int)
			run  func(ctx *Ctx)
		}{
			{"forward", f.Need, func(ctx *Ctx) { f.Run(ctx, n, y, cc.x, pf, cc.bias, nil) }},
			{"dx", dx.Need, func(ctx *Ctx) { dx.Run(ctx, n, gx, cc.dy, px) }},
			{"dw", dw.Need, func(ctx *Ctx) { dw.Run(ctx, n, gw, cc.x, cc.dy) }},
		} {
			per, shared := kind.need(n)
			ctx := context(b, 1, per, shared)
			b.Run(name+"/"+kind.name, func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					kind.run(ctx)
				}
				reportFlops(b, n*s.macs())
			})
		}
	}
	one := func(n, c, hw, o, k, stride int) { group(n, c, hw, o, k, stride, 1) }
	for _, n := range []int{1, 32} { // MobileNetV2
		for _, d := range [][3]int{{32, 112, 1}, {96, 112, 2}, {144, 56, 1}, {144, 56, 2}, {192, 28, 1}, {192, 28, 2}, {384, 14, 1}, {576, 14, 2}, {960, 7, 1}} {
			group(n, d[0], d[1], d[0], 3, d[2], d[0])
		}
	}
	for _, d := range [][2]int{{128, 56}, {256, 28}, {512, 14}, {1024, 7}} { // ResNeXt
		group(1, d[0], d[1], d[0], 3, 1, 32)
	}
	group(1, 240, 28, 60, 1, 1, 3) // ShuffleNet
	group(1, 960, 7, 240, 1, 1, 3)
	for _, d := range [][3]int{{32, 112, 16}, {16, 112, 96}, {96, 56, 24}, {24, 56, 144}, {144, 28, 32}, {32, 28, 192}, {384, 14, 64}, {64, 14, 384}, {96, 14, 576}, {160, 7, 960}, {960, 7, 160}, {320, 7, 1280}} {
		one(1, d[0], d[1], d[2], 1, 1) // MobileNetV2
	}
	for _, d := range [][3]int{{256, 56, 64}, {128, 28, 512}, {512, 28, 128}, {256, 14, 1024}, {1024, 14, 256}, {512, 7, 2048}, {2048, 7, 512}} {
		one(1, d[0], d[1], d[2], 1, 1) // ResNet-50
	}
	one(1, 64, 56, 64, 3, 1)
	one(1, 128, 28, 128, 3, 1)
	one(1, 256, 14, 256, 3, 1)
	one(1, 512, 7, 512, 3, 1)
	one(1, 128, 56, 128, 3, 2)
	one(1, 64, 56, 256, 1, 1)
	one(1, 512, 14, 512, 1, 1)
	one(1, 3, 224, 64, 7, 2)
	one(32, 16, 32, 16, 3, 1)
	one(32, 64, 8, 64, 3, 1)
	one(32, 128, 16, 128, 3, 1)
	one(1, 1, 28, 6, 5, 1)
	one(1, 6, 14, 16, 5, 1)
}
