package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// convLoops is the definition of a convolution: each result one sum in float64 over
// channels, rows and columns of its window. Weights lie in the order of the
// algorithm that was asked for.
type convLoops struct {
	f     *ConvConfig
	order weightOrder
}

func (l *convLoops) packedLen() int { return l.order.len() }

func (l *convLoops) pack(dst, w []float32) { l.order.pack(dst, w) }

// need is room for the weights of one output, so that their places are found once for
// all pixels.
func (l *convLoops) need(int) (perWorker, shared int) {
	s := &l.f.Shape
	return s.C / s.Groups * s.R * s.S, 0
}

func (l *convLoops) run(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[convLoopsTask](c)
	*t = convLoopsTask{c: c, f: l.f, order: l.order, convCall: call}
	c.Run(call.n*l.f.Out.Blocks(), call.n*l.f.Shape.MACs(), t)
}

type convLoopsTask struct {
	c     *kernel.Ctx
	f     *ConvConfig
	order weightOrder
	convCall
}

// Chunk computes one block of channels of one image.
func (t *convLoopsTask) Chunk(worker, chunk int) {
	out, s := t.f.Out, &t.f.Shape
	image, block := chunk/out.Blocks(), chunk%out.Blocks()
	out.ZeroHalo(t.y, image, block, block+1)
	w := t.c.Scratch(worker, s.C/s.Groups*s.R*s.S)
	for lane := range Block {
		o := block*Block + lane
		if o < out.C {
			t.weights(w, o)
		}
		for p := range out.H {
			at := out.At(image, block, p, 0) + lane
			for q := range out.W {
				t.y[at+q*Block] = t.pixel(image, o, p, q, w)
			}
		}
	}
}

// weights puts the weights of output o in the order of their sum.
func (t *convLoopsTask) weights(w []float32, o int) {
	s := &t.f.Shape
	for j := range w {
		w[j] = t.packed[t.order.at(o, j/(s.R*s.S), j/s.S%s.R, j%s.S)]
	}
}

// pixel is one result: 0 for a padding channel.
func (t *convLoopsTask) pixel(image, o, p, q int, w []float32) float32 {
	if o >= t.f.Out.C {
		return 0
	}
	sum := float32(t.sum(image, o, p, q, w))
	if t.f.Epilogue.Bias {
		sum += t.bias[o]
	}
	if t.f.Epilogue.Residual {
		sum += t.residual[t.f.Residual.At(image, o/Block, p, q)+o%Block]
	}
	return t.f.Epilogue.Apply(sum)
}

// sum is the contraction of one result.
func (t *convLoopsTask) sum(image, o, p, q int, w []float32) float64 {
	s := &t.f.Shape
	ci := s.C / s.Groups
	first := o / (s.O / s.Groups) * ci
	total := 0.0
	for i := range ci {
		g := t.f.In.grid(image, first+i, t.f.PlainIn)
		for r := range s.R {
			y := p*s.StrideH + r*s.DilH - s.PadTop
			if y < 0 || y >= s.H {
				continue
			}
			row, taps := g.at+y*g.row, w[(i*s.R+r)*s.S:][:s.S]
			for k, w := range taps {
				if x := q*s.StrideW + k*s.DilW - s.PadLeft; x >= 0 && x < s.W {
					total += float64(t.x[row+x*g.col]) * float64(w)
				}
			}
		}
	}
	return total
}
