package kernel

// PoolShape is one pooling layer over planes of H x W.
type PoolShape struct {
	C, H, W                              int
	R, S                                 int
	StrideH, StrideW                     int
	PadTop, PadLeft, PadBottom, PadRight int
	Ceil                                 bool // round the output size up
	CountPad                             bool // average pooling divides by padded positions too
}

// P returns the output height.
func (s *PoolShape) P() int { return pooled(s.H, s.R, s.StrideH, s.PadTop, s.PadBottom, s.Ceil) }

// Q returns the output width.
func (s *PoolShape) Q() int { return pooled(s.W, s.S, s.StrideW, s.PadLeft, s.PadRight, s.Ceil) }

// pooled is PyTorch's rule: with ceil, a last window that would begin in the
// padding after the input is dropped.
func pooled(size, window, stride, lo, hi int, ceil bool) int {
	span := size + lo + hi - window
	if !ceil {
		return span/stride + 1
	}
	n := ceilDiv(span, stride) + 1
	if (n-1)*stride >= size+lo {
		n--
	}
	return n
}

// window returns the input rows (or columns) [lo, hi) under output i.
func window(i, size, window, stride, pad int) (lo, hi int) {
	lo = i*stride - pad
	return max(lo, 0), min(lo+window, size)
}

// MaxPool takes the maximum of each window of n images; padding never wins. at,
// when not nil, receives the position r*S+s of the first maximum inside its
// window. Windows have at most 256 positions and at least one inside the input.
func MaxPool(c *Ctx, s *PoolShape, n int, y []float32, at []uint8, x []float32) {
	planes := n * s.C
	checkLen(y, planes*s.P()*s.Q())
	checkLen(x, planes*s.H*s.W)
	if at != nil {
		checkLen(at, planes*s.P()*s.Q())
		if s.R*s.S > 256 {
			panic("kernel: a pooling window has more than 256 positions")
		}
	}
	c.pool(poolTask{kind: maxForward, s: s, y: y, x: x, at: at}, planes)
}

// MaxPoolDX sends each output gradient to the position that at names; all of dx
// is overwritten.
func MaxPoolDX(c *Ctx, s *PoolShape, n int, dx []float32, at []uint8, dy []float32) {
	planes := n * s.C
	checkLen(dx, planes*s.H*s.W)
	checkLen(dy, planes*s.P()*s.Q())
	checkLen(at, planes*s.P()*s.Q())
	c.pool(poolTask{kind: maxBackward, s: s, y: dx, x: dy, at: at}, planes)
}

// AvgPool takes the mean of each window of n images: over the positions inside
// the input, or over those inside the padded input when CountPad.
func AvgPool(c *Ctx, s *PoolShape, n int, y, x []float32) {
	planes := n * s.C
	checkLen(y, planes*s.P()*s.Q())
	checkLen(x, planes*s.H*s.W)
	c.pool(poolTask{kind: avgForward, s: s, y: y, x: x}, planes)
}

// AvgPoolDX spreads each output gradient evenly over its window; all of dx is
// overwritten.
func AvgPoolDX(c *Ctx, s *PoolShape, n int, dx, dy []float32) {
	planes := n * s.C
	checkLen(dx, planes*s.H*s.W)
	checkLen(dy, planes*s.P()*s.Q())
	c.pool(poolTask{kind: avgBackward, s: s, y: dx, x: dy}, planes)
}

// poolChunk is the number of planes of one chunk.
const poolChunk = 16

func (c *Ctx) pool(t poolTask, planes int) {
	t.planes = planes
	c.tasks.pool = t
	work := 2 * planes * (t.s.H*t.s.W + t.s.P()*t.s.Q()*t.s.R*t.s.S)
	c.run(ceilDiv(planes, poolChunk), work, &c.tasks.pool)
}
