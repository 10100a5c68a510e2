package blocked

import "math/bits"

// Tiles at the right and lower border of a map may have fewer than m results a side. Each
// result is a sum over some points of the domain, F(4, 3)'s first three over all but
// infinity, and what only the missing ones need is not multiplied: 7 x 7 pixels by F(2, 3)
// are 15 x 15 products for 16 x 16, and 14 x 14 by F(3, 3) 24 x 24 for 25 x 25. What M holds
// in the place of the others reaches no result that is stored.
//
// The last inputs of a line reach no other result than the missing ones, so each of them is
// free to make one point vanish, the last one infinity. A tile of F(4, 3) that lacks two has
// a second one, with which the input transform makes point 0 vanish: 14 x 14 are 22 x 22
// products for 24 x 24. M is zero there.

// cover lays tiles over h x v results.
func (w *convWinograd) cover(h, v int) {
	w.tilesH, w.tilesW = ceilDiv(h, w.m), ceilDiv(v, w.m)
	w.shortH, w.shortW = w.idle(h%w.m), w.idle(v%w.m)
}

// idle returns the points of a line, as bits, that none of its first results is a sum of;
// nothing for 0, which stands for whole tiles.
func (w *convWinograd) idle(results int) (points uint) {
	for k := range w.t {
		if k == 0 && results > 0 && w.continues(results) {
			points |= 1
			continue
		}
		var line [6]float64
		line[k] = 1
		w.winoOutput(line[:], 1)
		needed := results == 0
		for _, y := range line[:results] {
			needed = needed || y != 0
		}
		if !needed {
			points |= 1 << k
		}
	}
	return points
}

// winoContinued is the most results of a tile of F(4, 3), a side, that do without point 0;
// it is that of codegen/kernel.
const winoContinued = 2

// continues reports whether the input transform makes point 0 of a tile of so many results a
// side vanish.
func (w *convWinograd) continues(results int) bool {
	return w.form == winoF4 && results <= winoContinued
}

// line returns the points of a line of tiles over some results.
func (w *convWinograd) line(results int) int {
	return ceilDiv(results, w.m)*w.t - bits.OnesCount(w.idle(results%w.m))
}

// line is that of a convolution of form f.
func (f winoForm) line(results int) int {
	var w convWinograd
	w.take(f)
	return w.line(results)
}

// winoKinds says where the tiles of a block end that are short of columns, of nothing, of
// rows, and of both: the order in which they lie, so that those that need a point follow
// each other.
type winoKinds [4]int

// arrange puts the tiles of a block into that order; in has room for as many.
func (w *convWinograd) arrange(table, in []winoTile) (ends winoKinds) {
	if w.shortH|w.shortW == 0 {
		return winoKinds{0, len(table), len(table), len(table)}
	}
	copy(in, table)
	at := 0
	for kind := range ends {
		for k := range table {
			if w.kind(&in[k]) == kind {
				table[at] = in[k]
				at++
			}
		}
		ends[kind] = at
	}
	return ends
}

// kind is the place of a tile in that order.
func (w *convWinograd) kind(t *winoTile) int {
	rows, cols := t.outRows < w.m, t.outCols < w.m
	switch {
	case rows && cols:
		return 3
	case rows:
		return 2
	case cols:
		return 0
	}
	return 1
}

// needing returns the tiles of a block that need point xi.
func (w *convWinograd) needing(xi int, ends winoKinds) (from, to int) {
	to = ends[3]
	if w.shortH>>(xi/w.t)&1 != 0 {
		to = ends[1]
	}
	if w.shortW>>(xi%w.t)&1 != 0 {
		from, to = ends[0], min(to, ends[2])
	}
	return from, to
}

// zeroShort sets M at point xi to 0 for the tiles that do without it, if their results are a sum
// of it.
func (w *convWinograd) zeroShort(m []float32, xi, groups, xs int, kinds winoKinds) {
	if w.form != winoF4 || xi/w.t != 0 && xi%w.t != 0 {
		return
	}
	from, to := w.needing(xi, kinds)
	for g := range groups {
		tiles := m[xi*xs+g*kinds[3]*tileOuts:][:kinds[3]*tileOuts]
		clear(tiles[:from*tileOuts])
		clear(tiles[to*tileOuts:])
	}
}
