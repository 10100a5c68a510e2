package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// dwLoops is the definition of a weight gradient: each weight one sum in float64.
type dwLoops struct{ f *ConvDWConfig }

func (l *dwLoops) need(int) (perWorker, shared int) { return 0, 0 }

func (l *dwLoops) run(c *kernel.Ctx, n int, dw, x, dy []float32) {
	t := kernel.TaskOf[dwLoopsTask](c)
	*t = dwLoopsTask{f: l.f, n: n, dw: dw, x: x, dy: dy}
	c.Run(l.f.Shape.O, n*l.f.Shape.MACs(), t)
}

type dwLoopsTask struct {
	f         *ConvDWConfig
	n         int
	dw, x, dy []float32
}

// Chunk computes the weights of one output channel.
func (t *dwLoopsTask) Chunk(_, o int) {
	s := &t.f.Shape
	ci := s.C / s.Groups
	first := o / (s.O / s.Groups) * ci
	for i := range ci {
		for r := range s.R {
			for k := range s.S {
				t.dw[((o*ci+i)*s.R+r)*s.S+k] = float32(t.sum(o, first+i, r*s.DilH-s.PadTop, k*s.DilW-s.PadLeft))
			}
		}
	}
}

// sum is the contraction of one weight, whose tap lies at row, col of the first
// window.
func (t *dwLoopsTask) sum(o, ch, row, col int) float64 {
	s, dy := &t.f.Shape, t.f.DY
	total := 0.0
	for image := range t.n {
		g, d := t.f.X.grid(image, ch, t.f.PlainX), dy.grid(image, o, false)
		for p := range dy.H {
			y := p*s.StrideH + row
			if y < 0 || y >= s.H {
				continue
			}
			for q := range dy.W {
				if x := q*s.StrideW + col; x >= 0 && x < s.W {
					total += float64(t.x[g.at+y*g.row+x*g.col]) * float64(t.dy[d.at+p*d.row+q*d.col])
				}
			}
		}
	}
	return total
}
