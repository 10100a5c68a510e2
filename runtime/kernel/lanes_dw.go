package kernel

// The weight gradient over image lanes: every weight is a dot product of a plane
// of dy with a shifted plane of x, eight images at a time.
//
// Sums of a panel of output channels live in the order
//
//	[tap][pair of input channels][height][2]   channels two by two,
//	[r][pair of s][height][2], [height]        the last channel when their number is odd
//
// so that the dot kernel writes them densely; gather brings them to OIHW at the
// end. The last odd channel is copied with zero columns around it, which makes
// neighbouring taps share their columns.

// lanesDW is the plan of one weight gradient.
type lanesDW struct {
	s      *ConvShape
	panels rowPanels
	ci, oi int // channels per group
	wide   int // columns of the padded plane
}

// dwChunks bounds the number of partial sums.
const dwChunks = 8

func newLanesDW(s *ConvShape) *lanesDW {
	p := &lanesDW{s: s, ci: s.C / s.Groups, oi: s.O / s.Groups}
	p.panels = panelsOf(p.oi)
	p.wide = max((s.Q()-1)*s.StrideW+(s.S-1)*s.DilW+1, s.PadLeft+s.W)
	return p
}

// chunks returns the number of partial sums for n images, which depends on
// nothing else.
func (p *lanesDW) chunks(n int) int { return min(ceilDiv(n, lanes), dwChunks) }

// use reports whether n images are better contracted in lanes than as patches:
// sums have to stay in cache too.
func (p *lanesDW) use(n int) bool {
	return lanesWorth(n, (p.s.in()+p.s.out()+p.sums())/2)
}

// sums returns the sums kept, a multiple of 8.
func (p *lanesDW) sums() int { return roundUp(p.s.Weights(), lanes) }

func (p *lanesDW) plane() int {
	if p.ci%2 == 0 {
		return 0
	}
	return p.s.H * p.wide
}

func (p *lanesDW) need(n int) (perWorker, shared int) {
	return lanes * (p.s.in() + p.s.out() + p.plane() + p.sums()), p.chunks(n) * p.sums()
}

type lanesDWTask struct {
	p     *lanesDW
	n     int
	x, dy []float32
	parts []float32 // [chunks][sums]
	ctx   *Ctx
}

func (t *lanesDWTask) Chunk(worker, chunk int) {
	p, s := t.p, t.p.s
	buf := t.ctx.scratch(worker, lanes*(s.in()+s.out()+p.plane()+p.sums()))
	x, buf := buf[:lanes*s.in()], buf[lanes*s.in():]
	dy, buf := buf[:lanes*s.out()], buf[lanes*s.out():]
	plane, sums := buf[:lanes*p.plane()], buf[lanes*p.plane():]
	clear(sums)
	lo, hi := span(ceilDiv(t.n, lanes), p.chunks(t.n), chunk)
	for b := lo; b < hi; b++ {
		count := min(lanes, t.n-b*lanes)
		packLanes(x, t.x, s.in(), b*lanes, count)
		packLanes(dy, t.dy, s.out(), b*lanes, count)
		for g := range s.Groups {
			if p.ci%2 != 0 {
				p.padPlane(plane, x[((g+1)*p.ci-1)*s.H*s.W*lanes:])
			}
			for i := range p.panels.count {
				p.panel(sums, x, plane, dy, g, i)
			}
		}
	}
	foldLanes(&t.parts[chunk*p.sums()], &sums[0], p.sums()/lanes)
}

// padPlane copies a plane with zero columns around it.
func (p *lanesDW) padPlane(dst, src []float32) {
	s := p.s
	left, row := s.PadLeft*lanes, s.W*lanes
	for h := range s.H {
		d := dst[h*p.wide*lanes:][:p.wide*lanes]
		clear(d[:left])
		copy(d[left:], src[h*row:][:row])
		clear(d[left+row:])
	}
}

// dwRows is the bytes of dy that one pass over the taps keeps in the first cache.
const dwRows = 20 << 10

