package blocked

import (
	"sync"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// convStrassen is a convolution of one tap, which is a product of matrices, by Strassen's
// algorithm in Winograd's form: seven products of quarters in place of eight. Pixels are cut
// into two halves, whose members are mates, weights into two halves of the outputs, and both
// into two of the input channels. Of pixels a and b are the first half, c and d their mates, b
// and d of the later channels; of weights a and b are the first half of the outputs, c and d the
// other, b and d of the later channels.
//
//	s = c+d, c+d-a, a-c, b-(c+d-a)     t = c-a, d-(c-a), d-c, b-(d-(c-a))
//
//	m0 = a·a    m2 = s3·d    m4 = s0·t0    m6 = s2·t2
//	m1 = b·b    m3 = d·t3    m5 = s1·t1
//
//	y of the first half = m0+m1, m0+m5+m4+m2     of their mates = m0+m5+m6+m3, m0+m5+m6+m4
//
// The seven products are those of [Direct], whose packed weights it reads, over some pixels,
// outputs and channels at a time, which stay in the second cache. While they are made, the
// core makes the sums of the next ones and the results of those before: see [tiles.Side].
//
// Source: Strassen 1969, Gaussian elimination is not optimal; Winograd's form: Higham 2002,
// Accuracy and Stability of Numerical Algorithms, section 23.2.2. In caches: Huang, Smith,
// Henry and van de Geijn 2016, Strassen's algorithm reloaded.
type convStrassen struct {
	*convDirect // computes the image that has no mate
	pairing
	units []directUnit // of the first half of the outputs
	cut   strassenCut
	ins   int // blocks of half the input channels

	inAt, outAt, residualAt, gateAt mates
	flatIn, flat                    bool // lines follow each other in the input, in results and what they read

	once         sync.Once
	pixels, sums []tiles.Pixel // of a band: in the map and, as their sums lie, side by side
	taps, steps  tiles.Walk    // past the channels of both
}

// strassenCut says how the work is divided. No result depends on it.
type strassenCut struct {
	pictures, lines int // of a band: some pictures where one has few lines
	bands           int // of a picture
	pass            int // blocks of each half of the channels that are summed at a time
	pitch           int // pixels from one block to the next in scratch
}

// Sizes that the cut aims at. A tile costs about 100 cycles beside its products, and so wants
// many channels; sums of pixels, of weights and two times seven products share the second cache.
const (
	strassenPixels = 112 // of each half
	strassenPass   = 32  // blocks of each half of the channels
)

// strassenFits reports whether Strassen's algorithm computes a convolution: one tap, and
// quarters of whole vectors.
func strassenFits(s *kernel.ConvShape) bool {
	return s.R == 1 && s.S == 1 && s.Groups == 1 && s.PadTop|s.PadLeft|s.PadBottom|s.PadRight == 0 &&
		s.C%(2*Block) == 0 && s.O%(2*tiles.Outs) == 0
}

// newConvStrassen returns d by Strassen's algorithm, or d where pixels have no mates.
func newConvStrassen(d *convDirect, images int) convMethod {
	f, v := d.f, &d.view
	if !strassenFits(&f.Shape) {
		panic("blocked: Strassen's algorithm is for windows of one tap and whole quarters")
	}
	s := &convStrassen{convDirect: d, ins: f.Shape.C / (2 * Block), pairing: pairingOf(&f.Out, images)}
	if s.kind == mateless {
		return d
	}
	s.inAt = s.every(&f.In, f.Shape.StrideH, f.Shape.StrideW)
	s.outAt, s.residualAt, s.gateAt = s.every(&v.out, 1, 1), s.every(&v.residual, 1, 1), s.every(&v.gate.Map, 1, 1)
	s.flatIn = s.width*s.inAt.pixel == s.inAt.line
	s.flat = s.width*s.outAt.pixel == s.outAt.line &&
		(d.end.flags&endResidual == 0 || s.residualAt.line == s.outAt.line) && (d.end.flags&endGated == 0 || s.gateAt.line == s.outAt.line)
	s.units = outUnits(f.Shape.O/2, f.ISA, tiles.Wide, true)
	s.cut = s.cutOf()
	return s
}

func (s *convStrassen) cutOf() strassenCut {
	c := strassenCut{pictures: 1, lines: s.lines, bands: 1}
	if all := s.lines * s.width; all > strassenPixels {
		c.bands = min(s.lines, (all+strassenPixels/2)/strassenPixels)
		c.lines = ceilDiv(s.lines, c.bands)
	} else {
		c.pictures = max(1, strassenPixels/all)
	}
	c.pitch = roundUp(c.pictures*c.lines*s.width, 2)
	if c.pitch%4 == 0 {
		c.pitch += 2 // an odd number of lines
	}
	c.pass = ceilDiv(s.ins, ceilDiv(s.ins, strassenPass))
	return c
}

// fillTables makes what [tiles.Args.Run] reads.
func (s *convStrassen) fillTables() {
	c, in := &s.cut, &s.inAt
	for i := range c.pictures {
		for l := range c.lines {
			for q := range s.width {
				near := int32(4 * Block * len(s.pixels))
				s.pixels = append(s.pixels, tiles.Pixel{X: int32(4 * (i*in.picture + l*in.line + q*in.pixel)), Y: near})
				s.sums = append(s.sums, tiles.Pixel{X: near, Y: near})
			}
		}
	}
	s.taps.Steps, s.steps.Steps = Block, Block
	for b := range c.pass {
		s.taps.Taps = append(s.taps.Taps, 4*b*s.f.In.Plane())
		s.steps.Taps = append(s.steps.Taps, 4*b*s.plane())
	}
}

// outs returns the channels of a unit, strips the streams of weights that are theirs.
func (s *convStrassen) outs(unit int) int   { return s.units[unit].vecs * s.units[unit].isa.Lanes() }
func (s *convStrassen) strips(unit int) int { return ceilDiv(s.outs(unit), tiles.Outs) }

// blocks returns the blocks of a unit in the first half of the outputs, half those of a half.
func (s *convStrassen) blocks(unit int) (first, count int) {
	return s.units[unit].out / Block, s.outs(unit) / Block
}
func (s *convStrassen) half() int { return s.f.Shape.O / 2 / Block }

// summed returns the blocks of each half of the channels of the pass that begins at block b.
func (s *convStrassen) summed(b int) int { return min(s.cut.pass, s.ins-b) }

// strip is the floats of the packed weights of 16 outputs; those of a unit and a pass begin at
// weightsAt.
func (s *convStrassen) strip() int { return s.order.size(s.order.strips[0].directRange) }
func (s *convStrassen) weightsAt(unit, b int) int {
	return s.units[unit].out/tiles.Outs*s.strip() + b*s.order.block()
}

// plane is the floats from one block to the next in scratch, product those of a product of a
// unit, sum those of a sum of pixels, panel those of a sum of weights.
func (s *convStrassen) plane() int   { return s.cut.pitch * Block }
func (s *convStrassen) product() int { return tiles.MaxOuts / Block * s.plane() }
func (s *convStrassen) sum() int     { return s.cut.pass * s.plane() }
func (s *convStrassen) panel() int   { return s.cut.pass * Block * tiles.MaxOuts }

// strassenScratch is what a worker has.
type strassenScratch struct {
	none, biases []float32
	s, t         []float32    // the sums of pixels and of weights
	m            [2][]float32 // the seven products of a unit, and of the one before
}

func (s *convStrassen) scratch(from []float32) (k strassenScratch, size int) {
	for _, part := range []struct {
		to *[]float32
		n  int
	}{
		{&k.none, tiles.MaxOuts}, {&k.biases, s.f.Shape.O},
		{&k.s, 4 * s.sum()}, {&k.t, 4 * s.panel()}, {&k.m[0], 7 * s.product()}, {&k.m[1], 7 * s.product()},
	} {
		if size += part.n; from != nil {
			*part.to = from[size-part.n : size]
		}
	}
	return k, size
}

func (s *convStrassen) need(n int) (perWorker, shared int) {
	_, size := s.scratch(nil)
	direct, shared := s.convDirect.need(n)
	return max(size, direct), shared
}
