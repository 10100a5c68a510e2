package blocked

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// strassenCase returns a random convolution that Strassen's algorithm computes: of columns, rows
// or images that are mates, or without any, which Direct computes.
func strassenCase(r *rand.Rand) *convCase {
	s := square(2*Block*(1+r.IntN([]int{2, 5, 10}[r.IntN(3)])), 32*(1+r.IntN([]int{2, 5}[r.IntN(2)])), 1, 1, 1)
	s.StrideH, s.StrideW = 1+r.IntN(2), 1+r.IntN(2)
	side := func() int { return 1 + r.IntN([]int{6, 12, 25}[r.IntN(3)]) }
	s.H, s.W = side(), side()
	c := newConvCase(r, s, false)
	c.n = 1 + r.IntN(5)
	c.x = enter(c.f.In, c.n, integers(r, c.n*s.C*s.H*s.W))
	if c.f.Epilogue.Residual {
		c.residual = enter(c.f.Residual, c.n, integers(r, c.n*s.O*s.P()*s.Q()))
	}
	c.f.Epilogue.Act = everyAct[r.IntN(len(everyAct))]
	c.f.Epilogue.Args = [2]float32{}
	switch c.f.Epilogue.Act {
	case kernel.ActClamp:
		c.f.Epilogue.Args = [2]float32{float32(r.IntN(3)), 6}
	case kernel.ActLeaky:
		c.f.Epilogue.Args[0] = 0.25
	}
	if r.IntN(2) == 0 {
		c.f.Images = c.n
	}
	return c
}

// matesOf returns how a plan pairs pixels.
func matesOf(p *Conv) mateKind {
	if m, ok := p.method.(*convStrassen); ok {
		return m.kind
	}
	return mateless
}

// TestStrassen holds random convolutions of whole numbers, whose sums and products are exact,
// against the definition: the same bits, on any number of threads.
func TestStrassen(t *testing.T) {
	assemblies(t)
	r := newRand(t)
	seen := [mateImages + 1]int{}
	for i := range 120 {
		c := strassenCase(r)
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, isa := range isas() {
			if isa == kernel.Generic && i%4 > 0 { // loops, whatever the algorithm
				continue
			}
			p := c.plan(Strassen, isa)
			seen[matesOf(p)]++
			c.check(t, isa, c.run(t, p, []int{1, 2, 3, 8}[i%4], asIs), want)
		}
	}
	if slices.Min(seen[:]) < 10 {
		t.Errorf("too few cases of some mates: %v", seen)
	}
}

// strassenShapes are cut in all ways: into bands of rows, pictures in one band, units, passes
// over the channels.
var strassenShapes = []kernel.ConvShape{
	square(48, 64, 28, 1, 1), square(64, 96, 7, 1, 1), square(1040, 64, 14, 1, 1), square(32, 1056, 14, 1, 1), square(1040, 1056, 7, 1, 1),
	square(64, 64, 20, 1, 2), square(64, 32, 13, 1, 2),
}

// TestStrassenThreads: the same bits on any number of threads, and cut by rows or by channels.
func TestStrassenThreads(t *testing.T) {
	r := newRand(t)
	for _, s := range strassenShapes {
		c := newConvCase(r, s, false).fractions(r)
		c.n, c.f.Images = 3, 3
		c.x = enter(c.f.In, c.n, random(r, c.n*s.C*s.H*s.W))
		c.f.Epilogue.Residual, c.residual = false, nil
		for _, isa := range isas()[1:] {
			p := c.plan(Strassen, isa)
			want := c.run(t, p, 1, asIs)
			for _, split := range []Split{ByRows, ByChannels} {
				c.f.Split = split
				p := c.plan(Strassen, isa)
				for _, n := range []int{1, 2, 3, 8} {
					wantSame(t, fmt.Sprintf("%s, %v, split %d, %d threads", layerName(s), isa, split, n), imagesOf(c.f.Out, c.n, c.run(t, p, n, asIs)), imagesOf(c.f.Out, c.n, want))
				}
			}
		}
	}
}

