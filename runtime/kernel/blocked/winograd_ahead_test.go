package blocked

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
)

// TestWinogradAhead holds what is fetched against what transforms read and write: every pixel
// of every tile of the next block and every result, and no place outside of the maps.
func TestWinogradAhead(t *testing.T) {
	r := newRand(t)
	tiles := 0
	for i := range 60 {
		c := winogradCase(r, 1+i%3%2)
		for _, algo := range winograds(&c.f.Shape) {
			f := c.f
			f.Algo, f.ISA = algo, kernel.AVX2
			tiles += checkAhead(t, newConvWinograd(&f), c.n)
		}
		d := dxCaseOf(r, c.f.Shape).ConvDXConfig
		if d.Algo, d.ISA = Winograd2, kernel.AVX512; d.Shape.StrideH == 1 || spreads(&d.Shape) {
			tiles += checkAhead(t, dxWinograd(&d).(*convWinograd), c.n)
		}
	}
	if tiles == 0 {
		t.Error("no case had a second block of tiles")
	}
}

// checkAhead checks all parts of all blocks and returns the tiles that were found fetched.
func checkAhead(t *testing.T, w *convWinograd, n int) (found int) {
	t.Helper()
	task := &winoTask{convWinograd: w, cut: w.cutOf(n, 1)}
	task.n, task.x, task.y = n, make([]float32, w.f.In.Len(n)), make([]float32, w.f.Out.Len(n))
	for block := range task.cut.blocks {
		first := block * task.cut.tiles
		table := make([]winoTile, min(task.cut.tiles, w.tilesOf(n)-first))
		w.tiles(table, first)
		var inputs winoAhead
		for part := range task.cut.parts {
			results := winoAhead{piece: w.fetched()}
			results.results(task, first, len(table), part)
			lines := results.covers(task.y)
			for _, tile := range table {
				for b := 2 * part * task.cut.outs; b < min(2*(part+1)*task.cut.outs, w.f.Out.Blocks()); b++ {
					checkFetched(t, w, "result", lines, tile.y/4+b*w.f.Out.Plane(), w.f.Out.Row(), tile.outRows, tile.outCols)
				}
			}
			inputs.piece = w.fetched()
			inputs.inputs(task, first, part)
		}
		lines := inputs.covers(task.x)
		if inputs.listed == aheadPlaces {
			continue // cut off
		}
		for _, tile := range table {
			for b := range w.f.In.Blocks() {
				checkFetched(t, w, "input", lines, tile.x/4+b*w.f.In.Plane(), w.f.In.Row(), tile.inRows, tile.inCols)
			}
			found += b2i(block > 0)
		}
	}
	return found
}

// covers says which floats of a map the places of a list cover.
func (h *winoAhead) covers(data []float32) []bool {
	fetched := make([]bool, len(data))
	for _, place := range h.places[:h.listed] {
		at := int(uintptr(unsafe.Pointer(place))-uintptr(unsafe.Pointer(&data[0]))) / 4
		for i := at; i < min(at+h.piece, len(data)); i++ {
			fetched[i] = true
		}
	}
	return fetched
}

// checkFetched wants all pixels of a tile fetched but those of the halo.
func checkFetched(t *testing.T, w *convWinograd, what string, fetched []bool, at, row, rows, cols int) {
	t.Helper()
	m := &w.f.In
	if what == "result" {
		m = &w.f.Out
	}
	for p := range rows {
		for q := range cols {
			pixel := at + p*row + q*Block
			inPlane := pixel % m.Step() % m.Plane()
			y, x := inPlane/row-m.Halo, inPlane%row/Block-m.Halo
			if y >= 0 && y < m.H && x >= 0 && x < m.W && !fetched[pixel] {
				t.Fatalf("%v of %v: pixel (%d, %d) of a tile's %s is not fetched", w.f.Algo, w.f.Shape, y, x, what)
			}
		}
	}
}