// panel adds the products of one panel of output channels.
func (p *lanesDW) panel(sums, x, plane, dy []float32, g, i int) {
	const pixel = lanes * 4
	s := p.s
	P, Q := s.P(), s.Q()
	row, height := p.panels.panel(i)
	k := p.ci * s.R * s.S
	sums = sums[(g*p.oi+row)*k*lanes:]
	dy = dy[(g*p.oi+row)*P*Q*lanes:]
	x = x[g*p.ci*s.H*s.W*lanes:]
	pairs := p.ci / 2
	step := max(1, dwRows/(height*Q*pixel))
	for first := 0; first < P; first += step {
		for r := range s.R {
			offH := r*s.DilH - s.PadTop
			p0, p1 := valid(offH, s.StrideH, s.H, P)
			p0, p1 = max(p0, first), min(p1, first+step)
			if p0 >= p1 {
				continue
			}
			args := dotArgs{nr: p1 - p0, as: pixel, bs: s.StrideW * pixel, lda: P * Q * pixel, resume: 1}
			for c := range s.S {
				offW := c*s.DilW - s.PadLeft
				q0, q1 := valid(offW, s.StrideW, s.W, Q)
				if pairs == 0 || q0 >= q1 {
					continue
				}
				args.ns = q1 - q0
				args.a = &dy[(p0*Q+q0)*lanes]
				args.ar = (Q - args.ns) * pixel
				args.b = &x[((p0*s.StrideH+offH)*s.W+q0*s.StrideW+offW)*lanes]
				args.br = s.StrideH*s.W*pixel - args.ns*args.bs
				args.bvec, args.tiles, args.tb = s.H*s.W*pixel, pairs, 2*s.H*s.W*pixel
				args.sums = &sums[(r*s.S+c)*2*pairs*height*lanes]
				args.run(height, 2)
			}
			if p.ci%2 != 0 {
				args.a, args.ns, args.ar = &dy[p0*Q*lanes], Q, 0
				args.br = s.StrideH*p.wide*pixel - Q*args.bs
				p.lastChannel(&args, plane[(p0*s.StrideH+offH)*p.wide*lanes:], sums[(s.R*2*pairs+r)*s.S*height*lanes:], height)
			}
		}
	}
}

// lastChannel adds the products of row r of the filter with the padded plane of
// an odd last channel.
func (p *lanesDW) lastChannel(args *dotArgs, plane, sums []float32, height int) {
	const pixel = lanes * 4
	s := p.s
	if pairs := s.S / 2; pairs > 0 {
		args.b, args.bvec = &plane[0], s.DilW*pixel
		args.tiles, args.tb = pairs, 2*s.DilW*pixel
		args.sums = &sums[0]
		args.run(height, 2)
	}
	if s.S%2 != 0 {
		args.b, args.tiles = &plane[(s.S-1)*s.DilW*lanes], 1
		args.sums = &sums[(s.S-1)*height*lanes]
		args.run(height, 1)
	}
}

// gather adds the partial sums in order and brings them to OIHW.
func (p *lanesDW) gather(dw, parts []float32, chunks int) {
	s, n := p.s, p.sums()
	total := parts[:n]
	for c := 1; c < chunks; c++ {
		for i := 0; i < n; i += vectorRun {
			vectorAdd(min(vectorRun, n-i), &total[i], &parts[c*n+i])
		}
	}
	taps, pairs := s.R*s.S, p.ci/2
	for g := range s.Groups {
		for i := range p.panels.count {
			row, height := p.panels.panel(i)
			from := total[(g*p.oi+row)*p.ci*taps:]
			to := dw[(g*p.oi+row)*p.ci*taps:]
			for o := range height {
				line := to[o*p.ci*taps:][:p.ci*taps]
				for t := range taps {
					for c := range 2 * pairs {
						line[c*taps+t] = from[((t*pairs+c/2)*height+o)*2+c%2]
					}
				}
				if p.ci%2 == 0 {
					continue
				}
				line = line[2*pairs*taps:]
				odd := from[2*pairs*taps*height:]
				for t := range taps {
					r, c := t/s.S, t%s.S
					if c == s.S-1 && s.S%2 != 0 {
						line[t] = odd[(r*s.S+c)*height+o]
					} else {
						line[t] = odd[(r*s.S+c/2*2)*height+o*2+c%2]
					}
				}
			}
		}
	}
}