// TestStrassenCuts: no result depends on how the work is divided.
func TestStrassenCuts(t *testing.T) {
	assemblies(t)
	r := newRand(t)
	for range 60 {
		c := strassenCase(r).fractions(r)
		for _, isa := range isas()[1:] {
			p, other := c.plan(Strassen, isa), c.plan(Strassen, isa)
			if s, ok := other.method.(*convStrassen); ok {
				cut := strassenCut{pictures: 1 + r.IntN(3), bands: 1, lines: s.lines, pass: 1 + r.IntN(s.ins)}
				if r.IntN(2) == 0 {
					cut.pictures, cut.bands = 1, 1+r.IntN(s.lines)
					cut.lines = ceilDiv(s.lines, cut.bands)
				}
				cut.pitch = cut.pictures*cut.lines*s.width + r.IntN(3)
				s.cut = cut
			}
			want, got := c.run(t, p, 1, asIs), c.run(t, other, 1+r.IntN(3), asIs)
			checkFrame(t, c.f.Out, got, c.n)
			wantSame(t, fmt.Sprint(isa, " ", c), imagesOf(c.f.Out, c.n, got), imagesOf(c.f.Out, c.n, want))
		}
	}
}

// TestStrassenImages: outside training steps, and where columns or rows are mates, an image of a batch
// has the bits it has alone; in a training step of odd rows the one without mate has those of
// Direct.
func TestStrassenImages(t *testing.T) {
	r := newRand(t)
	for i := range 40 {
		c := strassenCase(r).fractions(r)
		c.f.Epilogue.Residual, c.residual = false, nil
		c.f.Images = i % 2 * c.n
		one, in, out := *c, c.f.In.Step(), c.f.Out.Step()
		one.n = 1
		for _, isa := range isas()[1:] {
			p := c.plan(Strassen, isa)
			got, alone, first := c.run(t, p, 2, asIs), p, 0
			if matesOf(p) == mateImages {
				alone, first = c.plan(Direct, isa), c.n&^1
			}
			for i := first; i < c.n; i++ {
				one.x = c.x[i*in:][:c.f.In.Size()]
				wantSame(t, fmt.Sprint(isa, ", image ", i, " of ", c), got[i*out:][:c.f.Out.Size()], imagesOf(c.f.Out, 1, one.run(t, alone, 1, asIs)))
			}
		}
	}
}

// TestStrassenNaN: a NaN spreads to the mate of its pixel and to no other, of no other image
// outside training steps.
func TestStrassenNaN(t *testing.T) {
	assemblies(t)
	r := newRand(t)
	for _, row := range []struct{ height, width, images int }{{5, 6, 0}, {6, 5, 0}, {5, 5, 4}} {
		s := square(32, 64, row.height, 1, 1)
		s.W = row.width
		c := newConvCase(r, s, false)
		c.n, c.f.Images, c.f.Epilogue, c.bias, c.residual = 4, row.images, kernel.Epilogue{Act: kernel.ActRelu}, nil, nil
		plain := random(r, c.n*s.C*s.H*s.W)
		own := [3]int{r.IntN(c.n), r.IntN(s.H), r.IntN(s.W)}
		plain[((own[0]*s.C+r.IntN(s.C))*s.H+own[1])*s.W+own[2]] = float32(math.NaN())
		c.x, c.w = enter(c.f.In, c.n, plain), random(r, s.Weights())
		for _, isa := range isas()[1:] {
			p := c.plan(Strassen, isa)
			mate, _, _ := p.method.(*convStrassen).mateOf(c.n, own[0], own[1], own[2])
			for i, v := range leave(c.f.Out, c.n, c.run(t, p, 1, asIs)) {
				at := [3]int{i / (s.O * s.H * s.W), i / s.W % s.H, i % s.W}
				if nan := v != v; nan != (at == own) && (!nan || at != mate) {
					t.Fatalf("%v, a NaN at %v: %v is %v", isa, own, at, v)
				}
			}
		}
	}
}

