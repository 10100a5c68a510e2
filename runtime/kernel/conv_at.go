package kernel

// At returns the plan for images of h x w pixels, all else as p: the same weights,
// packed by p, serve both. This is how a network for pictures of any size packs its
// weights once and makes plans when it sees a size.
//
// It panics, as NewConv does, where the kernel is larger than the padded image.
func (p *Conv) At(h, w int) *Conv {
	s := p.s
	s.H, s.W = h, w
	q := newConv(s, p.e)
	if p.pixels != nil { // as the weights lie
		q.pixels = newPixels(&q.s)
	}
	return q
}

// At returns the plan for an input (the dx of Run) of h x w pixels, as Conv.At.
func (p *ConvDX) At(h, w int) *ConvDX {
	s := p.s
	s.H, s.W = h, w
	return NewConvDX(s)
}

// At returns the plan for pictures of h x w pixels.
func (p *ConvDW) At(h, w int) *ConvDW {
	s := p.s
	s.H, s.W = h, w
	return NewConvDW(s)
}
