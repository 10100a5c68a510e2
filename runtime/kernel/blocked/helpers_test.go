package blocked

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// isas lists the instruction sets of this machine, the plain twins included.
func isas() []kernel.ISA {
	var sets []kernel.ISA
	for i := kernel.Generic; i <= kernel.AVX512; i++ {
		if i.Available() {
			sets = append(sets, i)
		}
	}
	return sets
}

// everyAct is every activation.
var everyAct = []kernel.Act{kernel.ActNone, kernel.ActRelu, kernel.ActTanh, kernel.ActSigmoid, kernel.ActClamp,
	kernel.ActLeaky, kernel.ActSilu, kernel.ActGelu, kernel.ActHardswish}

// newRand returns the generator of a test; the seed is its name's.
func newRand(t testing.TB) *rand.Rand {
	seed := uint64(1469598103934665603)
	for _, b := range []byte(t.Name()) {
		seed = (seed ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, 1))
}

// integers returns n whole numbers in [-3, 3]: sums of their products are exact in
// float32, so that any order of additions gives the same bits.
func integers(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.IntN(7) - 3)
	}
	return s
}

// someMap returns a map of the given sizes with a halo of at least halo, at times
// with a gap between images.
func someMap(r *rand.Rand, c, h, w, halo int) Map {
	m := Map{C: c, H: h, W: w, Halo: halo + r.IntN(2)}
	if r.IntN(3) == 0 {
		m.Image = m.Size() + Block*r.IntN(20)
	}
	return m
}

// enter lays plain images out as a map, in the plainest way.
func enter(m Map, n int, x []float32) []float32 {
	y := make([]float32, m.Len(n))
	for i, v := range x[:n*m.C*m.H*m.W] {
		ch := i / (m.H * m.W) % m.C
		y[m.At(i/(m.C*m.H*m.W), ch/Block, i/m.W%m.H, i%m.W)+ch%Block] = v
	}
	return y
}

// imagesOf returns what the images of a map hold, without the gaps between them.
func imagesOf(m Map, n int, data []float32) []float32 {
	var all []float32
	for i := range n {
		all = append(all, data[i*m.Step():][:m.Size()]...)
	}
	return all
}

// wantSame fails unless both hold the same bits; zeros of either sign are equal.
func wantSame(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if g, w := got[i], want[i]; math.Float32bits(g) != math.Float32bits(w) && (g != 0 || w != 0) {
			t.Fatalf("%s: element %d: got %v, want %v", what, i, g, w)
		}
	}
}

// wantClose fails unless every value is within tol·max(1, |want|).
func wantClose(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tol*max(1, math.Abs(float64(want[i])))) {
			t.Fatalf("%s: element %d: got %v, want %v", what, i, got[i], want[i])
		}
	}
}

// threads returns a context for a number of threads, with poisoned scratch memory.
func threads(t testing.TB, n, perWorker, shared int) *kernel.Ctx {
	t.Helper()
	if procs := runtime.GOMAXPROCS(0); n > procs {
		runtime.GOMAXPROCS(n)
		t.Cleanup(func() { runtime.GOMAXPROCS(procs) })
	}
	pool := parallel.New(n)
	t.Cleanup(pool.Close)
	c := kernel.NewCtx(pool)
	c.Reserve(perWorker, shared)
	if shared > 0 {
		poison(c.Shared(shared))
	}
	for w := range n {
		if perWorker > 0 {
			poison(c.Scratch(w, perWorker))
		}
	}
	return c
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
