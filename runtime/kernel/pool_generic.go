package kernel

import "math"

type poolKind uint8

const (
	maxForward poolKind = iota
	maxBackward
	avgForward
	avgBackward
)

// poolTask pools poolChunk planes per chunk. For backward kinds y is dx and x
// is dy.
type poolTask struct {
	kind   poolKind
	s      *PoolShape
	planes int
	y, x   []float32
	at     []uint8
}

func (t *poolTask) Chunk(_, chunk int) {
	s := t.s
	in, out := s.H*s.W, s.P()*s.Q()
	first, last := chunk*poolChunk, min((chunk+1)*poolChunk, t.planes)
	if t.pair() {
		t.pairs(first, last)
		return
	}
	if q0, q1 := t.inner(); q1-q0 >= lanes {
		for i := first; i < last; i++ {
			t.windows(i*in, i*out, q0, q1)
		}
		return
	}
	for i := first; i < last; i++ {
		t.generic(s, i*in, i*out)
	}
}

// generic pools one plane of shape s; large and small are where it begins on the
// side of the plane and of the results.
func (t *poolTask) generic(s *PoolShape, large, small int) {
	in, out := s.H*s.W, s.P()*s.Q()
	var at []uint8
	if t.at != nil {
		at = t.at[small:][:out]
	}
	switch t.kind {
	case maxForward:
		maxPoolGeneric(s, t.y[small:][:out], at, t.x[large:][:in], 0, s.Q())
	case maxBackward:
		maxPoolDXGeneric(s, t.y[large:][:in], at, t.x[small:][:out])
	case avgForward:
		avgPoolGeneric(s, t.y[small:][:out], t.x[large:][:in], 0, s.Q())
	case avgBackward:
		avgPoolDXGeneric(s, t.y[large:][:in], t.x[small:][:out])
	}
}

// maxPoolGeneric pools columns [q0, q1) of the results of one plane.
func maxPoolGeneric(s *PoolShape, y []float32, at []uint8, x []float32, q0, q1 int) {
	P, Q := s.P(), s.Q()
	for p := range P {
		h0, h1 := window(p, s.H, s.R, s.StrideH, s.PadTop)
		for q := q0; q < q1; q++ {
			w0, w1 := window(q, s.W, s.S, s.StrideW, s.PadLeft)
			best, pos := float32(math.Inf(-1)), -1
			for h := h0; h < h1; h++ {
				for w := w0; w < w1; w++ {
					if v := x[h*s.W+w]; pos < 0 || v > best {
						best = v
						pos = (h-p*s.StrideH+s.PadTop)*s.S + w - q*s.StrideW + s.PadLeft
					}
				}
			}
			y[p*Q+q] = best
			if at != nil {
				at[p*Q+q] = uint8(max(pos, 0))
			}
		}
	}
}

func maxPoolDXGeneric(s *PoolShape, dx []float32, at []uint8, dy []float32) {
	P, Q := s.P(), s.Q()
	clear(dx)
	for p := range P {
		for q := range Q {
			a := int(at[p*Q+q])
			h := p*s.StrideH - s.PadTop + a/s.S
			w := q*s.StrideW - s.PadLeft + a%s.S
			if uint(h) < uint(s.H) && uint(w) < uint(s.W) {
				dx[h*s.W+w] += dy[p*Q+q]
			}
		}
	}
}

// divisor returns the number of positions an average counts.
func (s *PoolShape) divisor(p, q, inside int) float32 {
	if !s.CountPad {
		return float32(max(inside, 1))
	}
	h := min(p*s.StrideH+s.R, s.PadTop+s.H+s.PadBottom) - p*s.StrideH
	w := min(q*s.StrideW+s.S, s.PadLeft+s.W+s.PadRight) - q*s.StrideW
	return float32(h * w)
}

// avgPoolGeneric pools columns [q0, q1) of the results of one plane.
func avgPoolGeneric(s *PoolShape, y, x []float32, q0, q1 int) {
	P, Q := s.P(), s.Q()
	for p := range P {
		h0, h1 := window(p, s.H, s.R, s.StrideH, s.PadTop)
		for q := q0; q < q1; q++ {
			w0, w1 := window(q, s.W, s.S, s.StrideW, s.PadLeft)
			sum := float32(0)
			for h := h0; h < h1; h++ {
				for w := w0; w < w1; w++ {
					sum += x[h*s.W+w]
				}
			}
			y[p*Q+q] = sum / s.divisor(p, q, max(h1-h0, 0)*max(w1-w0, 0))
		}
	}
}

func avgPoolDXGeneric(s *PoolShape, dx, dy []float32) {
	P, Q := s.P(), s.Q()
	clear(dx)
	for p := range P {
		h0, h1 := window(p, s.H, s.R, s.StrideH, s.PadTop)
		for q := range Q {
			w0, w1 := window(q, s.W, s.S, s.StrideW, s.PadLeft)
			v := dy[p*Q+q] / s.divisor(p, q, max(h1-h0, 0)*max(w1-w0, 0))
			for h := h0; h < h1; h++ {
				for w := w0; w < w1; w++ {
					dx[h*s.W+w] += v
				}
			}
		}
	}
}
