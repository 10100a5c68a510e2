package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Parts of the packing of an input gradient are blocks of its outputs where their weights
// are read in one go, for all classes, else strips of its channels. A strip reads some
// lines of the weights of every output, which lie as many pages apart.
func (d *convDXDirect) packParts() int {
	switch order := &d.classes[0].order; {
	case d.f.Shape.Groups > 1:
		return 1
	case d.alongRows():
		return d.f.Shape.O / Block
	default:
		return len(order.strips)
	}
}

// alongRows reports whether whole blocks of outputs are packed at a time.
func (d *convDXDirect) alongRows() bool {
	s := &d.f.Shape
	return s.Groups == 1 && s.O%Block == 0 && s.R*s.S <= mostTurned && kernel.AVX2.Available()
}

func (d *convDXDirect) packPart(dst, w []float32, part int) {
	switch {
	case d.f.Shape.Groups > 1:
		d.packGroups(dst, w)
	case !d.alongRows():
		d.packStrip(dst, w, part)
	case d.f.Shape.R*d.f.Shape.S == 1:
		d.packEmpty(dst, part)
		c := d.classes[d.meeting()]
		c.order.packRows(dst[c.at:], w, part*Block, (part+1)*Block)
	default:
		d.packEmpty(dst, part)
		d.packBlock(dst, w, part)
	}
}

func (d *convDXDirect) pack(dst, w []float32) {
	for part := range d.packParts() {
		d.packPart(dst, w, part)
	}
}

// meeting returns the first class that has taps.
func (d *convDXDirect) meeting() int {
	for i, c := range d.classes {
		if !c.empty() {
			return i
		}
	}
	panic("blocked: no tap meets any result of a convolution")
}

// packEmpty writes the zero weights of classes that no tap meets, with the first part.
func (d *convDXDirect) packEmpty(dst []float32, part int) {
	for _, c := range d.classes {
		if part == 0 && c.empty() {
			clear(dst[c.at:][:c.order.len()])
		}
	}
}

// packBlock lays the weights of block b of the outputs out for all classes: those of 8
// channels are turned once, and each class takes its taps.
func (d *convDXDirect) packBlock(dst, w []float32, b int) {
	s := &d.f.Shape
	window := s.R * s.S
	walk := tileWalk{window: window, outStep: window, inStep: s.C * window}
	var turned turnedWeights
	for i, strip := range d.classes[0].order.strips {
		for half := 0; half < tileOuts; half += Block {
			if outs := min(Block, strip.outs-half); outs > 0 {
				walk.turn(turned[:], w[b*Block*walk.inStep+(strip.out+half)*window:], outs, Block)
			} else {
				clear(turned[:])
			}
			for _, c := range d.classes {
				if !c.empty() {
					c.take(dst[c.at+c.order.strips[i].at+b*c.order.block()+half:], &turned, window)
				}
			}
		}
	}
}

// take writes the taps of a class out of those of 8 channels and a block of outputs.
func (c *dxClass) take(to []float32, turned *turnedWeights, window int) {
	for k, tap := range c.walk.taps {
		for i := range Block {
			*(*[Block]float32)(to[(k*Block+i)*tileOuts:]) = *(*[Block]float32)(turned[(i*window+tap)*Block:])
		}
	}
}

// packStrip lays the weights of a strip of channels out, class by class.
func (d *convDXDirect) packStrip(dst, w []float32, part int) {
	for _, c := range d.classes {
		to := dst[c.at:][:c.order.len()]
		if c.empty() {
			first, end := c.order.stripOf(part)
			clear(to[first:end])
			continue
		}
		c.order.packStrips(to, w, &c.walk, part, part+1)
	}
}

// packGroups lays the weights of groups out, one by one. The outputs of a class are the
// input channels of the forward convolution.
func (d *convDXDirect) packGroups(dst, w []float32) {
	s := &d.f.Shape
	taps, ci, co := s.R*s.S, s.C/s.Groups, s.O/s.Groups
	clear(dst[:d.packed])
	for _, c := range d.classes {
		if c.empty() {
			continue
		}
		to, inStep := dst[c.at:][:c.order.len()], c.walk.inStep
		for ch := range s.C {
			for o := range co {
				from := w[ch/ci*co*inStep+o*inStep+ch%ci*taps:]
				for i, tap := range c.walk.taps {
					to[c.order.at(ch, o, i/len(c.cols), i%len(c.cols))] = from[tap]
				}
			}
		}
	}
}
