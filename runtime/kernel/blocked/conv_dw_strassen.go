package blocked

import (
	"slices"

	"github.com/netc-lang/netc/runtime/kernel"
)

// dwStrassen is the product of matrices of [dwPointwise] by Strassen's algorithm in Winograd's
// form: seven products of quarters in place of eight. Pixels are cut into two halves, whose
// members are mates, and the channels of either side into two. Of the quarters of a side a and
// b are of the first half of its channels, c and d of the other, b and d of the mates; of those
// of W, a and b are of the first half of the narrow side, c and d of the other, b and d of the
// later half of the wide side. The sums s of the narrow side and t of the wide one, the products
// m and the quarters of W are those of [convStrassen].
//
// The seven products are sums over all pixels, in the tiles of [dwPointwise], and those of a
// panel stay in the second cache or near it. Sums of the quarters of a unit of pixels are made where
// they are used. Sums and quarters of W made beside the products, as [convStrassen] makes them,
// were slower: tiles of a weight gradient have many more of them for a product.
type dwStrassen struct {
	*dwPointwise              // of halves of the wide side
	later        []int        // runs of the later half
	byImages     bool         // mates are pixels of images, else of rows
	lines        int          // rows of an image, or half of them
	few          *dwPointwise // computes batches that gain nothing
}

const (
	dwStrassenPixels = 200 // of each half of a unit: a tile costs about 100 cycles beside its products
	dwStrassenHigh   = 32  // blocks of each half of the narrow side of a panel, at most
	dwStrassenWide   = 24  // and of the wide one
	dwStrassenSums   = 3   // the products of a block of both sides take, by the sums of one
)

// From where on Strassen's algorithm is the faster one: sums of a side are shared by the channels
// of the other, quarters of W by all pixels.
const dwStrassenWork = 392 * 512 // pixels times the fewer channels

var dwStrassenFewest = map[kernel.ISA]int{kernel.AVX2: 64, kernel.AVX512: 128} // channels

// dwWithStrassen returns Strassen's algorithm for the weight gradients that ask for it or,
// where the choice is left, gain by it, and direct otherwise.
func dwWithStrassen(direct *dwPointwise) dwMethod {
	f := direct.f
	s := &f.Shape
	switch {
	case s.C%(2*Block) != 0 || s.O%(2*Block) != 0:
		return direct
	case f.Algo == Auto && min(s.C, s.O) >= dwStrassenFewest[f.ISA] || f.Algo == Strassen:
		return newDWStrassen(direct)
	}
	return direct
}

func newDWStrassen(direct *dwPointwise) *dwStrassen {
	f := direct.f
	d := &dwStrassen{dwPointwise: newDWPointwise(f, 2), few: direct, lines: f.DY.H / 2}
	if f.DY.H%2 > 0 {
		d.byImages, d.lines = true, f.DY.H
	}
	for _, run := range d.runs {
		d.later = append(d.later, d.wide.Blocks()/2+run)
	}
	return d
}

// pictures returns how many images have mates, or halves.
func (d *dwStrassen) pictures(n int) int {
	if d.byImages {
		return n / 2
	}
	return n
}

// takes reports whether n images are computed so.
func (d *dwStrassen) takes(n int) bool {
	return d.pictures(n) > 0 && (d.f.Algo == Strassen || n*d.f.DY.H*d.f.DY.W*min(d.narrow.C, d.wide.C) >= dwStrassenWork)
}

// units cuts pictures into units, of lines of one half.
func (d *dwStrassen) units(n int) pixelUnits {
	return unitsOf(d.pictures(n), Map{H: d.lines, W: d.f.DY.W}, dwStrassenPixels)
}

// from returns the image and the row that a unit begins at.
func (d *dwStrassen) from(u pixelUnit) (image, row int) {
	if d.byImages {
		return 2 * u.image, u.row
	}
	return u.image, 2 * u.row
}

// mate returns how far the mates of the pixels of a unit lie from them.
func (d *dwStrassen) mate(s *dwSide, u pixelUnit) int {
	if d.byImages {
		return u.images * s.image
	}
	return u.rows * s.row
}

