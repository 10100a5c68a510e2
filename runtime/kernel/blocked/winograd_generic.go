package blocked

import (
	"math"

	"github.com/netc-lang/netc/runtime/kernel"
)

// The plain twin of the Winograd kernels: the same transforms, tile by tile and
// channel by channel, sums in float64.

// The points ±a and ±b of F(3, 3), and what its weights of both have in common.
const (
	winoA   = 3. / 8
	winoB   = 5. / 4
	winoOdd = 1 / (2 * (winoB*winoB - winoA*winoA))
)

// winoInput transforms one line of inputs, step apart, to t points.
func (w *convWinograd) winoInput(d []float64, step int) {
	switch w.form {
	case winoSpread:
		d0, d1, d2 := d[0], d[step], d[2*step]
		d[0], d[step], d[2*step], d[3*step], d[4*step] = d0-d1, d1, d2-d1, d0, d1
		return
	case winoHalved:
		d0, d1, d2, d3, d4 := d[0], d[step], d[2*step], d[3*step], d[4*step]
		d[0], d[step], d[2*step], d[3*step], d[4*step] = d0-d2, d2, d4-d2, d1, d3
		return
	case winoF2:
		d0, d1, d2, d3 := d[0], d[step], d[2*step], d[3*step]
		d[0], d[step], d[2*step], d[3*step] = d0-d2, d1+d2, d2-d1, d1-d3
		return
	case winoF3:
		const aa, bb = winoA * winoA, winoB * winoB
		d0, d1, d2, d3, d4 := d[0], d[step], d[2*step], d[3*step], d[4*step]
		near, far := winoA*(bb*d0-d2), winoB*(d2-aa*d0)
		d[0], d[step] = bb*d1-d3+near, bb*d1-d3-near
		d[2*step], d[3*step] = d3-aa*d1+far, d3-aa*d1-far
		d[4*step] = d4 - bb*d2 + aa*(bb*d0-d2)
		return
	}
	d0, d1, d2, d3, d4, d5 := d[0], d[step], d[2*step], d[3*step], d[4*step], d[5*step]
	const a, b = math.Sqrt2 / 2, math.Sqrt2
	d[0], d[5*step] = d0-2.5*d2+d4, d1-2.5*d3+d5
	d[step], d[2*step] = d4-2*d2+a*(d3-2*d1), d4-2*d2-a*(d3-2*d1)
	d[3*step], d[4*step] = d4-d2/2+b*(d3-d1/2), d4-d2/2-b*(d3-d1/2)
}

// winoOutput transforms one line back: the first m of t values are the results.
func (w *convWinograd) winoOutput(d []float64, step int) {
	switch w.form {
	case winoSpread:
		d0, d1, d2, d3, d4 := d[0], d[step], d[2*step], d[3*step], d[4*step]
		d[0], d[step], d[2*step], d[3*step] = d3, d0+d1, d4, d1+d2
		return
	case winoHalved:
		d0, d1, d2, d3, d4 := d[0], d[step], d[2*step], d[3*step], d[4*step]
		d[0], d[step] = d0+d1+d3, d1+d2+d4
		return
	case winoF2:
		d0, d1, d2, d3 := d[0], d[step], d[2*step], d[3*step]
		d[0], d[step] = d0+d1+d2, d1-d2-d3
		return
	case winoF3:
		s1, e1 := d[0]+d[step], d[0]-d[step]
		s2, e2 := d[2*step]+d[3*step], d[2*step]-d[3*step]
		d[0], d[step] = s1+s2, winoA*e1+winoB*e2
		d[2*step] = winoA*winoA*s1 + winoB*winoB*s2 + d[4*step]
		return
	}
	const a, b = math.Sqrt2 / 2, math.Sqrt2
	s1, e1 := d[step]+d[2*step], a*(d[step]-d[2*step])
	s2, e2 := d[3*step]+d[4*step], b*(d[3*step]-d[4*step])
	d[0], d[step] = d[0]+s1+s2, e1+e2
	d[2*step], d[3*step] = s1/2+2*s2, e1/2+2*e2+d[5*step]
}

// runGeneric computes the convolution from transformed weights.
func (w *convWinograd) runGeneric(c *kernel.Ctx, call convCall) {
	t := kernel.TaskOf[winoGenericTask](c)
	*t = winoGenericTask{convWinograd: w, convCall: call}
	c.Run(call.n*w.f.Out.Blocks(), call.n*w.f.Shape.MACs(), t)
}

type winoGenericTask struct {
	*convWinograd
	convCall
}

// Chunk computes one block of channels of one image.
func (t *winoGenericTask) Chunk(_, chunk int) {
	out := t.f.Out
	image, block := chunk/out.Blocks(), chunk%out.Blocks()
	out.ZeroHalo(t.y, image, block, block+1)
	var v [36]float64
	var sums [36 * Block]float64
	var tile [1]winoTile
	for k := range t.tilesH * t.tilesW {
		t.convWinograd.tiles(tile[:], image*t.tilesH*t.tilesW+k)
		t.tile(&tile[0], block, v[:t.points()], sums[:t.points()*Block])
	}
}

// tile computes one tile of one block.
func (t *winoGenericTask) tile(tile *winoTile, block int, v, sums []float64) {
	clear(sums)
	in, out, points := t.f.In, t.f.Out, t.points()
	for i := range in.C {
		clear(v)
		x := t.x[tile.x/4+i/Block*in.Plane()+i%Block:]
		for r := range tile.inRows {
			for s := range tile.inCols {
				v[r*t.t+s] = float64(x[r*in.Row()+s*Block])
			}
		}
		for k := range t.t {
			t.winoInput(v[k:], t.t)
		}
		for k := range t.t {
			t.winoInput(v[k*t.t:], 1)
		}
		u := t.packed[block/2*t.panel()+i*tileOuts+block%2*Block:]
		for xi := range points {
			for lane := range Block {
				sums[lane*points+xi] += v[xi] * float64(u[t.point(xi)*t.plane()+lane])
			}
		}
	}
	for lane := range Block {
		o, m := block*Block+lane, sums[lane*points:][:points]
		for k := range t.t {
			t.winoOutput(m[k:], t.t)
		}
		for p := range tile.outRows {
			t.winoOutput(m[p*t.t:], 1)
			for q := range tile.outCols {
				y := float32(m[p*t.t+q])
				if t.f.Epilogue.Bias && o < out.C {
					y += t.bias[o]
				}
				if t.f.Epilogue.Residual {
					y += t.residual[tile.res/4+block*t.f.Residual.Plane()+p*t.f.Residual.Row()+q*Block+lane]
				}
				if y = t.f.Epilogue.Apply(y); o >= out.C {
					y = 0
				}
				t.y[tile.y/4+block*out.Plane()+p*out.Row()+q*Block+lane] = y
			}
		}
	}
}
