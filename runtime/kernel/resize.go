package kernel

// ResizeShape enlarges planes of H x W by whole factors.
type ResizeShape struct {
	Planes, H, W, ScaleH, ScaleW int
	Bilinear                     bool // else nearest: position i reads i/scale
}

func (s *ResizeShape) small() int { return s.H * s.W }
func (s *ResizeShape) large() int { return s.H * s.W * s.ScaleH * s.ScaleW }

// tap returns the two source positions of enlarged position i and the weight of
// the second. Pixel centres lie at half integers and the border repeats.
func (s *ResizeShape) tap(i, size, scale int) (lo, hi int, f float32) {
	if !s.Bilinear {
		return i / scale, i / scale, 0
	}
	centre := max((float32(i)+0.5)/float32(scale)-0.5, 0)
	lo = int(centre)
	return lo, min(lo+1, size-1), centre - float32(lo)
}

// Resize enlarges x[planes, H, W] to y[planes, H·ScaleH, W·ScaleW].
func Resize(c *Ctx, s ResizeShape, y, x []float32) {
	checkLen(y, s.Planes*s.large())
	checkLen(x, s.Planes*s.small())
	c.tasks.resize = resizeTask{s: s, large: y, small: x}
	c.run(s.Planes, 8*s.Planes*s.large(), &c.tasks.resize)
}

// ResizeDX is the transpose of Resize; all of dx is overwritten.
func ResizeDX(c *Ctx, s ResizeShape, dx, dy []float32) {
	checkLen(dy, s.Planes*s.large())
	checkLen(dx, s.Planes*s.small())
	c.tasks.resize = resizeTask{s: s, large: dy, small: dx, backward: true}
	c.run(s.Planes, 8*s.Planes*s.large(), &c.tasks.resize)
}

type resizeTask struct {
	s            ResizeShape
	large, small []float32
	backward     bool
}

func (t *resizeTask) Chunk(_, plane int) {
	s := &t.s
	small := t.small[plane*s.small():][:s.small()]
	large := t.large[plane*s.large():][:s.large()]
	if t.backward {
		clear(small)
	}
	wide := s.W * s.ScaleW
	for p := range s.H * s.ScaleH {
		h0, h1, fh := s.tap(p, s.H, s.ScaleH)
		r0, r1 := small[h0*s.W:][:s.W], small[h1*s.W:][:s.W]
		row := large[p*wide:][:wide]
		for q := range row {
			w0, w1, fw := s.tap(q, s.W, s.ScaleW)
			switch {
			case t.backward && !s.Bilinear:
				r0[w0] += row[q]
			case t.backward:
				top, bottom := row[q]*(1-fh), row[q]*fh
				r0[w0] += top * (1 - fw)
				r0[w1] += top * fw
				r1[w0] += bottom * (1 - fw)
				r1[w1] += bottom * fw
			case !s.Bilinear:
				row[q] = r0[w0]
			default:
				top := r0[w0]*(1-fw) + r0[w1]*fw
				bottom := r1[w0]*(1-fw) + r1[w1]*fw
				row[q] = top*(1-fh) + bottom*fh
			}
		}
	}
}
