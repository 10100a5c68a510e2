package kernel

// valid returns the output positions [lo, hi) whose tap at offset off falls
// inside an input of the given size: 0 <= i*stride + off < size.
func valid(off, stride, size, out int) (lo, hi int) {
	if off < 0 {
		lo = ceilDiv(-off, stride)
	}
	if last := size - 1 - off; last >= 0 {
		hi = min(out, last/stride+1)
	}
	return min(lo, hi), hi
}

// convTask is the forward convolution, a chunk per image and group: every tap
// adds a scaled, shifted plane. This is the definition of Conv.
type convTask struct {
	p                       *Conv
	y, x, w, bias, residual []float32
}

func (t *convTask) Chunk(_, chunk int) {
	s := &t.p.s
	n, g := chunk/s.Groups, chunk%s.Groups
	P, Q := s.P(), s.Q()
	ci, oi := s.C/s.Groups, s.O/s.Groups
	for o := g * oi; o < (g+1)*oi; o++ {
		y := t.y[(n*s.O+o)*P*Q:][:P*Q]
		clear(y)
		for i := range ci {
			x := t.x[(n*s.C+g*ci+i)*s.H*s.W:][:s.H*s.W]
			w := t.w[(o*ci+i)*s.R*s.S:][:s.R*s.S]
			for r := range s.R {
				offH := r*s.DilH - s.PadTop
				p0, p1 := valid(offH, s.StrideH, s.H, P)
				for k := range s.S {
					offW := k*s.DilW - s.PadLeft
					q0, q1 := valid(offW, s.StrideW, s.W, Q)
					if q0 == q1 {
						continue
					}
					wt := w[r*s.S+k]
					for p := p0; p < p1; p++ {
						row := y[p*Q+q0 : p*Q+q1]
						src := x[(p*s.StrideH+offH)*s.W+q0*s.StrideW+offW:]
						for q := range row {
							row[q] += wt * src[q*s.StrideW]
						}
					}
				}
			}
		}
		finish(&t.p.e, y, t.bias, o, t.residual, (n*s.O+o)*P*Q)
	}
}

// finish applies the epilogue to values of one channel.
func finish(e *Epilogue, y, bias []float32, channel int, residual []float32, at int) {
	if e.Bias {
		b := bias[channel]
		for i := range y {
			y[i] += b
		}
	}
	if e.Residual {
		for i, r := range residual[at:][:len(y)] {
			y[i] += r
		}
	}
	if e.Act != ActNone {
		for i, v := range y {
			y[i] = e.apply(v)
		}
	}
}

// convDXTask scatters each output gradient to the inputs its window read. This
// is the definition of ConvDX.
type convDXTask struct {
	p         *ConvDX
	dx, dy, w []float32
}

func (t *convDXTask) Chunk(_, chunk int) {
	s := &t.p.s
	n, g := chunk/s.Groups, chunk%s.Groups
	P, Q := s.P(), s.Q()
	ci, oi := s.C/s.Groups, s.O/s.Groups
	for i := range ci {
		dx := t.dx[(n*s.C+g*ci+i)*s.H*s.W:][:s.H*s.W]
		clear(dx)
		for o := g * oi; o < (g+1)*oi; o++ {
			dy := t.dy[(n*s.O+o)*P*Q:][:P*Q]
			w := t.w[(o*ci+i)*s.R*s.S:][:s.R*s.S]
			for r := range s.R {
				offH := r*s.DilH - s.PadTop
				p0, p1 := valid(offH, s.StrideH, s.H, P)
				for k := range s.S {
					offW := k*s.DilW - s.PadLeft
					q0, q1 := valid(offW, s.StrideW, s.W, Q)
					if q0 == q1 {
						continue
					}
					wt := w[r*s.S+k]
					for p := p0; p < p1; p++ {
						row := dy[p*Q+q0 : p*Q+q1]
						dst := dx[(p*s.StrideH+offH)*s.W+q0*s.StrideW+offW:]
						for q, v := range row {
							dst[q*s.StrideW] += wt * v
						}
					}
				}
			}
		}
	}
}

// convDWTask correlates the input with the output gradient, a chunk per output
// channel, images in order. This is the definition of ConvDW.
type convDWTask struct {
	p         *ConvDW
	n         int
	dw, x, dy []float32
}

func (t *convDWTask) Chunk(_, o int) {
	s := &t.p.s
	P, Q := s.P(), s.Q()
	ci, oi := s.C/s.Groups, s.O/s.Groups
	g := o / oi
	for i := range ci {
		for r := range s.R {
			offH := r*s.DilH - s.PadTop
			p0, p1 := valid(offH, s.StrideH, s.H, P)
			for k := range s.S {
				offW := k*s.DilW - s.PadLeft
				q0, q1 := valid(offW, s.StrideW, s.W, Q)
				sum := float32(0)
				for n := range t.n {
					if q0 == q1 {
						break
					}
					x := t.x[(n*s.C+g*ci+i)*s.H*s.W:][:s.H*s.W]
					dy := t.dy[(n*s.O+o)*P*Q:][:P*Q]
					for p := p0; p < p1; p++ {
						row := dy[p*Q+q0 : p*Q+q1]
						src := x[(p*s.StrideH+offH)*s.W+q0*s.StrideW+offW:]
						part := float32(0)
						for q, v := range row {
							part += v * src[q*s.StrideW]
						}
						sum += part
					}
				}
				t.dw[((o*ci+i)*s.R+r)*s.S+k] = sum
			}
		}
	}
}