// TestStrassenAt: the plan of another size, where others are mates or none, computes what a plan
// made for it does, from weights that the first one packed, which are those of Direct.
func TestStrassenAt(t *testing.T) {
	r := newRand(t)
	for range 30 {
		c := strassenCase(r).fractions(r)
		for _, isa := range isas()[1:] {
			small := c.f
			small.Shape.H, small.Shape.W = 1, 1
			small.In, small.Out = Map{C: c.f.Shape.C, H: 1, W: 1, Halo: c.f.In.Halo}, Map{C: c.f.Shape.O, H: 1, W: 1}
			small.Residual, small.Algo, small.ISA = small.Out, Strassen, isa
			first, direct := NewConv(small), c.plan(Direct, isa)
			p, fresh := first.At(c.f.In, c.f.Out, c.f.Residual), c.plan(Strassen, isa)
			what := fmt.Sprint(isa, " ", c)
			packed, again := poison(make([]float32, first.PackedLen())), poison(make([]float32, direct.PackedLen()))
			first.Pack(packed, c.w)
			direct.Pack(again, c.w)
			wantSame(t, what+": weights of Direct", packed, again)
			wantSame(t, what, imagesOf(c.f.Out, c.n, c.run(t, p, 3, asIs)), imagesOf(c.f.Out, c.n, c.run(t, fresh, 1, asIs)))
		}
	}
}

// TestStrassenStep: layers that are joined, of which each reads what the chunks of the one before
// write, have the bits that they have one after the other, on any number of threads.
func TestStrassenStep(t *testing.T) {
	assemblies(t)
	r := newRand(t)
	for _, size := range [][2]int{{14, 14}, {6, 5}, {28, 12}} {
		for _, split := range []Split{ByRows, ByChannels} {
			for _, n := range []int{1, 3} {
				maps := []Map{{C: 128, H: size[0], W: size[1]}, {C: 256, H: size[0], W: size[1], Halo: 1}, {C: 64, H: size[0], W: size[1]}, {C: 128, H: size[0], W: size[1]}}
				y := [][]float32{random(r, maps[0].Len(n))}
				var convs []*Conv
				var packed [][]float32
				for i, in := range maps[:3] {
					s := square(in.C, maps[i+1].C, size[0], 1, 1)
					s.W = size[1]
					p := NewConv(ConvConfig{Shape: s, In: in, Out: maps[i+1], Split: split, Algo: []Algorithm{Strassen, Strassen, Direct}[i], ISA: isas()[len(isas())-1]})
					w := make([]float32, p.PackedLen())
					p.Pack(w, random(r, s.Weights()))
					convs, packed, y = append(convs, p), append(packed, w), append(y, make([]float32, maps[i+1].Len(n)))
				}
				run := func(workers int, step bool) []float32 {
					c := threads(t, workers, 0, 0)
					for _, p := range convs {
						c.Reserve(p.Need(n))
					}
					for range 5 {
						for _, y := range y[1:] {
							poison(y)
						}
						if step {
							c.Begin()
						}
						for i, p := range convs {
							p.Run(c, n, y[i+1], y[i], packed[i], nil, nil)
						}
						c.End()
					}
					return slices.Concat(y[1:]...)
				}
				want := run(1, false)
				for _, workers := range []int{1, 2, 3, 8} {
					wantSame(t, fmt.Sprint(size, ", split ", split, ", ", n, " images, ", workers, " threads"), run(workers, true), want)
				}
			}
		}
	}
}

