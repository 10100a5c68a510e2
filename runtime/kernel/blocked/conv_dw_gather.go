package blocked

// dwGather adds the partial sums and brings them to OIHW.
type dwGather struct {
	d     *dwTiles
	parts int
	sums  []float32
	dw    []float32
}

// job finishes blocks [b0, b1) of the input channels of a job, whose sums begin at the
// given place.
func (t *dwGather) job(j *dwJob, at, b0, b1 int) {
	d := t.d
	n := j.shape.block
	for b := b0; b < b1; b++ {
		for step := 1; step < t.parts; step *= 2 {
			for i := 0; i+step < t.parts; i += 2 * step {
				addTo(d.f.ISA, t.sums[i*d.total+at:][:n], t.sums[(i+step)*d.total+at:][:n])
			}
		}
		t.block(j, j.in+b, t.sums[at:])
		at += n
	}
}

// weights returns where the weights between one block of input and the output channels
// of a job lie, from the first one's first on, if they are neighbours in each output
// channel: those of one group. Output channels are row bytes apart.
func (t *dwGather) weights(j *dwJob, in int) (dw []float32, row int) {
	s := &t.d.f.Shape
	ci, co := s.C/s.Groups, s.O/s.Groups
	o0, o1 := j.out*Block, min((j.out+j.outs)*Block, s.O)
	c0, c1 := t.channels(in)
	first := o0 / co * ci
	if o0/co != (o1-1)/co || c0 < first || first+ci < c1 {
		return nil, 0
	}
	taps := s.R * s.S
	return t.dw[(o0*ci+c0-first)*taps:][:(c1-c0)*taps], ci * taps * 4
}

// channels returns the input channels of a block.
func (t *dwGather) channels(in int) (c0, c1 int) {
	if t.d.f.PlainX {
		return in, in + 1
	}
	return in * Block, min((in+1)*Block, t.d.f.Shape.C)
}

// block writes the weights between one block of input and the output channels of a
// job.
func (t *dwGather) block(j *dwJob, in int, sums []float32) {
	s := &t.d.f.Shape
	ci, co := s.C/s.Groups, s.O/s.Groups
	taps := s.R * s.S
	k := ci * taps // weights of an output channel
	o0, outs := j.out*Block, min(j.outs*Block, s.O-j.out*Block)
	if dw, _ := t.weights(j, in); dw != nil {
		t.d.gather(j.shape, dw[:cap(dw)], k, outs, sums, len(dw))
		return
	}
	c0, c1 := t.channels(in)
	for o := o0; o < o0+outs; o++ {
		first := o / co * ci
		for c := max(c0, first); c < min(c1, first+ci); c++ {
			for tap := range taps {
				t.dw[o*k+(c-first)*taps+tap] = sums[int(j.shape.order[(c-c0)*taps+tap])+o-o0]
			}
		}
	}
}

// gather writes n weights of some output channels, k floats from one to the next.
func (d *dwTiles) gather(s *dwShape, dw []float32, k, outs int, sums []float32, n int) {
	if n < Block {
		for o := range outs {
			for e := range n {
				dw[o*k+e] = sums[int(s.order[e])+o]
			}
		}
		return
	}
	transpose(dw, k, outs, sums, s.order[:n])
}

// orderOf returns where the weights of a block lie in its sums, in OIHW order.
func (d *dwTiles) orderOf(s *dwShape) []int32 {
	f := &d.f.Shape
	channels := min(Block, f.C)
	if d.f.PlainX {
		channels = 1
	}
	order := make([]int32, channels*f.R*f.S)
	for _, p := range s.pieces {
		for i := range p.tiles * p.taps * p.in {
			tile, tap, lane := i/(p.taps*p.in), i/p.in%p.taps, p.lane+i%p.in
			lane += tile * p.in
			first, end := 0, f.R // rows of the filter
			if s.rows > 1 {
				first, end, tap = tap, tap+1, 0
			}
			if tap += p.tap; d.f.PlainX {
				lane, tap = 0, tap+lane
			}
			if lane >= channels || tap >= f.S {
				continue
			}
			for r := first; r < end; r++ {
				order[(lane*f.R+r)*f.S+tap] = int32(r/s.rows*s.row + p.at + i*s.width)
			}
		}
	}
	return order
}
