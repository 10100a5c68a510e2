package kernel

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/netc-lang/netc/runtime/parallel"
)

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

// normals returns n standard normal numbers.
func normals(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

// poison returns n NaNs: a result that is read before it is written, or not
// written at all, shows.
func poison(n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(math.NaN())
	}
	return s
}

// context returns a Ctx of the given threads with poisoned scratch memory.
func context(t testing.TB, threads, perWorker, shared int) *Ctx {
	t.Helper()
	if procs := runtime.GOMAXPROCS(0); threads > procs {
		runtime.GOMAXPROCS(threads)
		t.Cleanup(func() { runtime.GOMAXPROCS(procs) })
	}
	pool := parallel.New(threads)
	t.Cleanup(pool.Close)
	c := NewCtx(pool)
	c.Reserve(perWorker, shared)
	for _, s := range [][]float32{c.workers, c.shared} {
		for i := range s {
			s[i] = float32(math.NaN())
		}
	}
	return c
}

// wantSame fails unless both hold the same bits; NaNs are equal, and so are
// zeros of either sign.
func wantSame(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] && (got[i] == got[i] || want[i] == want[i]) {
			t.Fatalf("%s: got %v at %d, want %v", what, got[i], i, want[i])
		}
	}
}

// wantClose fails unless every value is within tolerance of the largest wanted
// one.
func wantClose(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	scale := 0.0
	for _, v := range want {
		scale = max(scale, math.Abs(float64(v)))
	}
	for i := range got {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance*scale) {
			t.Fatalf("%s: got %v at %d, want %v (scale %v)", what, got[i], i, want[i], scale)
		}
	}
}

// skipWithoutVector skips tests that compare assembly with its twin.
func skipWithoutVector(t testing.TB) {
	if !vector {
		t.Skip("this build or machine has no vector kernels")
	}
}

// someEpilogue returns a random epilogue; transcendental ones differ in rounding
// between the twins.
func someEpilogue(r *rand.Rand, exact bool) Epilogue {
	acts := []Act{ActNone, ActRelu, ActClamp, ActLeaky}
	if !exact {
		acts = append(acts, ActTanh, ActSigmoid, ActSilu, ActGelu, ActHardswish)
	}
	e := Epilogue{Bias: r.IntN(2) == 0, Residual: r.IntN(3) == 0, Act: acts[r.IntN(len(acts))]}
	switch e.Act {
	case ActClamp:
		e.Args = [2]float32{-4, 9}
	case ActLeaky:
		e.Args[0] = 0.25
	}
	return e
}
