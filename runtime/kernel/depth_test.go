package kernel

import (
	"fmt"
	"testing"
)

// depthCall is a call of the depthwise kernel on slices; distances in floats.
type depthCall struct {
	rows, vecs, cols         int // cols < 8: masked
	off                      []int32
	bs, bvec, ldc, cvec      int
	tiles, tb, tc            int
	planes, pw, pb, pc, bias int
	flags                    uint64
	lo, hi, alpha            float32
	w, b, c, biases, res     []float32
}

// depthGeneric is the law of codegen/kernel/depthwise.go.
func depthGeneric(d *depthCall) {
	b, c := 0, 0
	for p := range d.planes {
		for range d.tiles {
			for i := range d.rows {
				for j := range d.cols {
					sum, out := float32(0), c+i*d.ldc+j/lanes*d.cvec+j%lanes
					for t, off := range d.off {
						sum += d.w[p*d.pw+t] * d.b[b+int(off)+i*d.bs+j/lanes*d.bvec+j%lanes]
					}
					if d.flags&tileRowBias != 0 {
						sum += d.biases[p*d.bias]
					}
					if d.flags&tileResidual != 0 {
						sum += d.res[out]
					}
					if d.flags&tileLow != 0 {
						sum = max(sum, d.lo)
					}
					if d.flags&tileHigh != 0 {
						sum = min(sum, d.hi)
					}
					if d.flags&tileLeaky != 0 && sum < 0 {
						sum *= d.alpha
					}
					d.c[out] = sum
				}
			}
			b, c = b+d.tb, c+d.tc
		}
		b, c = b+d.pb, c+d.pc
	}
}

func TestDepthTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for i := range 400 {
		d := depthCall{vecs: 1 + i%2, tiles: 1 + r.IntN(3), planes: 1 + r.IntN(3), bs: r.IntN(30), bvec: r.IntN(30), ldc: 24, cvec: 8 + r.IntN(4),
			tb: r.IntN(20), tc: 200, pw: r.IntN(9), pb: r.IntN(20), pc: r.IntN(30), bias: r.IntN(3), lo: -5, hi: 7, alpha: 0.5}
		d.rows = 1 + r.IntN(10-2*d.vecs)
		d.cols = lanes * d.vecs
		if d.vecs == 1 && r.IntN(2) == 0 {
			d.cols = 1 + r.IntN(lanes-1)
		}
		for range 1 + r.IntN(12) {
			d.off = append(d.off, int32(r.IntN(100)))
		}
		d.flags = uint64(r.IntN(1<<7)) &^ (tileAccumulate | tileColBias)
		d.w, d.b, d.biases, d.res, d.c = integers(r, 100), integers(r, 1000), integers(r, 20), integers(r, 2500), integers(r, 2500)
		got := append([]float32(nil), d.c...)
		a := depthArgs{w: &d.w[0], b: &d.b[0], c: &got[0], bias: &d.biases[0], res: &d.res[0], taps: len(d.off),
			bs: 4 * d.bs, bvec: 4 * d.bvec, ldc: 4 * d.ldc, cvec: 4 * d.cvec, tiles: d.tiles, tb: 4 * d.tb, tc: 4 * d.tc,
			planes: d.planes, pw: 4 * d.pw, pb: 4 * d.pb, pc: 4 * d.pc, pbias: 4 * d.bias,
			mask: maskOf(d.cols), flags: d.flags, lo: d.lo, hi: d.hi, alpha: d.alpha}
		if d.cols < lanes {
			a.flags |= tileMasked
		}
		offsets := make([]int32, len(d.off))
		for k, o := range d.off {
			offsets[k] = 4 * o
		}
		a.off = &offsets[0]
		depthGeneric(&d)
		a.run(d.rows, d.vecs)
		wantSame(t, fmt.Sprintf("%d rows, %d columns, %d taps, %d tiles, %d planes, flags %b", d.rows, d.cols, len(d.off), d.tiles, d.planes, d.flags), got, d.c)
	}
}

// depthDWGeneric is the law of codegen/kernel/depthwise_dw.go; distances in floats.
func depthDWGeneric(sums, a, b []float32, off []int32, rows, cols, as, bs, planes, pa, pb, psums int) {
	for p := range planes {
		for t, o := range off {
			for i := range rows {
				for j := range cols {
					sums[p*psums+t*lanes+j%lanes] += a[p*pa+i*as+j] * b[p*pb+int(o)+i*bs+j]
				}
			}
		}
	}
}

func TestDepthDWTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for i := range 300 {
		taps, rows, cols, planes := 1+i%12, 1+r.IntN(4), 1+r.IntN(50), 1+r.IntN(3)
		as, bs, pa, pb, psums := cols+r.IntN(3), r.IntN(60), r.IntN(200), r.IntN(200), (taps+r.IntN(2))*lanes
		a, b, sums := integers(r, 1000), integers(r, 1000), integers(r, 3*13*lanes)
		var off, bytes []int32
		for range taps {
			o := int32(r.IntN(100))
			off, bytes = append(off, o), append(bytes, 4*o)
		}
		want := append([]float32(nil), sums...)
		depthDWGeneric(want, a, b, off, rows, cols, as, bs, planes, pa, pb, psums)
		args := depthDWArgs{a: &a[0], b: &b[0], sums: &sums[0], off: &bytes[0], rows: rows, pairs: cols / 16, last: vecsOf(cols % 16),
			as: 4 * as, bs: 4 * bs, planes: planes, pa: 4 * pa, pb: 4 * pb, psums: 4 * psums, mask: maskOf(cols % 16)}
		args.run(taps)
		wantSame(t, fmt.Sprintf("%d taps, %d planes of %d x %d", taps, planes, rows, cols), sums, want)
	}
}

// TestStage compares staged planes, whole and in blocks, with the definition.
func TestStage(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for range 300 {
		s := someConv(r)
		for _, p := range []*stagePlan{forwardStage(&s), backwardStage(&s)} {
			planes, area := 1+r.IntN(3), p.srcH*p.srcW
			x := normals(r, planes*area)
			n := p.height
			if r.IntN(2) == 0 {
				n = min(n, p.spreadH*(1+r.IntN(5)))
			}
			buf := make([]float32, planes*n*p.pitch()+stageSlack)
			for r0 := 0; r0 < p.height; r0 += n {
				p.stage(buf, x, planes, area, r0, n, n < p.height)
				want := make([]float32, planes*n*p.pitch())
				for i := range planes {
					for h := range p.usedH {
						for w := range p.usedW {
							row, col := h*p.spreadH+p.top-r0, w*p.spreadW+p.left
							if row >= 0 && row < n {
								want[(i*n+row)*p.pitch()+col%p.split*p.phase+col/p.split] = x[i*area+h*p.srcW+w]
							}
						}
					}
				}
				wantSame(t, fmt.Sprintf("rows %d to %d of %+v of %+v", r0, r0+n, *p, s), buf[:len(want)], want)
			}
		}
	}
}
