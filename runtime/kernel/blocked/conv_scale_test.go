package blocked

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
)

// TestRunScaled compares convolutions with factors with those of images that were multiplied
// before, in every set and on one and more threads. All numbers are whole.
func TestRunScaled(t *testing.T) {
	r := newRand(t)
	for _, isa := range isas() {
		for range 60 {
			n, h, w := 1+r.IntN(3), 1+r.IntN(12), 1+r.IntN(12)
			s := kernel.ConvShape{C: 1 + r.IntN(50), H: h, W: w, O: 1 + r.IntN(80), R: 1, S: 1, StrideH: 1 + r.IntN(2), StrideW: 1 + r.IntN(2), DilH: 1, DilW: 1, Groups: 1}
			f := ConvConfig{Shape: s, In: someMap(r, s.C, h, w, 0), Out: someMap(r, s.O, s.P(), s.Q(), 0), ISA: isa}
			f.Epilogue = kernel.Epilogue{Bias: r.IntN(2) == 0, Residual: r.IntN(2) == 0, Act: everyAct[r.IntN(2)]}
			var bias, residual []float32
			if f.Epilogue.Bias {
				bias = integers(r, s.O)
			}
			if f.Epilogue.Residual {
				f.Residual = someMap(r, s.O, s.P(), s.Q(), 0)
				residual = enter(f.Residual, n, integers(r, n*s.O*s.P()*s.Q()))
			}
			x, factors := integers(r, n*s.C*h*w), integers(r, n*s.C)
			plain := NewConv(f)
			packed := make([]float32, plain.PackedLen())
			plain.Pack(packed, integers(r, s.Weights()))
			want := poison(make([]float32, f.Out.Len(n)))
			per, shared := plain.Need(n)
			plain.Run(threads(t, 1, per, shared), n, want, enter(f.In, n, scaledImages(x, factors)), packed, bias, residual)

			f.Scale = someScale(r, s.C)
			conv := NewConv(f)
			per, shared = conv.Need(n)
			for _, count := range []int{1, 2, 3} {
				got := poison(make([]float32, f.Out.Len(n)))
				conv.RunScaled(threads(t, count, per, shared), n, got, enter(f.In, n, x), packed, bias, residual, enter(f.Scale, n, factors))
				wantSame(t, fmt.Sprintf("%v, %d threads, %d images: %+v", isa, count, n, f), imagesOf(f.Out, n, got), imagesOf(f.Out, n, want))
			}
		}
	}
}

// someScale is a map of factors, at times with a gap between those of two images.
func someScale(r *rand.Rand, channels int) Map {
	m := someMap(r, channels, 1, 1, 0)
	if m.Halo = 0; m.Image > 0 {
		m.Image = m.Size() + Block*r.IntN(20)
	}
	return m
}

// scaledImages returns plain images, each channel multiplied by its factor.
func scaledImages(x, factors []float32) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = v * factors[i/(len(x)/len(factors))]
	}
	return y
}

// TestScaleStripSets compares the sets with the loops that define a strip of scaled weights.
func TestScaleStripSets(t *testing.T) {
	r := newRand(t)
	for inputs := 1; inputs < 40; inputs++ {
		x, factors := random(r, inputs*tileOuts), random(r, inputs)
		want := make([]float32, len(x))
		scaleStripGeneric(want, x, factors)
		for _, isa := range isas()[1:] {
			testkit.Guarded(t, func(g *testkit.Guard) {
				y := g.Floats(poison(make([]float32, len(x))))
				scaleStrip(isa, y, g.Floats(x), g.Floats(factors))
				wantSame(t, fmt.Sprintf("%v, %d inputs", isa, inputs), y, want)
			})
		}
	}
}

// TestMayScale names the convolutions that take factors: of one tap over all channels of a
// map, and by Direct on every processor.
func TestMayScale(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(f *ConvConfig)
		want   bool
	}{
		{"narrows", func(*ConvConfig) {}, true},
		{"three taps", func(f *ConvConfig) { f.Shape.R = 3 }, false},
		{"groups", func(f *ConvConfig) { f.Shape.Groups = 2 }, false},
		{"a picture", func(f *ConvConfig) { f.PlainIn = true }, false},
		{"Strassen where vectors run in halves", func(f *ConvConfig) { f.Shape.O = 128 }, false},
	} {
		f := ConvConfig{Shape: square(128, 24, 56, 1, 1)}
		row.change(&f)
		if got := f.MayScale(); got != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}
