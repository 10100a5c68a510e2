package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Products read from the first two caches, so that the memory rests while they are made;
// transforms read and write maps and do little else. So the products of a block of large
// maps bring nearer what comes next: what the tiles of the next block are made of, and the
// lines that their own results go to.

// aheadFrom are the bytes of a map that is not in the second cache as it is.
const aheadFrom = 1 << 20

// winoAhead lists what products bring nearer: places in maps, from each of which a register
// tile fetches a piece.
type winoAhead struct {
	places [aheadPlaces]*float32
	listed int
	taken  int
	piece  int // floats
}

const aheadPlaces = 256

// take returns the next places of the list and how many these are, n at most.
func (h *winoAhead) take(n int) (places **float32, taken int) {
	if taken = min(n, h.listed-h.taken); taken > 0 {
		places = &h.places[h.taken]
		h.taken += taken
	}
	return places, taken
}

// mostSpread is the most register tiles that share the fetching of panels of U.
const mostSpread = 4

// spread returns how many of some register tiles bring the next panels of U nearer: several
// do where there is nothing else to fetch, so that the memory has their time for it. Two panels,
// those of AVX-512, are asked for at once where products take twice as long.
func (h *winoAhead) spread(tiles, panels int) int {
	n := 1
	if panels > 1 && kernel.DoublePumped() {
		return n
	}
	for h.listed == 0 && 2*n <= min(tiles, mostSpread) {
		n *= 2
	}
	return n
}

// pace returns how far a channel of products goes on, in bytes, in the next panels of U where
// some register tiles share the fetching, and how far apart the lines are that it fetches, one
// for each panel. Two panels are fetched side by side, or as one run of lines, which Zen 5 foresees.
func (w *convWinograd) pace(panels, tiles int, path kernel.Path) (fetch, apart int) {
	const line = 4 * tileOuts
	if panels > 1 && path == kernel.PathWhole {
		return line * panels / tiles, line
	}
	return line / tiles, 4 * w.panel()
}

// How many bytes before its turn a line of the next panels of U is asked for.
const (
	pageBytes  = 4 << 10 // a page of memory, see further
	aheadBytes = 1 << 10 // on Intel's processors, where 0.5 KiB is as good and 2 and 4 are not
)

// further returns how many bytes before its turn one line in sixteen of the next panels of U is
// asked for; 0 is not at all. Zen 5 looks up meanwhile where the page of the line lies: pages are of
// 4 KiB for a processor also where the system has a large one, if it runs as a guest of another that
// has none, and weights fill more of them than it remembers the places of. Else all lines
// of the page that are asked for wait for that, and what products read waits behind
// them: a tenth of the time of a layer. Intel's processors foresee what lies between such a line
// and the one whose turn it is: 7 to 9 % of layers of 256 and 512 channels. AVX2 takes its time,
// and was slower with it; so may be vectors that run in halves.
func (w *convWinograd) further(path kernel.Path) int {
	switch {
	case w.f.ISA != kernel.AVX512 || path == kernel.PathHalf:
		return 0
	case path == kernel.PathWhole:
		return pageBytes
	}
	return aheadBytes
}

// fetched returns the floats that a register tile fetches: what is as long as its weights.
func (w *convWinograd) fetched() int { return w.panel() * w.f.ISA.Lanes() / Block }

// plan lists what products of a part of a block of tiles fetch.
func (h *winoAhead) plan(t *winoTask, first, tiles, part int) {
	if 4*t.n*t.f.In.Step() >= aheadFrom {
		h.inputs(t, first+tiles, part)
	}
	if 4*t.n*t.f.Out.Step() >= aheadFrom {
		h.results(t, first, tiles, part)
	}
}

// inputs lists a part's share of what the tiles of a block are made of, which begins at first.
func (h *winoAhead) inputs(t *winoTask, first, part int) {
	s, in := &t.f.Shape, &t.f.In
	share := ceilDiv(in.Blocks(), t.cut.parts)
	t.eachImage(first, min(t.cut.tiles, t.tilesOf(t.n)-first), func(image, p0, p1 int) {
		from, to := t.reads(p0*t.m, s.StrideH), t.reads(p1*t.m-t.m, s.StrideH)+t.pixels
		h.rows(t.x, in, image, part*share, min(part*share+share, in.Blocks()), from-s.PadTop, to-s.PadTop)
	})
}

// results lists the lines that results of a part go to.
func (h *winoAhead) results(t *winoTask, first, tiles, part int) {
	out, from := &t.f.Out, 2*part*t.cut.outs
	t.eachImage(first, tiles, func(image, p0, p1 int) {
		h.rows(t.y, out, image, from, min(from+2*t.cut.outs, out.Blocks()), p0*t.m, p1*t.m)
	})
}

// eachImage visits the rows [p0, p1) of tiles of every image that n tiles lie in.
func (w *convWinograd) eachImage(first, n int, visit func(image, p0, p1 int)) {
	for p, end := first/w.tilesW, ceilDiv(first+n, w.tilesW); p < end && n > 0; {
		image := p / w.tilesH
		p1 := min(end, (image+1)*w.tilesH)
		visit(image, p-image*w.tilesH, p1-image*w.tilesH)
		p = p1
	}
}

// rows lists rows [p0, p1) of blocks [b0, b1) of an image, as far as they exist.
func (h *winoAhead) rows(data []float32, m *Map, image, b0, b1, p0, p1 int) {
	p0, p1 = max(p0, 0), min(p1, m.H)
	for b := b0; b < b1 && p0 < p1; b++ {
		for at, end := m.At(image, b, p0, 0), m.At(image, b, p1-1, m.W); at < end && h.listed < aheadPlaces; at += h.piece {
			h.places[h.listed] = &data[at]
			h.listed++
		}
	}
}
