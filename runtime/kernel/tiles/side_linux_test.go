//go:build amd64 && !purego

package tiles_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

const lanes = 8 // of a vector of side work

// quartersAt says where the vectors of four quarters lie in floats: of some runs, one after the
// other or each beside the run of the mates.
type quartersAt struct{ pixel, run, half, mate, size int }

// someQuarters lays runs of vectors out, with gaps between them, runs and quarters.
func someQuarters(r *rand.Rand, runs, width, pixel int) (q quartersAt) {
	gap := func() int { return lanes * r.IntN(3) }
	if q.pixel = pixel; pixel == 0 {
		q.pixel = lanes * (1 + r.IntN(3))
	}
	q.run = width*q.pixel + gap()
	switch r.IntN(3) {
	case 0: // mates are neighbours
		if q.mate = lanes; q.pixel < 2*lanes {
			q.mate = q.run
			q.run += q.mate
		}
	case 1: // they are runs beside each other
		q.mate = q.run
		q.run += q.mate
	default:
		q.mate = runs*q.run + gap()
	}
	q.half = 2*runs*q.run + gap()
	q.size = q.half + q.mate + (runs-1)*q.run + (width-1)*q.pixel + lanes
	return q
}

func numbers(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = r.Float32()*2 - 1
	}
	return v
}

// sideCase is some side work of all kinds.
type sideCase struct {
	side                                  tiles.Side // but for the runs
	width                                 int
	order                                 []int // of the runs: 3 times a run and the kind
	pixels, weights, y, res, gate         quartersAt
	x, w, m, bias, residual, bounds       []float32
	sumsOfPixels, sumsOfWeights, finished []float32 // what is written, before
}

func newSideCase(r *rand.Rand, flags uint64) *sideCase {
	runs, width := 1+r.IntN(4), 1+r.IntN(9)
	c := &sideCase{width: width, pixels: someQuarters(r, runs, width, 0), weights: someQuarters(r, runs, width, 0), y: someQuarters(r, runs, width, 0)}
	c.res, c.gate = someQuarters(r, runs, width, c.y.pixel), someQuarters(r, runs, width, c.y.pixel)
	all := runs * width * lanes
	each, biasHalf := all+lanes*r.IntN(3), lanes*(runs+r.IntN(3))
	c.x, c.w, c.m, c.bias = numbers(r, c.pixels.size), numbers(r, c.weights.size), numbers(r, 6*each+all), numbers(r, biasHalf+runs*lanes)
	c.residual, c.bounds = numbers(r, c.res.size), numbers(r, c.gate.size)
	c.bounds[r.IntN(len(c.bounds))] = float32(math.NaN())
	c.sumsOfPixels, c.sumsOfWeights, c.finished = numbers(r, 3*each+all), numbers(r, 3*each+all), numbers(r, c.y.size)
	c.order = r.Perm(3 * runs)
	c.side = tiles.Side{
		LeftHalf: 4 * c.pixels.half, LeftMate: 4 * c.pixels.mate, LeftEach: 4 * each, LeftPixel: 4 * c.pixels.pixel,
		RightHalf: 4 * c.weights.half, RightMate: 4 * c.weights.mate, RightEach: 4 * each, RightPixel: 4 * c.weights.pixel,
		MEach: 4 * each, Pixel: 4 * c.y.pixel, YHalf: 4 * c.y.half, YMate: 4 * c.y.mate,
		ResHalf: 4 * c.res.half, ResMate: 4 * c.res.mate, GateHalf: 4 * c.gate.half, GateMate: 4 * c.gate.mate, BiasHalf: 4 * biasHalf,
		Flags: flags, Lo: -0.25, Hi: 0.5, Alpha: 0.1, Left: len(c.order) * width,
	}
	return c
}

// run is side work with its operands in their places.
type sideRun struct {
	tiles.Side
	runs []tiles.SideRun
	out  [3][]float32 // by kind
}

// keep is the last run, so that its list lies in the heap.
var keep *sideRun

func (c *sideCase) place(place func([]float32) []float32) *sideRun {
	keep = &sideRun{Side: c.side, out: [3][]float32{place(c.sumsOfPixels), place(c.sumsOfWeights), place(c.finished)}}
	x, w, m, bias, res, gate := place(c.x), place(c.w), place(c.m), place(c.bias), place(c.residual), place(c.bounds)
	for _, o := range c.order {
		run, to := o/3, o/3*c.width*lanes
		one := tiles.SideRun{N: c.width, Kind: o % 3}
		switch one.Kind {
		case tiles.SumsLeft:
			one.X, one.S = &x[run*c.pixels.run], &keep.out[one.Kind][to]
		case tiles.SumsRight:
			one.X, one.S = &w[run*c.weights.run], &keep.out[one.Kind][to]
		default:
			one.X, one.S, one.Bias = &m[to], &keep.out[one.Kind][run*c.y.run], &bias[run*lanes]
			if c.side.Flags&tiles.Residual != 0 {
				one.Res = &res[run*c.res.run]
			}
			if c.side.Flags&tiles.Gated != 0 {
				one.Gate = &gate[run*c.gate.run]
			}
		}
		keep.runs = append(keep.runs, one)
	}
	keep.Follow(keep.runs)
	return keep
}

