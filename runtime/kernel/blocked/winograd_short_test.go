package blocked

import (
	"math"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestWinogradShort holds the products that are left out against the definition: a tile
// takes part at a point exactly where a result that it has is a sum of it.
func TestWinogradShort(t *testing.T) {
	products := func(algo Algorithm, s kernel.ConvShape) (made, all int) {
		m, out := Map{C: s.C, H: s.H, W: s.W, Halo: 1}, Map{C: s.O, H: s.P(), W: s.Q()}
		w := newConvWinograd(&ConvConfig{Shape: s, In: m, Out: out, Algo: algo, ISA: kernel.AVX2})
		table := make([]winoTile, w.tilesOf(1))
		w.tiles(table, 0)
		ends := w.arrange(table, make([]winoTile, len(table)))
		for xi := range w.points() {
			from, to := w.needing(xi, ends)
			for k := range table {
				needed := w.sums(xi/w.t, table[k].outRows) && w.sums(xi%w.t, table[k].outCols)
				if taken := from <= k && k < to; taken != needed {
					t.Errorf("%v of %v, point %d: tile %d of %d x %d results is multiplied: %v, expected %v", algo, s, xi, k, table[k].outRows, table[k].outCols, taken, needed)
				}
			}
			made += to - from
		}
		return made, w.points() * len(table)
	}
	for side := 1; side <= 14; side++ {
		for _, stride := range []int{1, 2} {
			s := square(16, 16, side, 3, stride)
			for _, algo := range winograds(&s) {
				products(algo, s)
			}
		}
	}
	for _, c := range []struct {
		algo         Algorithm
		side, stride int
		made, all    int
	}{
		{Winograd2, 7, 1, 15 * 15, 16 * 16},
		{Winograd3, 14, 1, 24 * 24, 25 * 25},
		{Winograd3, 7, 1, 14 * 14, 15 * 15},
		{Winograd4, 14, 1, 22 * 22, 24 * 24},
		{Winograd4, 13, 1, 22 * 22, 24 * 24},
		{Winograd4, 11, 1, 17 * 17, 18 * 18},
		{Winograd4, 28, 1, 42 * 42, 42 * 42},
		{Winograd2, 14, 2, 18 * 18, 20 * 20},
	} {
		made, all := products(c.algo, square(16, 16, c.side, 3, c.stride))
		if made != c.made || all != c.all {
			t.Errorf("%v of %d pixels a side, stride %d: found %d of %d products, expected %d of %d", c.algo, c.side, c.stride, made, all, c.made, c.all)
		}
	}
}

// TestWinogradContinued holds the input of which point 0 vanishes against the definition: the
// results that a short line has are the same.
func TestWinogradContinued(t *testing.T) {
	var w convWinograd
	w.take(winoF4)
	for results := 1; results <= winoContinued; results++ {
		d, g := [6]float64{0.3, -1.7, 0.9, 2.1}, [3]float64{0.7, -0.2, 1.1}
		clear(d[results+2:])
		var want [winoContinued]float64
		for p := range results {
			want[p] = d[p]*g[0] + d[p+1]*g[1] + d[p+2]*g[2]
		}
		d[4] = 2.5*d[2] - d[0]
		var u [6]float64
		w.transform(&u, g[0], g[1], g[2])
		w.winoInput(d[:], 1)
		for k := range d {
			if d[k] *= u[k]; w.idle(results)>>k&1 != 0 {
				if k == 0 && math.Abs(d[k]) > 1e-15 {
					t.Errorf("%d results: found %g at point 0, expected 0", results, d[k])
				}
				d[k] = 0
			}
		}
		w.winoOutput(d[:], 1)
		for p := range results {
			if math.Abs(d[p]-want[p]) > 1e-7 {
				t.Errorf("%d results: found %g for result %d, expected %g", results, d[p], p, want[p])
			}
		}
	}
}

// sums reports whether one of the first results of a line is a sum of point k, and the inputs
// do not make it vanish.
func (w *convWinograd) sums(k, results int) bool {
	if w.form == winoF4 && k == 0 && results <= 2 {
		return false
	}
	var line [6]float64
	line[k] = 1
	w.winoOutput(line[:], 1)
	for _, y := range line[:results] {
		if y != 0 {
			return true
		}
	}
	return false
}
