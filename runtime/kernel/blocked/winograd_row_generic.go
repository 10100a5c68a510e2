package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// The plain twin of the Winograd kernels along rows: the same transforms, tile by tile and
// channel by channel, sums in float64.

// The points beside 0, 1 and infinity are these and their opposites.
const (
	rowNear = 0.5
	rowFar  = 2
)

// rowInput is Bᵀ, the transform of pixels.
func rowInput(d [rowPoints]float64) (v [rowPoints]float64) {
	var e [rowPoints - 1]float64
	for i := range e {
		e[i] = d[i+1] - d[i]
	}
	v[0], v[5], v[6] = e[0]-4.25*e[2]+e[4], e[1]-4.25*e[3]+e[5], d[1]-4.25*d[3]+d[5]
	v[1], v[2] = e[4]-4*e[2]+(e[3]-4*e[1])/2, e[4]-4*e[2]-(e[3]-4*e[1])/2
	v[3], v[4] = e[4]-e[2]/4+2*(e[3]-e[1]/4), e[4]-e[2]/4-2*(e[3]-e[1]/4)
	return v
}

// rowOutput is Aᵀ, the transform back.
func rowOutput(m [rowPoints]float64) (y [rowResults]float64) {
	s1, e1 := m[1]+m[2], m[1]-m[2]
	s2, e2 := m[3]+m[4], m[3]-m[4]
	return [rowResults]float64{m[0] + s1 + s2 + m[6], e1/2 + 2*e2 + m[6], s1/4 + 4*s2 + m[6], e1/8 + 8*e2 + m[5] + m[6]}
}

// runGeneric computes the convolution from transformed weights.
func (w *convWinogradRow) runGeneric(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[winoRowGenericTask](c)
	*t = winoRowGenericTask{convWinogradRow: w, convCall: call}
	c.Run(call.n*w.f.Out.Blocks(), call.n*w.f.Shape.MACs(), t)
}

type winoRowGenericTask struct {
	*convWinogradRow
	convCall
}

// Chunk computes one block of channels of one image.
func (t *winoRowGenericTask) Chunk(_, chunk int) {
	out := t.f.Out
	image, block := chunk/out.Blocks(), chunk%out.Blocks()
	out.ZeroHalo(t.y, image, block, block+1)
	for p := range out.H {
		for k := range t.tiles {
			t.tile(image, block, p, k)
		}
	}
}

// tile computes the results of one tile of a block.
func (t *winoRowGenericTask) tile(image, block, p, k int) {
	var m [Block][rowPoints]float64
	s, out := &t.f.Shape, t.f.Out
	for part := range 2 * s.C * s.R {
		i, parity, r := part/(2*s.R), part/s.R%2, part%s.R
		var d [rowPoints]float64
		for j := range d {
			d[j] = t.pixel(image, i, p*s.StrideH-s.PadTop+r, k*rowPixels-s.PadLeft+2*j+parity)
		}
		at := t.order.at(block*Block, i, parity, r)
		for xi, v := range rowInput(d) {
			for lane := range Block {
				m[lane][xi] += v * float64(t.packed[xi*t.order.point()+at+lane])
			}
		}
	}
	for lane := range Block {
		o := block*Block + lane
		for j, sum := range rowOutput(m[lane]) {
			q := k*rowResults + j
			if q >= out.W {
				break
			}
			y := float32(sum)
			if t.f.Epilogue.Bias && o < out.C {
				y += t.bias[o]
			}
			if t.f.Epilogue.Residual {
				y += t.residual[t.f.Residual.At(image, block, p, q)+lane]
			}
			if y = t.f.Epilogue.Apply(y); o >= out.C {
				y = 0
			}
			t.y[out.At(image, block, p, q)+lane] = y
		}
	}
}

// pixel is a pixel of the picture, 0 around it.
func (t *winoRowGenericTask) pixel(image, channel, y, x int) float64 {
	s := &t.f.Shape
	if y < 0 || y >= s.H || x < 0 || x >= s.W {
		return 0
	}
	return float64(t.x[((image*s.C+channel)*s.H+y)*s.W+x])
}