// wantSame fails unless all is done, with the same bits.
func (s *sideRun) wantSame(t *testing.T, what string, want *sideRun) {
	t.Helper()
	if s.Left != 0 || want.Left != 0 {
		t.Fatalf("%s: %d and %d vectors are left", what, s.Left, want.Left)
	}
	for kind := range s.out {
		wantSame(t, fmt.Sprintf("%s, kind %d", what, kind), s.out[kind], want.out[kind])
	}
}

func wantSame(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, v := range got {
		if math.Float32bits(v) != math.Float32bits(want[i]) && (v != 0 || want[i] != 0) {
			t.Fatalf("%s: float %d is %v, want %v", what, i, v, want[i])
		}
	}
}

// sets are the instruction sets of this machine.
func sets() (list []tiles.ISA) {
	for _, isa := range []tiles.ISA{tiles.AVX2, tiles.AVX512} {
		if kernel.ISA(isa).Available() {
			list = append(list, isa)
		}
	}
	return list
}

func clone(v []float32) []float32 { return append([]float32(nil), v...) }

// sideFlags are how results end.
var sideFlags = []uint64{0, tiles.Low, tiles.Low | tiles.High, tiles.Leaky, tiles.Gated,
	tiles.Residual, tiles.Residual | tiles.Low, tiles.Residual | tiles.Low | tiles.High, tiles.Residual | tiles.Leaky, tiles.Residual | tiles.Gated}

// TestSide holds side work, between pages that cannot be touched, against its twin: the same
// bits, and nothing else is written.
func TestSide(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 3))
	for i := range 150 {
		c := newSideCase(r, sideFlags[i%len(sideFlags)])
		for _, isa := range sets() {
			testkit.Guarded(t, func(g *testkit.Guard) {
				want := c.place(g.Floats)
				want.DrainGeneric()
				got := c.place(g.Floats)
				got.Drain(isa)
				got.wantSame(t, fmt.Sprintf("case %d, set %d", i, isa), want)
			})
		}
	}
}

// TestBeside: products and side work of a tile that makes both, those of AVX-512, have the bits of
// each alone, however the side work is spread over the taps.
func TestBeside(t *testing.T) {
	r := rand.New(rand.NewPCG(18, 3))
	for i := range 200 {
		c := newSideCase(r, sideFlags[i%len(sideFlags)])
		for _, isa := range sets() {
			vecs, taps, count := 1+r.IntN(4), 1+r.IntN(6), 1+r.IntN(30)
			outs := vecs * isa.Lanes()
			streams, plane, strip := (outs+tiles.Outs-1)/tiles.Outs, lanes*(count+r.IntN(3)), lanes*tiles.Outs*taps
			x, w, none := numbers(r, taps*plane), numbers(r, streams*strip), make([]float32, tiles.MaxOuts)
			walk := tiles.Walk{Steps: lanes}
			for tap := range taps {
				walk.Taps = append(walk.Taps, 4*tap*plane)
			}
			var pixels []tiles.Pixel
			for p := range count {
				pixels = append(pixels, tiles.Pixel{X: int32(4 * lanes * p), Y: int32(4 * lanes * p)})
			}
			multiply := func(beside *tiles.Side) []float32 {
				y := make([]float32, (outs+lanes-1)/lanes*plane)
				a := tiles.Args{X: &x[0], W: &w[0], Y: &y[0], Bias: &none[0], Wstream: 4 * strip, Plane: 4 * plane, Beside: beside}
				a.Run(isa, vecs, pixels, walk)
				return y
			}
			want, got := c.place(clone), c.place(clone)
			want.DrainGeneric()
			got.Per, got.Every = 1+r.IntN(12), 1+r.IntN(5)
			left := got.Left
			what := fmt.Sprintf("case %d, set %d, %d vectors, %d taps, %d pixels", i, isa, vecs, taps, count)
			wantSame(t, what+", products", multiply(&got.Side), multiply(nil))
			if worked := got.Left < left; taps > 1 && worked != (isa == tiles.AVX512) {
				t.Fatalf("%s: side work was done: %t", what, worked)
			}
			got.Drain(isa)
			got.wantSame(t, what, want)
		}
	}
}