// TestStrassenLaw: what the quarters give the seven products are those of the result.
func TestStrassenLaw(t *testing.T) {
	r := newRand(t)
	for range 200 {
		x, w := [4]float32(integers(r, 4)), [4]float32(integers(r, 4))
		m := quarterFactors(x, false)
		for i, v := range quarterFactors(w, true) {
			m[i] *= v
		}
		want := [4]float32{x[0]*w[0] + x[1]*w[1], x[0]*w[2] + x[1]*w[3], x[2]*w[0] + x[3]*w[1], x[2]*w[2] + x[3]*w[3]}
		if got := tiles.QuarterResults(m); got != want {
			t.Fatalf("pixels %v, weights %v: got %v, want %v", x, w, got, want)
		}
	}
}

// TestStrassenProducts: seven products of eight, but of an image without mate.
func TestStrassenProducts(t *testing.T) {
	assemblies(t)
	for _, row := range []struct{ side, images, n, eighths int }{{8, 0, 3, 21}, {7, 0, 3, 24}, {7, 4, 4, 28}, {7, 4, 3, 22}, {7, 4, 1, 8}} {
		f := layerConfig(square(32, 64, row.side, 1, 1))
		f.Algo, f.Images, f.ISA = Strassen, row.images, isas()[1]
		p := NewConv(f)
		if got, want := p.Products(row.n), row.eighths*p.Shape.MACs()/8; got != want {
			t.Errorf("%+v: got %d products, want %d", row, got, want)
		}
	}
}

// TestStrassenRefuses shapes whose quarters are no whole vectors, and more than one tap.
func TestStrassenRefuses(t *testing.T) {
	padded, grouped := square(32, 32, 8, 1, 1), square(32, 32, 8, 1, 1)
	padded.PadLeft, grouped.Groups = 1, 2
	assemblies(t)
	for _, s := range []kernel.ConvShape{square(24, 32, 8, 1, 1), square(32, 48, 8, 1, 1), square(32, 32, 8, 3, 1), padded, grouped} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: Strassen's algorithm computes it", s)
				}
			}()
			f := layerConfig(s)
			f.Algo, f.ISA = Strassen, isas()[1]
			NewConv(f)
		}()
	}
}

// TestStrassenTypical holds random numbers to what is typical of them.
func TestStrassenTypical(t *testing.T) {
	assemblies(t)
	r := newRand(t)
	worst := 0.0
	for range 60 {
		c := strassenCase(r).fractions(r)
		c.f.Epilogue, c.bias, c.residual = kernel.Epilogue{}, nil, nil
		want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
		for _, isa := range isas()[1:] {
			p := c.plan(Strassen, isa)
			worst = max(worst, c.errorWithin(t, StrassenTypical, Strassen, isa, c.run(t, p, 1, asIs), want))
		}
	}
	t.Logf("largest error, as a part of the bound: %.2f", worst)
}

// TestStrassenTypicalOnExtremes holds it where sums have most to lose: see
// [TestWinogradTypicalOnExtremes].
func TestStrassenTypicalOnExtremes(t *testing.T) {
	assemblies(t)
	r := newRand(t)
	data := extremes(r)
	for _, name := range slices.Sorted(maps.Keys(data)) {
		worst := 0.0
		for _, channels := range []int{16, 256, 1024} {
			s := square(channels, 32, 8, 1, 1)
			c := newConvCase(r, s, false)
			c.f.Epilogue, c.bias, c.residual = kernel.Epilogue{}, nil, nil
			b := newBoundCase(s, c.n, data[name], data[name])
			c.x, c.w = enter(c.f.In, c.n, b.x), b.w
			want := c.run(t, c.plan(Loops, kernel.Generic), 1, asIs)
			for _, isa := range isas()[1:] {
				limit := StrassenTypical + WinogradChain(channels)
				worst = max(worst, c.errorWithin(t, limit, Strassen, isa, c.run(t, c.plan(Strassen, isa), 1, asIs), want))
			}
		}
		t.Logf("%s: largest error, as a part of the bound: %.2f", name, worst)
	}
}