// TestWinogradFar: large maps, of which products fetch pieces, give the bits of products that
// fetch none, on any number of threads.
func TestWinogradFar(t *testing.T) {
	r := newRand(t)
	for stride := 1; stride <= 2; stride++ {
		c := newConvCase(r, square(20, 24, 109*stride, 3, stride), false).fractions(r)
		if 4*c.n*min(c.f.In.Step(), c.f.Out.Step()) < aheadFrom {
			t.Fatal("the maps are small")
		}
		for _, algo := range winograds(&c.f.Shape) {
			for _, isa := range isas()[1:] {
				p := c.plan(algo, isa)
				near := *p
				near.method = &winoOnce{p.method.(*convWinograd)}
				want := imagesOf(c.f.Out, c.n, c.run(t, &near, 1, asIs))
				for _, workers := range []int{1, 2, 3} {
					got := c.run(t, p, workers, asIs)
					checkFrame(t, c.f.Out, got, c.n)
					wantSame(t, fmt.Sprint(algo, " ", isa, " ", c), imagesOf(c.f.Out, c.n, got), want)
				}
			}
		}
	}
}

// TestWinogradSpread: register tiles share the fetching of panels of U, where there is
// nothing else to fetch, and of two at a time where products are fast.
func TestWinogradSpread(t *testing.T) {
	ofTwo := 4
	if kernel.DoublePumped() {
		ofTwo = 1
	}
	for _, c := range []struct{ tiles, panels, listed, want int }{
		{1, 1, 0, 1}, {2, 1, 0, 2}, {3, 1, 0, 2}, {4, 1, 0, 4}, {9, 1, 0, 4}, {4, 2, 0, ofTwo}, {4, 1, 7, 1},
	} {
		h := winoAhead{listed: c.listed}
		if got := h.spread(c.tiles, c.panels); got != c.want {
			t.Errorf("%d register tiles, %d panels and %d places: got %d that share, want %d", c.tiles, c.panels, c.listed, got, c.want)
		}
	}
}

// TestWinogradFurther: lines are asked for before their turn where products are fast, and there only.
func TestWinogradFurther(t *testing.T) {
	for _, c := range []struct {
		isa  kernel.ISA
		path kernel.Path
		want int
	}{
		{kernel.AVX512, kernel.PathWhole, pageBytes},
		{kernel.AVX512, kernel.PathUntold, aheadBytes},
		{kernel.AVX512, kernel.PathHalf, 0},
		{kernel.AVX2, kernel.PathWhole, 0},
		{kernel.AVX2, kernel.PathUntold, 0},
	} {
		w := &convWinograd{f: &ConvConfig{ISA: c.isa}}
		if got := w.further(c.path); got != c.want {
			t.Errorf("%v, path %v: got %d bytes, want %d", c.isa, c.path, got, c.want)
		}
	}
}

// TestWinogradPace: at any pace channels fetch every line of the next panels of U and at most one beyond,
// as one run of lines on Zen 5.
func TestWinogradPace(t *testing.T) {
	const line = 4 * tileOuts
	for _, channels := range []int{Block, 256, 512} {
		w := &convWinograd{channels: channels}
		for _, panels := range []int{1, 2} {
			for tiles := 1; tiles <= mostSpread; tiles *= 2 {
				for _, path := range []kernel.Path{kernel.PathUntold, kernel.PathHalf, kernel.PathWhole} {
					fetch, apart := w.pace(panels, tiles, path)
					if want := panels > 1 && path == kernel.PathWhole; want != (panels > 1 && apart == line) {
						t.Errorf("%d channels, path %v: lines are %d bytes apart, one run is %v", channels, path, apart, want)
					}
					found := map[int]bool{}
					for c := range tiles * channels {
						for p := range panels {
							found[(c*fetch+p*apart)/line] = true
						}
					}
					for l := range panels * channels {
						if !found[l] {
							t.Errorf("%d channels, %d panels, %d tiles, path %v: line %d is not fetched", channels, panels, tiles, path, l)
						}
					}
					if past := len(found) - panels*channels; past < 0 || past > 1 {
						t.Errorf("%d channels, %d panels, %d tiles, path %v: %d lines beyond them", channels, panels, tiles, path, past)
					}
				}
			}
		}
	}
}
