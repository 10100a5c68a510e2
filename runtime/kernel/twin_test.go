package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The twins of the assembly kernels: the laws of codegen/kernel as plain loops over
// slices. Offsets and distances are in floats here, in bytes there.

// tileCall is a call of the tile kernel on slices.
type tileCall struct {
	rows, vecs, cols             int // cols < 8·vecs: masked
	nc, nr, ns                   int
	as, ar, ac, bs, br, bc, bvec int
	ldc, cvec                    int
	tiles, ta, tb, tc, tbias     int
	flags                        uint64
	lo, hi, alpha                float32
	a, b, c, bias, res           []float32
}

// tileGeneric is the law of codegen/kernel/tile.go.
func tileGeneric(t *tileCall) {
	for n := range t.tiles {
		for i := range t.rows {
			for j := range t.cols {
				out := n*t.tc + i*t.ldc + j/lanes*t.cvec + j%lanes
				sum := float32(0)
				if t.flags&tileAccumulate != 0 {
					sum = t.c[out]
				}
				a, b := n*t.ta, n*t.tb
				for range t.nc {
					for range t.nr {
						for range t.ns {
							sum += t.a[a+i] * t.b[b+j/lanes*t.bvec+j%lanes]
							a, b = a+t.as, b+t.bs
						}
						a, b = a+t.ar, b+t.br
					}
					a, b = a+t.ac, b+t.bc
				}
				if t.flags&tileRowBias != 0 {
					sum += t.bias[n*t.tbias+i]
				}
				if t.flags&tileColBias != 0 {
					sum += t.bias[n*t.tbias+j]
				}
				if t.flags&tileResidual != 0 {
					sum += t.res[out]
				}
				if t.flags&tileLow != 0 {
					sum = max(sum, t.lo)
				}
				if t.flags&tileHigh != 0 {
					sum = min(sum, t.hi)
				}
				if t.flags&tileLeaky != 0 && sum < 0 {
					sum *= t.alpha
				}
				t.c[out] = sum
			}
		}
	}
}

// tileVector runs the same call on the assembly.
func tileVector(t *tileCall) {
	args := tileArgs{
		a: &t.a[0], b: &t.b[0], c: &t.c[0], bias: &t.bias[0], res: &t.res[0], nc: t.nc, nr: t.nr, ns: t.ns,
		as: 4 * t.as, ar: 4 * t.ar, ac: 4 * t.ac, bs: 4 * t.bs, br: 4 * t.br, bc: 4 * t.bc, bvec: 4 * t.bvec,
		ldc: 4 * t.ldc, cvec: 4 * t.cvec, tiles: t.tiles, ta: 4 * t.ta, tb: 4 * t.tb, tc: 4 * t.tc, tbias: 4 * t.tbias,
		mask: maskOf(t.cols), flags: t.flags, lo: t.lo, hi: t.hi, alpha: t.alpha,
	}
	if t.cols < lanes*t.vecs {
		args.flags |= tileMasked
	}
	args.run(t.rows, t.vecs)
}

func TestTileTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for i := range 600 {
		c := tileCall{rows: 1 + i%6, vecs: 1 + i/6%2, nc: r.IntN(3), nr: 1 + r.IntN(3), ns: 1 + r.IntN(4), tiles: 1 + r.IntN(3)}
		c.cols = lanes * c.vecs
		if r.IntN(3) == 0 {
			c.cols = lanes*(c.vecs-1) + 1 + r.IntN(lanes)
		}
		c.as, c.ar, c.ac = c.rows+r.IntN(3), r.IntN(5), r.IntN(5)
		c.bs, c.br, c.bc, c.bvec = r.IntN(20), r.IntN(9), r.IntN(9), 8+r.IntN(5)
		c.cvec, c.ldc = 8+r.IntN(2), 20
		c.ta, c.tb, c.tc, c.tbias = r.IntN(9), r.IntN(9), 120, r.IntN(4)
		c.flags = uint64(r.IntN(1 << 7))
		c.lo, c.hi, c.alpha = -5, 7, 0.5
		c.a, c.b, c.bias, c.res, c.c = integers(r, 2000), integers(r, 2000), integers(r, 100), integers(r, 500), integers(r, 500)
		d := c
		d.c = append([]float32(nil), c.c...)
		tileGeneric(&c)
		tileVector(&d)
		c.a, c.b, c.bias, c.res = nil, nil, nil, nil
		want := c.c
		c.c = nil
		wantSame(t, fmt.Sprintf("%+v", c), d.c, want)
	}
}

func TestDotTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for i := range 400 {
		rows, cols := 1+i%6, 1+i/6%2
		d := dotArgs{nr: 1 + r.IntN(3), ns: 1 + r.IntN(7), as: 8 + r.IntN(3), ar: r.IntN(9), bs: 8 * r.IntN(3), br: r.IntN(9),
			lda: 100 + r.IntN(9), bvec: r.IntN(30), tiles: 1 + r.IntN(3), tb: r.IntN(40), resume: r.IntN(2)}
		a, b, sums := integers(r, 3000), integers(r, 3000), integers(r, 3*12*lanes)
		want := append([]float32(nil), sums...)
		for t := range d.tiles {
			for i := range rows {
				for j := range cols {
					for l := range lanes {
						at := ((t*rows+i)*cols+j)*lanes + l
						if d.resume == 0 {
							want[at] = 0
						}
						pa, pb := i*d.lda+l, t*d.tb+j*d.bvec+l
						for range d.nr {
							for range d.ns {
								want[at] += a[pa] * b[pb]
								pa, pb = pa+d.as, pb+d.bs
							}
							pa, pb = pa+d.ar, pb+d.br
						}
					}
				}
			}
		}
		v := d
		for _, f := range []*int{&v.as, &v.ar, &v.bs, &v.br, &v.lda, &v.bvec, &v.tb} {
			*f *= 4
		}
		v.a, v.b, v.sums = &a[0], &b[0], &sums[0]
		v.run(rows, cols)
		wantSame(t, fmt.Sprintf("%dx%d %+v", rows, cols, d), sums, want)
	}
}

func TestPackTwins(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for range 300 {
		height, k, stride := 1+r.IntN(tileRows), 1+r.IntN(60), 70
		src := normals(r, 16*stride+100)
		got, want := poison(k*height), poison(k*height)
		for l := range k {
			for i := range height {
				want[l*height+i] = src[i*stride+l]
			}
		}
		packRows(got, height, src, stride, k)
		wantSame(t, fmt.Sprintf("packRows %d x %d", height, k), got, want)

		src = normals(r, k*stride+16)
		for l := range k {
			copy(want[l*height:][:height], src[l*stride:])
		}
		packCols(got, height, src, stride, k)
		wantSame(t, fmt.Sprintf("packCols %d x %d", height, k), got, want)

		cols := 1 + r.IntN(panelCols)
		got, want = make([]float32, k*panelCols), make([]float32, k*panelCols)
		for l := range k {
			copy(want[l*panelCols:][:cols], src[l*stride:])
		}
		packPanel(got, src, stride, k, cols)
		wantSame(t, fmt.Sprintf("packPanel %d x %d", k, cols), got, want)
		src = normals(r, panelCols*stride)
		for l := range k {
			for j := range cols {
				want[l*panelCols+j] = src[j*stride+l]
			}
		}
		packPanelT(got, src, stride, k, cols)
		wantSame(t, fmt.Sprintf("packPanelT %d x %d", k, cols), got, want)

		if k >= lanes {
			whole := k / lanes * lanes
			src = normals(r, panelCols*stride)
			got, want = poison(whole*panelCols), poison(whole*panelCols)
			for l := range whole {
				for j := range panelCols {
					want[l*panelCols+j] = src[j*stride+l]
				}
			}
			transposePanel(&got[0], &src[0], 4*stride, whole/lanes, 4*panelCols*stride)
			wantSame(t, fmt.Sprintf("transposePanel %d", whole), got, want)
		}

		panels := 1 + r.IntN(4)
		src = normals(r, (k-1)*stride+panels*panelCols)
		got, want = poison(panels*k*panelCols), poison(panels*k*panelCols)
		for l := range k {
			for j := range panels * panelCols {
				want[(j/panelCols*k+l)*panelCols+j%panelCols] = src[l*stride+j]
			}
		}
		copyPanels(&got[0], 4*k*panelCols, 4*panelCols, &src[0], 4*stride, k, panels)
		wantSame(t, fmt.Sprintf("copyPanels %d x %d", k, panels), got, want)

		pitch := panels*panelCols + r.IntN(lineFloats)
		got, want = poison(k*pitch), poison(k*pitch)
		for l := range k {
			copy(want[l*pitch:], src[l*stride:][:panels*panelCols])
		}
		copyPanels(&got[0], 4*panelCols, 4*pitch, &src[0], 4*stride, k, panels)
		wantSame(t, fmt.Sprintf("copyPanels of %d rows %d x %d", pitch, k, panels), got, want)
	}
}

