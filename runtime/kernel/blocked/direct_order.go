package blocked

import (
	"slices"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// weightOrder is a way to lay weights out. It follows from the shape alone, so that
// they can be laid out before the processor is known.
type weightOrder interface {
	len() int
	pack(dst, w []float32)
	// at is where the weight of output o, input i of its group, row r, column s lies.
	at(o, i, r, s int) int
}

// plainOrder is OIHW, the order of files.
type plainOrder struct{ s *kernel.ConvShape }

func (p plainOrder) len() int { return p.s.Weights() }

func (p plainOrder) pack(dst, w []float32) { copy(dst, w[:p.len()]) }

func (p plainOrder) at(o, i, r, s int) int {
	return ((o*(p.s.C/p.s.Groups)+i)*p.s.R+r)*p.s.S + s
}

// tileOuts is the output channels that lie side by side in packed weights.
const tileOuts = tiles.Outs

// directOrder is the order of Direct: for every strip of at most 16 outputs, zero
// where there are fewer,
//
//	[blocks][R][S][8][16]  then  [singles][R][S][16]
//
// These are the channels that the strip reads: all of them, or with groups those
// from the first output's group to the last one's. Blocks that lie in them whole,
// or nearly so, are walked as blocks, other channels one by one. A strip is two
// blocks of outputs, or one where the next reads other groups. Where a block meets
// two groups the weights between an output and the other group's channels are zero.
// (A zero weight makes NaN of an infinite value of another group.)
type directOrder struct {
	s      *kernel.ConvShape
	strips []directStrip
	of     []int     // the strip of every block of outputs
	total  int       // floats
	walk   *tileWalk // through OIHW weights
}

// directStrip is the outputs that lie side by side in packed weights.
type directStrip struct {
	directRange
	out, outs int // the first one; how many
}

// directRange says what a strip reads.
type directRange struct {
	first, blocks int // channel blocks of the input
	singles       []int
	at            int // where their weights begin
}

// stripSheet is what strips are cut from.
var stripSheet = sheet[directStrip]{size: 16 << 10}

// mostSingles is the channels of a block that are cheaper one by one.
const mostSingles = Block - 2

func newDirectOrder(s *kernel.ConvShape) directOrder {
	window := s.R * s.S
	d := directOrder{s: s, walk: &tileWalk{window: window, outStep: s.C * window, inStep: window}}
	for i := range window {
		d.walk.taps = append(d.walk.taps, i)
	}
	each, ins := s.O/s.Groups, s.C/s.Groups
	d.of = make([]int, 0, ceilDiv(s.O, Block))
	d.strips = stripSheet.cut(max(ceilDiv(s.O, tileOuts), min(s.Groups, cap(d.of))))
	r, c0, c1 := directRange{}, 0, 0
	for o := 0; o < s.O; o += Block {
		outs := min(Block, s.O-o)
		if lo, hi := o/each*ins, ((o+outs-1)/each+1)*ins; lo != c0 || hi != c1 {
			r, c0, c1 = rangeOf(lo, hi), lo, hi
		}
		n := len(d.strips)
		if n > 0 && r.same(d.strips[n-1].directRange) {
			if last := &d.strips[n-1]; last.outs == Block {
				last.outs += outs
				d.of = append(d.of, n-1)
				continue
			}
			r.singles = d.strips[n-1].singles
		}
		r.at = d.total
		d.strips, d.of = append(d.strips, directStrip{r, o, outs}), append(d.of, n)
		d.total += d.size(r)
	}
	return d
}

// rangeOf divides channels [c0, c1) in blocks and singles.
func rangeOf(c0, c1 int) directRange {
	var r directRange
	for b := c0 / Block; b*Block < c1; b++ {
		lo, hi := max(c0, b*Block), min(c1, (b+1)*Block)
		if hi-lo > mostSingles {
			if r.blocks == 0 {
				r.first = b
			}
			r.blocks++
			continue
		}
		for ch := lo; ch < hi; ch++ {
			r.singles = append(r.singles, ch)
		}
	}
	return r
}

func (r directRange) same(other directRange) bool {
	return r.first == other.first && r.blocks == other.blocks && slices.Equal(r.singles, other.singles)
}

// block returns the floats of one channel block of a strip.
func (d directOrder) block() int { return d.s.R * d.s.S * Block * tiles.Outs }

// size returns the floats of a strip that reads r.
func (d directOrder) size(r directRange) int {
	return r.blocks*d.block() + len(r.singles)*d.s.R*d.s.S*tiles.Outs
}

func (d directOrder) len() int { return d.total }

func (d directOrder) at(o, i, r, s int) int {
	t := &d.strips[d.of[o/Block]]
	ch := o/(d.s.O/d.s.Groups)*(d.s.C/d.s.Groups) + i
	if b := ch/Block - t.first; b >= 0 && b < t.blocks {
		return t.at + (((b*d.s.R+r)*d.s.S+s)*Block+ch%Block)*tiles.Outs + o - t.out
	}
	single := slices.Index(t.singles, ch)
	return t.at + t.blocks*d.block() + ((single*d.s.R+r)*d.s.S+s)*tiles.Outs + o - t.out
}

func (d directOrder) pack(dst, w []float32) {
	if d.s.Groups > 1 {
		packInOrder(d, d.s, dst, w)
		return
	}
	d.packTiles(dst, w, d.walk)
}

// packInOrder fills an order with OIHW weights.
func packInOrder[O weightOrder](to O, s *kernel.ConvShape, dst, w []float32) {
	clear(dst[:to.len()])
	from := 0
	for o := range s.O {
		for i := range s.C / s.Groups {
			for r := range s.R {
				for k := range s.S {
					dst[to.at(o, i, r, k)] = w[from]
					from++
				}
			}
		}
	}
}

// stemOrder is the order of Stem: [⌈O/16⌉][C][R][S][16].
type stemOrder struct{ s *kernel.ConvShape }

func newStemOrder(s *kernel.ConvShape) stemOrder {
	if s.Groups != 1 {
		panic("blocked: the convolution of a plain picture has groups")
	}
	return stemOrder{s}
}

// stream returns the floats from 16 outputs to the next.
func (d stemOrder) stream() int { return d.s.C * d.s.R * d.s.S * tiles.Outs }

func (d stemOrder) len() int { return ceilDiv(d.s.O, tiles.Outs) * d.stream() }

func (d stemOrder) at(o, i, r, s int) int {
	return o/tiles.Outs*d.stream() + ((i*d.s.R+r)*d.s.S+s)*tiles.Outs + o%tiles.Outs
}

func (d stemOrder) pack(dst, w []float32) { packInOrder(d, d.s, dst, w) }
