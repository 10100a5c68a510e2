package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// Sizes that the cut of a direct convolution aims at, in bytes and multiply-adds.
const (
	cutInput   = 256 << 10 // of the input of a band: it stays in the second cache
	cutWeights = 256 << 10 // of the weights of a chunk, and of a unit in one pass, likewise
	cutWide    = 128 << 10 // of the weights of a wide unit that tiles read out of the second cache
	cutSlim    = 14 << 10  // of the weights of a slim unit in one pass: half of the first cache
	cutWork    = 1 << 20   // a chunk worth a thread's while
	cutChunks  = 8         // chunks of an image that let threads share work evenly
	cutPixels  = 48        // of a band: enough tiles for the weights that they read
	bandsAgain = 2         // how much slower the input of a band is read than weights
	cutImages  = 96        // pixels of a chunk of several images
	soloPixels = 2 << 10   // of a band that no other thread shares
	slimPixels = 512       // of a map that has so many tiles that passes cost nothing
)

// directCutOf returns the cut that threads share.
func directCutOf(d *convDirect) directCut {
	c, out := d.largest(), d.f.Out
	if d.f.Split == ByChannels {
		return d.ordered(d.evenParts(d.even(c)))
	}
	for {
		c.parts, c.bands = ceilDiv(len(d.units), c.units), ceilDiv(out.H, c.rows)
		if c.parts*c.bands >= cutChunks || d.f.work()/(c.parts*c.bands) <= cutWork {
			break
		}
		// Bands cost reading weights again, parts reading the input again.
		if half := ceilDiv(c.rows, 2); c.rows > 1 && half*out.W >= 2*cutPixels {
			c.rows = half
		} else if c.units > 1 {
			c.units = ceilDiv(c.units, 2)
		} else {
			break
		}
	}
	c = d.even(c)
	if d.f.work() >= 2*cutWork {
		c = d.evenCut(c)
	}
	return d.ordered(c)
}

// soloCutOf returns the cut of a thread alone, whose bands are no smaller than those of the
// shared cut. It has no use for many chunks: going from one strip of outputs to the next
// takes 0.2 us, a tenth of the time of layers of few channels.
func soloCutOf(d *convDirect, shared directCut) directCut {
	c := d.largest()
	c.rows = max(shared.rows, min(c.rows, ceilDiv(soloPixels, d.f.Out.W)))
	return d.ordered(d.even(c))
}

// largest returns chunks as large as the caches allow.
func (d *convDirect) largest() directCut {
	s, in, out := &d.f.Shape, d.f.In, d.f.Out
	c := directCut{pass: d.pass()}
	unit := 4 * d.order.total / len(d.units)
	c.units = min(len(d.units), max(1, cutWeights/unit))
	inRow := 4 * c.pass * s.StrideH * in.Row()
	c.rows = min(out.H, max(ceilDiv(cutPixels, out.W), cutInput/inRow))
	return c
}

// even returns c with as many bands and parts of one size.
func (d *convDirect) even(c directCut) directCut {
	c.bands, c.parts = ceilDiv(d.f.Out.H, c.rows), ceilDiv(len(d.units), c.units)
	c.rows, c.units = ceilDiv(d.f.Out.H, c.bands), ceilDiv(len(d.units), c.parts)
	return c
}

// ordered adds to c the images of a chunk and the order of chunks.
func (d *convDirect) ordered(c directCut) directCut {
	s, in, out := &d.f.Shape, d.f.In, d.f.Out
	if c.images = 1; c.bands == 1 && out.H*out.W < cutPixels {
		c.images = max(1, min(cutImages/(out.H*out.W), cutInput/(4*in.Blocks()*Block*in.H*in.W)))
	}
	// Either the input of a band is read again for each part, some lines of many planes
	// at a time, or the weights for each band, in one go.
	band := 4 * Block * in.Blocks() * min(in.H, c.rows*s.StrideH) * in.W * c.images
	c.byBand = bandsAgain*band*(c.parts-1) > 4*d.order.total
	return c
}

