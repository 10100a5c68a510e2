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

func (l *convLoops) need(int) (perWorker, shared int) { return 0, 0 }

func (l *convLoops) run(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[convLoopsTask](c)
	*t = convLoopsTask{f: l.f, order: l.order, convCall: call}
	c.Run(call.n*l.f.Out.Blocks(), call.n*l.f.Shape.MACs(), t)
}

type convLoopsTask struct {
	f     *ConvConfig
	order weightOrder
	convCall
}

// Chunk computes one block of channels of one image.
func (t *convLoopsTask) Chunk(_, chunk int) {
	out := t.f.Out
	image, block := chunk/out.Blocks(), chunk%out.Blocks()
	out.ZeroHalo(t.y, image, block, block+1)
	for p := range out.H {
		for q := range out.W {
			at := out.At(image, block, p, q)
			pixel := t.y[at : at+Block]
			for lane := range pixel {
				o := block*Block + lane
				if o >= out.C {
					pixel[lane] = 0
					continue
				}
				sum := float32(t.sum(image, o, p, q))
				if t.f.Epilogue.Bias {
					sum += t.bias[o]
				}
				if t.f.Epilogue.Residual {
					sum += t.residual[t.f.Residual.At(image, block, p, q)+lane]
				}
				pixel[lane] = t.f.Epilogue.Apply(sum)
			}
		}
	}
}

// sum is the contraction of one result.
func (t *convLoopsTask) sum(image, o, p, q int) float64 {
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
			for k := range s.S {
				x := q*s.StrideW + k*s.DilW - s.PadLeft
				if x < 0 || x >= s.W {
					continue
				}
				w := t.packed[t.order.at(o, i, r, k)]
				total += float64(t.x[g.at+y*g.row+x*g.col]) * float64(w)
			}
		}
	}
	return total
}