// cut chooses the panels of W, in blocks and runs of half a side: those that some threads
// compute soonest. No result depends on it.
func (d *dwStrassen) cut(threads int) (best dwPanels) {
	high, runs, least := d.narrow.Blocks()/2, len(d.runs)-1, 0
	for above := ceilDiv(high, dwStrassenHigh); ; above = min(2*above, high) {
		for beside := ceilDiv(runs, d.mostRuns()); beside <= runs; beside++ {
			p := dwPanels{high: ceilDiv(high, above), runs: ceilDiv(runs, beside), above: above, beside: beside, parts: 1}
			cost := d.work(high, d.wide.Blocks()/2, beside, above) * ceilDiv(above*beside, threads) / (above * beside)
			if least == 0 || cost < least {
				least, best = cost, p
			}
		}
		if above == high {
			return best
		}
	}
}

// mostRuns returns the runs of each half of the wide side of a panel, at most.
func (d *dwStrassen) mostRuns() int { return dwStrassenWide / widestRun(d.f.ISA) }

// work is that of some blocks of half the sides whose sums are made so many times.
func (d *dwStrassen) work(high, wide, highs, wides int) int {
	return (dwStrassenSums*high*wide + high*highs + wide*wides) * d.f.DY.H * d.f.DY.W
}

// panel returns the blocks of the first half of the narrow side and the runs of a half of the
// wide one.
func (d *dwStrassen) panel(p *dwPanels, i int) (high, end, run, last int) {
	at, blocks, runs := i/p.beside, d.narrow.Blocks()/2, len(d.runs)-1
	i %= p.beside
	return blocks * at / p.above, blocks * (at + 1) / p.above, runs * i / p.beside, runs * (i + 1) / p.beside
}

// dwStrassenScratch is what a worker has: sums of the two sides, and products, each so many
// floats apart.
type dwStrassenScratch struct {
	s, t, m             []float32
	sEach, tEach, mEach int
	plane               int // from a block of sums to the next
}

func (d *dwStrassen) scratch(u pixelUnits, p dwPanels, from []float32) (k dwStrassenScratch, size int) {
	k.plane = (u.images*u.rows*d.f.DY.W + 2) * Block                      // not a multiple of a page
	apart := func(floats int) int { return roundUp(floats, 1024) + 5*16 } // nor a page
	k.sEach, k.tEach = apart(p.high*k.plane), apart(widestRun(d.f.ISA)*k.plane)
	k.mEach = apart(p.high * p.runs * widestRun(d.f.ISA) * Block * Block)
	for _, part := range []struct {
		to *[]float32
		n  int
	}{{&k.s, 4 * k.sEach}, {&k.t, 4 * k.tEach}, {&k.m, 7 * k.mEach}} {
		if size += part.n; from != nil {
			*part.to = from[size-part.n : size]
		}
	}
	return k, size
}

// need is the most that any batch of up to n images needs, on any number of threads.
func (d *dwStrassen) need(n int) (perWorker, shared int) {
	perWorker, shared = d.few.need(n)
	if d.takes(n) {
		most := dwPanels{high: min(d.narrow.Blocks()/2, dwStrassenHigh), runs: min(len(d.runs)-1, d.mostRuns())}
		_, size := d.scratch(d.units(n), most, nil)
		perWorker = max(perWorker, size)
		if d.turned {
			shared = max(shared, d.f.Shape.Weights())
		}
	}
	return perWorker, shared
}

func (d *dwStrassen) loads(n, threads int) [][]int {
	if !d.takes(n) {
		return d.few.loads(n, threads)
	}
	var chunks []int
	size := d.cut(threads)
	for panel := range size.above * size.beside {
		high, end, run, last := d.panel(&size, panel)
		chunks = append(chunks, n*d.work(end-high, d.runs[last]-d.runs[run], 1, 1))
	}
	return [][]int{chunks}
}

// bound is that of the product m5, as [convStrassen.bound] has it, and of the image without a
// mate that is added. Channels of dy are mates.
func (d *dwStrassen) bound(n int) Bound {
	const sums, quarters, alone = 2 + 2, 3, 1
	b := Bound{Roundings: d.pictures(n)*d.lines*d.f.DY.W + sums + quarters + alone, Mates: d.f.Shape.O / 2}
	for i := range 4 {
		var dy [4]float64
		if dy[i] = 1; !d.turned {
			for _, quarter := range strassenSizes(dy) {
				b.Growth = max(b.Growth, quarter[0]+quarter[1]+quarter[2]+quarter[3])
			}
		}
	}
	if d.turned {
		for _, quarter := range strassenSizes([4]float64{1, 1, 1, 1}) {
			b.Growth = max(b.Growth, slices.Max(quarter[:]))
		}
	}
	return b
}