// unitVectors returns the most vectors of a unit. A wide tile of AVX2 wants 21 bytes of weights
// a cycle. Where they are many and come out of the second cache, which gives less while
// something else works on the core's other hardware thread, slim units take them in passes
// that stay in the first cache.
func (d *convDirect) unitVectors() int {
	most := 0
	for _, s := range d.order.strips {
		most = max(most, d.order.size(s.directRange))
	}
	wide := 4 * most * tiles.Wide * tiles.AVX2.Lanes() / tiles.Outs
	if d.f.ISA == kernel.AVX2 && !d.view.part && wide > cutWide && d.f.Out.H*d.f.Out.W >= slimPixels {
		return tiles.Slim
	}
	return tiles.Wide
}

// pass returns the input blocks of one pass. Every tile reads all weights of the pass:
// out of the second cache they come fast enough, out of the third not.
func (d *convDirect) pass() int {
	blocks, outs := 1, 1
	for _, u := range d.units {
		blocks, outs = max(blocks, u.blocks), max(outs, u.vecs*u.isa.Lanes())
	}
	room := cutWeights
	if d.unitVectors() == tiles.Slim {
		room = cutSlim
	}
	most := max(1, room/(4*d.order.block()*ceilDiv(outs, tiles.Outs)))
	return ceilDiv(blocks, ceilDiv(blocks, most))
}

// evenCut returns c with some more or fewer bands, or more parts, where two threads would
// not share its chunks evenly, as with seven of a kind; with twice the bands only where
// nothing else helps, since each band costs a call and a tile that is not full.
func (d *convDirect) evenCut(c directCut) directCut {
	best, least := c, d.unevenness(c)
	try := func(bands, parts int) {
		t := c
		t.rows, t.units = ceilDiv(d.f.Out.H, bands), ceilDiv(len(d.units), parts)
		t.bands, t.parts = ceilDiv(d.f.Out.H, t.rows), ceilDiv(len(d.units), t.units)
		if u := d.unevenness(t); u < least {
			best, least = t, u
		}
	}
	for more := 1; more <= evenMore && least > evenEnough; more++ {
		for _, parts := range []int{c.parts, c.parts + more} {
			for _, bands := range []int{c.bands, max(1, c.bands-more), c.bands + more} {
				try(bands, parts)
			}
		}
	}
	if least > evenEnough {
		try(2*c.bands, c.parts)
	}
	return best
}

// evenParts returns c with so many parts that two threads share the channels evenly, and enough
// of them: bands, each of which reads the weights again, only where there are no more units.
func (d *convDirect) evenParts(c directCut) directCut {
	best, least := c, 0.0
	for units := c.units; units > 0; units-- {
		c.units, c.parts = units, ceilDiv(len(d.units), units)
		u := balance(d.partLoads(c), 2)
		if few := c.parts*c.bands < cutChunks && d.f.work()/(c.parts*c.bands) > cutWork; units > 1 && few {
			continue
		}
		if least == 0 || u < least {
			best, least = c, u
		}
		if u <= evenEnough {
			break
		}
	}
	for best.parts*best.bands < cutChunks && d.f.work()/(best.parts*best.bands) > cutWork && best.rows > 1 {
		half := ceilDiv(best.rows, 2)
		if half*d.f.Out.W < 2*cutPixels {
			break
		}
		best.bands = ceilDiv(d.f.Out.H, half)
		best.rows = ceilDiv(d.f.Out.H, best.bands)
	}
	return best
}

// partLoads returns the channels of the parts of a cut.
func (d *convDirect) partLoads(c directCut) []int {
	var loads []int
	for first := 0; first < len(d.units); first += c.units {
		outs := 0
		for _, u := range d.units[first:min(first+c.units, len(d.units))] {
			outs += u.vecs * u.isa.Lanes()
		}
		loads = append(loads, outs)
	}
	return loads
}

// evenRows returns the rows of a band, at most the given number, that two threads share
// evenly or nearly so.
func evenRows(all, rows int) int {
	bands := ceilDiv(all, rows)
	best, least := 0, 0.0
	for more := 0; more <= evenMore && (best == 0 || least > evenEnough); more++ {
		some := ceilDiv(all, bands+more)
		if u := balance(pieces(all, some, 1), 2); best == 0 || u < least {
			best, least = some, u
		}
	}
	return best
}

const (
	evenMore   = 3
	evenEnough = 1.05 // of an even share, for the busier of two threads
)

// unevenness is Balance of one image on two threads under a cut.
func (d *convDirect) unevenness(c directCut) float64 {
	c.images = 1
	t := *d
	t.cut = c
	return balance(t.loads(1, 2)[0], 2)
}
