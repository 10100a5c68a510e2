package blocked

import "github.com/netc-lang/netc/runtime/kernel"

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

// tileOuts is the output channels that lie side by side in packed weights: one
// AVX-512 vector, two of AVX2.
const tileOuts = 16

// directOrder is the order of Direct,
//
//	[⌈O/16⌉][blocks][R][S][8][16]
//
// blocks being the channel blocks that 16 outputs read: all of them, or with groups
// those from the first output's group to the last one's. What no weight fills is
// zero, so that groups that are no multiple of 8 channels cost multiply-adds, not
// another kernel.
type directOrder struct {
	s      *kernel.ConvShape
	blocks int
}

func newDirectOrder(s *kernel.ConvShape) directOrder {
	d := directOrder{s: s}
	for o := 0; o < s.O; o += tileOuts {
		first, end := d.inputs(o)
		d.blocks = max(d.blocks, ceilDiv(end, Block)-first/Block)
	}
	return d
}

// inputs returns the channels that the 16 outputs from o on read.
func (d directOrder) inputs(o int) (first, end int) {
	outs, ins := d.s.O/d.s.Groups, d.s.C/d.s.Groups
	last := min(o+tileOuts, d.s.O) - 1
	return o / outs * ins, (last/outs + 1) * ins
}

// first returns the first block that the 16 outputs from o on read.
func (d directOrder) first(o int) int {
	first, _ := d.inputs(o)
	return min(first/Block, ceilDiv(d.s.C, Block)-d.blocks)
}

// stream returns the floats from 16 outputs to the next.
func (d directOrder) stream() int { return d.blocks * d.s.R * d.s.S * Block * tileOuts }

func (d directOrder) len() int { return ceilDiv(d.s.O, tileOuts) * d.stream() }

func (d directOrder) at(o, i, r, s int) int {
	g := o / tileOuts * tileOuts
	ch := o/(d.s.O/d.s.Groups)*(d.s.C/d.s.Groups) + i - d.first(g)*Block
	tap := (ch/Block*d.s.R+r)*d.s.S + s
	return g/tileOuts*d.stream() + (tap*Block+ch%Block)*tileOuts + o - g
}

func (d directOrder) pack(dst, w []float32) { packInOrder(d, d.s, dst, w) }

// packInOrder fills an order with OIHW weights.
func packInOrder(to weightOrder, s *kernel.ConvShape, dst, w []float32) {
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
func (d stemOrder) stream() int { return d.s.C * d.s.R * d.s.S * tileOuts }

func (d stemOrder) len() int { return ceilDiv(d.s.O, tileOuts) * d.stream() }

func (d stemOrder) at(o, i, r, s int) int {
	return o/tileOuts*d.stream() + ((i*d.s.R+r)*d.s.S+s)*tileOuts + o%tileOuts
}

func (d stemOrder) pack(dst, w []float32) { packInOrder(d, d.s, dst, w) }
