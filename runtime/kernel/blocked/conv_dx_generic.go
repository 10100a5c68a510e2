package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// convDXLoops is the definition of a backward-data convolution: each result one sum
// in float64 of weights in some order.
type convDXLoops struct {
	f     *ConvDXConfig
	order dxOrder
}

// dxOrder is a way to lay the weights of a backward-data convolution out. It follows
// from the shape alone.
type dxOrder interface {
	packedLen() int
	pack(dst, w []float32)
	// weightAt is where the weight lies that takes output o, row r and column k of
	// the forward convolution to channel ch of position h, w.
	weightAt(h, w, o, ch, r, k int) int
}

// plainDXOrder is OIHW.
type plainDXOrder struct{ s *kernel.ConvShape }

func (p plainDXOrder) packedLen() int { return p.s.Weights() }

func (p plainDXOrder) pack(dst, w []float32) { copy(dst, w[:p.packedLen()]) }

func (p plainDXOrder) weightAt(_, _, o, ch, r, k int) int {
	ci := p.s.C / p.s.Groups
	return ((o*ci+ch%ci)*p.s.R+r)*p.s.S + k
}

func (l *convDXLoops) packedLen() int { return l.order.packedLen() }

func (l *convDXLoops) pack(dst, w []float32) { l.order.pack(dst, w) }

func (l *convDXLoops) need(int) (perWorker, shared int) { return 0, 0 }

func (l *convDXLoops) run(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[convDXLoopsTask](c)
	*t = convDXLoopsTask{convDXLoops: l, convCall: call}
	c.Run(call.n*l.f.Out.Blocks(), call.n*l.f.Shape.MACs(), t)
}

type convDXLoopsTask struct {
	*convDXLoops
	convCall
}

// Chunk computes one block of channels of one image.
func (t *convDXLoopsTask) Chunk(_, chunk int) {
	out := t.f.Out
	image, block := chunk/out.Blocks(), chunk%out.Blocks()
	out.ZeroHalo(t.y, image, block, block+1)
	for h := range out.H {
		for w := range out.W {
			at := out.At(image, block, h, w)
			pixel := t.y[at : at+Block]
			for lane := range pixel {
				ch := block*Block + lane
				if ch >= out.C {
					pixel[lane] = 0
					continue
				}
				sum := float32(t.sum(image, ch, h, w))
				if t.f.Epilogue.Bias {
					sum += t.bias[ch]
				}
				if t.f.Epilogue.Residual {
					sum += t.residual[t.f.Residual.At(image, block, h, w)+lane]
				}
				pixel[lane] = t.f.Epilogue.Apply(sum)
				if g := &t.f.Gate; g.present() && !g.passes(t.gate[g.Map.At(image, block, h, w)+lane]) {
					pixel[lane] = 0
				}
			}
		}
	}
}

// sum is the contraction of one result.
func (t *convDXLoopsTask) sum(image, ch, h, w int) float64 {
	s, in := &t.f.Shape, t.f.In
	ci, co := s.C/s.Groups, s.O/s.Groups
	first := ch / ci * co
	total := 0.0
	for r := range s.R {
		p, ok := position(h+s.PadTop-r*s.DilH, s.StrideH, in.H)
		if !ok {
			continue
		}
		for k := range s.S {
			q, ok := position(w+s.PadLeft-k*s.DilW, s.StrideW, in.W)
			if !ok {
				continue
			}
			for o := first; o < first+co; o++ {
				x := t.x[in.At(image, o/Block, p, q)+o%Block]
				total += float64(x) * float64(t.packed[t.order.weightAt(h, w, o, ch, r, k)])
			}
		}
	}
	return total
}

// position returns the window that begins at cell i, if there is one.
func position(i, stride, windows int) (int, bool) {
	return i / stride, i >= 0 && i%stride == 0 && i/stride < windows
}
