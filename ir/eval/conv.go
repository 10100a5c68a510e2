package eval

func init() {
	register("conv", conv)
	register("conv_dx", convDX)
	register("conv_dw", convDW)
}

// conv is the cross-correlation of x with w, split over groups:
//
//	y[n,o,p,q] = act(bias[o] + residual[n,o,p,q] +
//	             Σ_{i,r,s} x[n, g·I+i, p·stride+r·dilation−top, q·stride+s·dilation−left] · w[o,i,r,s])
//
// with I = C/groups and g the group of o; x is 0 outside its borders, and multiplied by
// scale[n, channel] if there is one.
func conv(c *call) error {
	act, err := epilogueActivation(c.attrs.String("act"), c.attrs.Floats("act_args"))
	if err != nil {
		return err
	}
	x, w, y := c.in[0], c.in[1], c.out[0]
	plane := x.Shape[2] * x.Shape[3]
	scale := func(int) float64 { return 1 }
	if c.has(4) {
		scale = func(ix int) float64 { return c.in[4].F[ix/plane] }
	}
	c.convolve(x.Shape, w.Shape, y.Shape, func(ix, iw, iy int) { y.F[iy] += x.F[ix] * scale(ix) * w.F[iw] })
	channels, pixels := y.Shape[1], y.Shape[2]*y.Shape[3]
	for i := range y.F {
		if c.has(2) {
			y.F[i] += c.in[2].F[i/pixels%channels]
		}
		if c.has(3) {
			y.F[i] += c.in[3].F[i]
		}
		y.F[i] = act(y.F[i])
	}
	return nil
}

// convDX is the transpose of conv in x: dx gathers dy·w from every place that
// conv read it. It is also the transposed convolution. A gate lets the results pass where
// it is between the bounds of the activation.
func convDX(c *call) error {
	dy, w, dx, passes := c.in[0], c.in[1], c.out[0], c.passes()
	c.convolve(dx.Shape, w.Shape, dy.Shape, func(ix, iw, iy int) { dx.F[ix] += dy.F[iy] * w.F[iw] })
	for i := range dx.F {
		dx.F[i] += c.optional(2, i, 0)
		if c.has(3) && !passes(c.in[3].F[i]) {
			dx.F[i] = 0
		}
	}
	return nil
}

// convDW is the transpose of conv in w: dw[o,i,r,s] = Σ_{n,p,q} dy[n,o,p,q] · x[…].
func convDW(c *call) error {
	x, dy, dw := c.in[0], c.in[1], c.out[0]
	c.convolve(x.Shape, dw.Shape, dy.Shape, func(ix, iw, iy int) { dw.F[iw] += x.F[ix] * dy.F[iy] })
	return nil
}

// convolve visits every product of a convolution with the flat positions of its
// factors; shapes are x NCHW, w OIRS, y NOPQ. Conv and its two transposes are the
// same sum read in three directions.
func (c *call) convolve(x, w, y []int, visit func(ix, iw, iy int)) {
	stride, pad, dilation := c.attrs.Ints("stride"), c.attrs.Ints("pad"), c.attrs.Ints("dilation")
	perGroup := y[1] / int(c.attrs.Int("groups")) // output channels of one group
	for n := range y[0] {
		for o := range y[1] {
			for p := range y[2] {
				for q := range y[3] {
					iy := ((n*y[1]+o)*y[2]+p)*y[3] + q
					for i := range w[1] {
						ch := o/perGroup*w[1] + i
						for r := range w[2] {
							row := p*int(stride[0]) + r*int(dilation[0]) - int(pad[0])
							if row < 0 || row >= x[2] {
								continue
							}
							ix, iw := ((n*x[1]+ch)*x[2]+row)*x[3], ((o*w[1]+i)*w[2]+r)*w[3]
							for s := range w[3] {
								col := q*int(stride[1]) + s*int(dilation[1]) - int(pad[1])
								if col >= 0 && col < x[3] {
									visit(ix+col, iw+s, iy)
								}
							}
						}
					}
				}
			}
		}
	}
}