func TestLanesThereAndBack(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for _, size := range []int{1, 3, 7, 8, 9, 15, 49, 100, 4095, 4096, 4099, 9001} {
		for count := 1; count <= lanes; count++ {
			x := normals(r, (2+lanes)*size)
			packed, back := poison(size*lanes), make([]float32, len(x))
			packLanes(packed, x, size, 2, count)
			for i := range size {
				for l := range lanes {
					want := float32(0)
					if l < count {
						want = x[(2+l)*size+i]
					}
					if got := packed[i*lanes+l]; got != want {
						t.Fatalf("size %d, %d images: got %v at element %d of image %d, want %v", size, count, got, i, l, want)
					}
				}
			}
			unpackLanes(back, packed, size, 2, count)
			want := make([]float32, len(x))
			copy(want[2*size:(2+count)*size], x[2*size:])
			wantSame(t, fmt.Sprintf("back, size %d, %d images", size, count), back, want)
		}
	}
}

// TestPatchTwin compares packed patches with the definition, for forward plans and
// for those of the transposed convolution.
func TestPatchTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	for range 200 {
		s := someConv(r)
		plans := append(backwardPatches(&s), forwardPatch(&s))
		for _, p := range plans[r.IntN(len(plans)):] {
			if p.taps() > 0 {
				checkPatch(t, r, p)
			}
		}
	}
}

func checkPatch(t *testing.T, r *rand.Rand, p *patchPlan) {
	plane := p.srcH * p.srcW
	x := normals(r, p.srcC*plane)
	src, step := x, plane
	if p.staged {
		rows := (p.P-1)*p.strideH + p.maxRow - p.minRow + 1
		step = rows * p.pitch()
		src = poison(p.srcC * step)
		p.stageRows(src, x, p.srcC, p.minRow, rows)
	}
	for at := 0; at < p.P*p.Q; at += panelCols {
		cols := min(panelCols, p.P*p.Q-at)
		panel := poison(p.srcC * p.taps() * panelCols)
		p.packPixels(panel, src, 0, step, 0, p.srcC, at, cols)
		for k := range p.srcC * p.taps() {
			c, tap := k/p.taps(), k%p.taps()
			for j := range cols {
				h := (at+j)/p.Q*p.strideH + p.rowOff[tap/len(p.colOff)]
				w := (at+j)%p.Q*p.strideW + p.colOff[tap%len(p.colOff)]
				want := float32(0)
				if uint(h) < uint(p.srcH) && uint(w) < uint(p.srcW) {
					want = x[c*plane+h*p.srcW+w]
				}
				if got := panel[k*panelCols+j]; got != want {
					t.Fatalf("%+v: got %v for channel %d, tap %d, pixel %d, want %v", *p, got, c, tap, at+j, want)
				}
			}
		}
	}
}

func TestFoldTwin(t *testing.T) {
	skipWithoutVector(t)
	r := newRand(t)
	src := integers(r, 5*lanes*lanes)
	got, want := poison(5*lanes), make([]float32, 5*lanes)
	for i, v := range src {
		want[i/lanes] += v
	}
	foldLanes(&got[0], &src[0], 5)
	wantSame(t, "fold", got, want)
}

func TestTaps(t *testing.T) {
	r := newRand(t)
	for range 500 {
		size, kernel, stride, dil, pad := 1+r.IntN(20), 1+r.IntN(5), 1+r.IntN(4), 1+r.IntN(3), r.IntN(4)
		out := (size+2*pad-dil*(kernel-1)-1)/stride + 1
		if size+2*pad < dil*(kernel-1)+1 {
			continue
		}
		what := fmt.Sprintf("size=%d kernel=%d stride=%d dil=%d pad=%d", size, kernel, stride, dil, pad)
		// All pairs (result, tap, source) that the runs name, against the definition.
		pairs := func(runs []tapRun) map[[3]int]int {
			m := map[[3]int]int{}
			for _, run := range runs {
				for i := range run.n {
					for k := range run.taps {
						m[[3]int{run.out + i*run.step, run.first + k*run.tapStep, run.src + i*run.srcStep + k*run.srcTap}]++
					}
				}
			}
			return m
		}
		forward, backward := map[[3]int]int{}, map[[3]int]int{}
		for p := range out {
			for k := range kernel {
				if h := p*stride + k*dil - pad; h >= 0 && h < size {
					forward[[3]int{p, k, h}] = 1
					backward[[3]int{h, k, p}] = 1
				}
			}
		}
		for name, both := range map[string][2]map[[3]int]int{
			"forward":  {pairs(forwardTaps(size, out, kernel, stride, pad, dil)), forward},
			"backward": {pairs(backwardTaps(size, out, kernel, stride, pad, dil)), backward},
		} {
			if len(both[0]) != len(both[1]) {
				t.Fatalf("%s, %s: got %d pairs, want %d", what, name, len(both[0]), len(both[1]))
			}
			for key, n := range both[0] {
				if n != 1 || both[1][key] != 1 {
					t.Fatalf("%s, %s: result %d with tap %d of source %d came %d times, want %d", what, name, key[0], key[1], key[2], n, both[1][key])
				}
			}
		}
	}
}
