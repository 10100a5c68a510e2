package blocked

import "math"

// poolLoops is the definition of pooling. The padding channels of a map are zero,
// and so are the maximum and the mean of zeros.
func poolLoops(f *PoolConfig, y, x []float32, image, block int) {
	s := &f.Shape
	for p := range f.Out.H {
		h0 := p*s.StrideH - s.PadTop
		top, bottom := max(h0, 0), min(h0+s.R, s.H)
		for q := range f.Out.W {
			w0 := q*s.StrideW - s.PadLeft
			left, right := max(w0, 0), min(w0+s.S, s.W)
			var best, sum [Block]float32
			for lane := range best {
				best[lane] = float32(math.Inf(-1))
			}
			for h := top; h < bottom; h++ {
				row := x[f.In.At(image, block, h, left):][:(right-left)*Block]
				for i, v := range row {
					lane := i % Block
					sum[lane] += v
					if v > best[lane] || v != v {
						best[lane] = v
					}
				}
			}
			pixel := y[f.Out.At(image, block, p, q):][:Block]
			if f.Max {
				copy(pixel, best[:])
				continue
			}
			cells := (bottom - top) * (right - left)
			if s.CountPad {
				cells = (min(h0+s.R, s.H+s.PadBottom) - h0) * (min(w0+s.S, s.W+s.PadRight) - w0)
			}
			for lane := range pixel {
				pixel[lane] = sum[lane] / float32(cells)
			}
		}
	}
}
