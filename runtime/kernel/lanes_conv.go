package kernel

import "unsafe"

// lanesPlan is a correlation over image lanes: the forward convolution, or the
// transposed one, whose taps per axis tapRun lists.
//
//	dst[m, h, w] = Σ_{c, r, s} A[m, c, r, s] · src[c, h', w']
//
// A is packed in panels of rows, [c][r][s][height], group after group.
type lanesPlan struct {
	groups              int
	srcC, srcSize, srcW int // per group; elements and columns of a plane
	dstC, dstSize, dstW int
	kernelH, kernelW    int
	rows, cols          []tapRun
	panels              rowPanels
}

// forwardLanes plans the convolution of shape s.
func forwardLanes(s *ConvShape) *lanesPlan {
	return &lanesPlan{
		groups: s.Groups,
		srcC:   s.C / s.Groups, srcSize: s.H * s.W, srcW: s.W,
		dstC: s.O / s.Groups, dstSize: s.P() * s.Q(), dstW: s.Q(),
		kernelH: s.R, kernelW: s.S,
		rows:   forwardTaps(s.H, s.P(), s.R, s.StrideH, s.PadTop, s.DilH),
		cols:   forwardTaps(s.W, s.Q(), s.S, s.StrideW, s.PadLeft, s.DilW),
		panels: panelsOf(s.O / s.Groups),
	}
}

// backwardLanes plans the transposed convolution of shape s.
func backwardLanes(s *ConvShape) *lanesPlan {
	return &lanesPlan{
		groups: s.Groups,
		srcC:   s.O / s.Groups, srcSize: s.P() * s.Q(), srcW: s.Q(),
		dstC: s.C / s.Groups, dstSize: s.H * s.W, dstW: s.W,
		kernelH: s.R, kernelW: s.S,
		rows:   backwardTaps(s.H, s.P(), s.R, s.StrideH, s.PadTop, s.DilH),
		cols:   backwardTaps(s.W, s.Q(), s.S, s.StrideW, s.PadLeft, s.DilW),
		panels: panelsOf(s.C / s.Groups),
	}
}

func (p *lanesPlan) src() int { return p.groups * p.srcC * p.srcSize }
func (p *lanesPlan) dst() int { return p.groups * p.dstC * p.dstSize }

// use reports whether n images are better convolved in lanes than as patches.
func (p *lanesPlan) use(n int) bool { return lanesWorth(n, p.src()+p.dst()) }

// need returns the scratch floats of a worker.
func (p *lanesPlan) need() int { return blockImages * (p.src() + p.dst()) }

// lanesTask runs a lanesPlan, a block of images per chunk.
type lanesTask struct {
	p                       *lanesPlan
	e                       *Epilogue
	n                       int
	y, x, w, bias, residual []float32
	ctx                     *Ctx
}

func (t *lanesTask) Chunk(worker, chunk int) {
	p, first := t.p, chunk*blockImages
	count := min(blockImages, t.n-first)
	vecs := ceilDiv(count, lanes)
	srcLen, dstLen := lanes*p.src(), lanes*p.dst()
	buf := t.ctx.scratch(worker, 2*(srcLen+dstLen))
	src, dst := buf[:2*srcLen], buf[2*srcLen:]
	for v := range vecs {
		packLanes(src[v*srcLen:], t.x, p.src(), first+v*lanes, min(lanes, count-v*lanes))
	}
	rest := tailOf(t.e, tileRowBias, false)
	for g := range p.groups {
		for i := range p.panels.count {
			t.panel(&rest, src, dst, g, i, vecs)
		}
	}
	if rest.actv && !rest.add {
		rest.rest(t.e, dst[:vecs*dstLen], nil)
	}
	for v := range vecs {
		unpackLanes(t.y, dst[v*dstLen:], p.dst(), first+v*lanes, min(lanes, count-v*lanes))
	}
	if rest.add {
		lo, hi := first*p.dst(), (first+count)*p.dst()
		rest.rest(t.e, t.y[lo:hi], t.residual[lo:hi])
	}
}

// panel computes the results of one panel of rows of A.
func (t *lanesTask) panel(rest *tail, src, dst []float32, g, i, vecs int) {
	const pixel = lanes * 4
	p := t.p
	row, height := p.panels.panel(i)
	taps := p.kernelH * p.kernelW
	w := t.w[(g*p.dstC+row)*p.srcC*taps:]
	args := tileArgs{
		bvec: lanes * p.src() * 4, cvec: lanes * p.dst() * 4, ldc: p.dstSize * pixel,
		mask: maskOf(panelCols),
	}
	rest.apply(&args)
	if args.flags&tileRowBias != 0 {
		args.bias = &t.bias[g*p.dstC+row]
	}
	for ri := range p.rows {
		r := &p.rows[ri]
		rowA, rowB := r.tapStep*p.kernelW*height*4, r.srcTap*p.srcW*pixel
		for j := range r.n {
			for ci := range p.cols {
				c := &p.cols[ci]
				args.nc, args.nr, args.ns = p.srcC, r.taps, c.taps
				args.a, args.b = &w[0], &src[0]
				if r.taps == 0 || c.taps == 0 {
					args.nc = 0
				} else {
					args.a = &w[(r.first*p.kernelW+c.first)*height]
					args.b = &src[(g*p.srcC*p.srcSize+(r.src+j*r.srcStep)*p.srcW+c.src)*lanes]
				}
				args.as, args.bs = c.tapStep*height*4, c.srcTap*pixel
				args.ar, args.br = rowA-c.taps*args.as, rowB-c.taps*args.bs
				args.ac, args.bc = taps*height*4-r.taps*rowA, p.srcSize*pixel-r.taps*rowB
				args.c = &dst[((g*p.dstC+row)*p.dstSize+(r.out+j*r.step)*p.dstW+c.out)*lanes]
				args.tiles, args.tb, args.tc = c.n, c.srcStep*pixel, c.step*pixel
				if vecs == 2 {
					args.run(height, 2)
				} else {
					args.pairs(height)
				}
			}
		}
	}
}

// pairs runs tiles of one vector two at a time: with eight images a tile takes two
// neighbouring pixels, so that enough sums are in flight.
func (t *tileArgs) pairs(height int) {
	n, tb, tc := t.tiles, t.tb, t.tc
	if n > 1 {
		t.bvec, t.cvec = tb, tc
		t.tiles, t.tb, t.tc = n/2, 2*tb, 2*tc
		t.run(height, 2)
	}
	if n%2 != 0 {
		done := uintptr(n - 1)
		t.b = (*float32)(unsafe.Add(unsafe.Pointer(t.b), done*uintptr(tb)))
		t.c = (*float32)(unsafe.Add(unsafe.Pointer(t.c), done*uintptr(tc)))
		t.tiles = 1
		t.run(height, 1)
	}
}
