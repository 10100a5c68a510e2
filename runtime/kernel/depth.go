package kernel

import "unsafe"

// Depthwise convolution: every input channel has filters of its own. There is
// nothing to contract over but the window, so that what counts is to read each
// plane once: some planes are staged (stage.go) in the first cache, and the
// depthwise kernel runs over them.

// depthFloats is the size of staged planes that stay in the first cache.
const depthFloats = 4 << 10

// depthPlan is a depthwise convolution, or its input gradient:
//
//	dst[c·fan + j] = Σ_{i < merge, taps} w[c, j or i, tap] · staged[c·merge + i]
type depthPlan struct {
	*stagePlan
	filters    int // staged channels / merge
	fan, merge int // results of a staged plane; staged planes of a result
	P, Q       int // of the results
	offsets    []int32
	cols       []depthCols
	rowsOf     int // rows of results of a block
	group      int // planes times merge staged together
}

// depthCols is one column of tiles: the first column, the distance to its second
// vector, vectors, and the columns that count.
type depthCols struct{ col, next, vecs, cols int }

// depthwise reports whether s is a depthwise convolution.
func (s *ConvShape) depthwise() bool { return s.Groups > 1 && s.C == s.Groups }

// forwardDepth plans the convolution s; nil if it is not depthwise.
func forwardDepth(s *ConvShape) *depthPlan {
	if !s.depthwise() {
		return nil
	}
	p := &depthPlan{stagePlan: forwardStage(s), filters: s.C, fan: s.O / s.C, merge: 1, P: s.P(), Q: s.Q()}
	return p.finish()
}

// backwardDepth plans the input gradient of s; nil if s is not depthwise.
func backwardDepth(s *ConvShape) *depthPlan {
	if !s.depthwise() {
		return nil
	}
	p := &depthPlan{stagePlan: backwardStage(s), filters: s.C, fan: 1, merge: s.O / s.C, P: s.H, Q: s.W}
	return p.finish()
}

func (p *depthPlan) finish() *depthPlan {
	plane := p.rows(p.P) * p.pitch()
	p.rowsOf, p.group = p.P, max(1, depthFloats/(plane*p.merge))
	if plane*p.merge > 2*depthFloats {
		// Blocks begin where the rows of the source have the same places.
		rows := (depthFloats/(p.pitch()*p.merge) - p.reach) / p.step
		p.rowsOf = min(p.P, max(p.spreadH, rows/p.spreadH*p.spreadH))
	}
	p.offsets = p.again(p.merge, p.rows(p.rowsOf)*p.pitch())
	p.cols = depthColumns(p.Q)
	return p
}

// depthColumns covers a row of q results: vectors that overlap at the end rather
// than store in part.
func depthColumns(q int) []depthCols {
	if q < lanes {
		return []depthCols{{vecs: 1, cols: q}}
	}
	var tiles []depthCols
	for col := 0; col < q; col += 2 * lanes {
		first := min(col, q-lanes)
		if second := min(col+lanes, q-lanes); second > first {
			tiles = append(tiles, depthCols{first, second - first, 2, 2 * lanes})
		} else {
			tiles = append(tiles, depthCols{first, 0, 1, lanes})
		}
	}
	return tiles
}

// depthRows returns the height of tiles that cover rows rows with least time: the
// cycles of a tap are bound by the latency of a sum below eight of them.
func depthRows(rows, vecs, taps int) int {
	best, least := 1, 0
	for height := 1; height <= min(rows, 10-2*vecs); height++ {
		sums := height * vecs
		cost := ceilDiv(rows, height) * (taps*max(9, sums+1) + 4*sums + 30)
		if least == 0 || cost < least {
			best, least = height, cost
		}
	}
	return best
}

// chunk returns the planes of results, fan taken as one, of n images, how many
// of them are staged together, and how many a chunk does.
func (p *depthPlan) chunk(n int) (planes, group, chunk int) {
	planes = n * p.filters
	group = max(1, min(p.group, planes/chunksWanted))
	return planes, group, roundUp(ceilDiv(planes, 4*chunksWanted), group)
}

func (p *depthPlan) need() int {
	return roundUp(p.group*p.merge*p.rows(p.rowsOf)*p.pitch()+stageSlack, lineFloats)
}

// depthArgs is the argument block of the depthwise kernel, whose law stands in
// codegen/kernel/depthwise.go. Distances are in bytes.
type depthArgs struct {
	w               *float32
	off             *int32
	b, c, bias, res *float32
	taps            int
	bs, bvec        int
	ldc, cvec       int
	tiles, tb, tc   int
	planes          int
	pw, pb, pc      int
	pbias           int
	mask            *int32
	flags           uint64
	lo, _           float32
	hi, _           float32
	alpha, _        float32
}

// depthTask runs a depthPlan.
type depthTask struct {
	p                       *depthPlan
	e                       *Epilogue
	n                       int
	y, x, w, bias, residual []float32
	ctx                     *Ctx
}

func (c *Ctx) depth(t depthTask) {
	if t.n == 0 {
		return
	}
	t.ctx = c
	c.tasks.depth = t
	p := t.p
	planes, _, chunk := p.chunk(t.n)
	c.run(ceilDiv(planes, chunk), planes*p.fan*p.P*p.Q*(len(p.offsets)+8), &c.tasks.depth)
}

func (t *depthTask) Chunk(worker, chunk int) {
	p := t.p
	planes, group, size := p.chunk(t.n)
	buf := t.ctx.scratch(worker, p.need())
	clear(buf)
	rest := tailOf(t.e, tileRowBias, true)
	end := min(planes, (chunk+1)*size)
	for at := chunk * size; at < end; {
		count := min(group, end-at, p.filters-at%p.filters) // one image's
		for i0 := 0; i0 < p.P; i0 += p.rowsOf {
			i1 := min(i0+p.rowsOf, p.P)
			rows := p.rows(p.rowsOf)
			src := t.x[at*p.merge*p.srcH*p.srcW:]
			p.stage(buf, src, count*p.merge, p.srcH*p.srcW, i0*p.step, rows, p.rowsOf < p.P)
			for j := range p.fan {
				t.block(&rest, buf, at, count, j, i0, i1)
			}
			if rest.actv {
				t.activate(&rest, at, count, i0, i1)
			}
		}
		at += count
	}
}

// block computes rows [i0, i1) of result j of each of count planes.
func (t *depthTask) block(rest *tail, buf []float32, at, count, j, i0, i1 int) {
	p := t.p
	pitch, area := p.pitch(), p.P*p.Q
	filter := at%p.filters*p.fan + j
	args := depthArgs{
		w: &t.w[filter*len(p.offsets)], off: &p.offsets[0],
		taps: len(p.offsets), bs: p.step * pitch * 4, ldc: p.Q * 4,
		planes: count, pw: p.fan * len(p.offsets) * 4, pbias: p.fan * 4,
		lo: rest.lo, hi: rest.hi, alpha: rest.alpha,
	}
	if rest.flags&tileRowBias != 0 {
		args.bias = &t.bias[filter]
	}
	plane, out := p.merge*p.rows(p.rowsOf)*pitch, (at*p.fan+j)*area
	wide := 0
	if count == 1 { // a large plane: along its rows, as far as tiles are whole
		wide = p.Q / (2 * lanes)
		t.along(args, rest, buf, out, wide, i0, i1)
	}
	for _, cols := range p.cols[wide:] {
		height := depthRows(i1-i0, cols.vecs, args.taps)
		args.bvec, args.cvec = cols.next*4, cols.next*4
		args.mask, args.flags = maskOf(cols.cols), rest.flags
		if cols.cols < lanes {
			args.flags |= tileMasked
		}
		full := (i1 - i0) / height
		for row, tiles := 0, full; row < i1-i0; row, tiles = full*height, 1 {
			row = min(row, i1-i0-height) // the last tile may overlap
			to := out + (i0+row)*p.Q + cols.col
			args.b, args.c = &buf[row*p.step*pitch+cols.col], &t.y[to]
			if rest.flags&tileResidual != 0 {
				args.res = &t.residual[to]
			}
			args.tiles, args.tb, args.tc = tiles, height*args.bs, height*args.ldc
			args.pb, args.pc = plane*4-tiles*args.tb, p.fan*area*4-tiles*args.tc
			if args.flags&tileMasked != 0 && tiles*height == p.P && p.fan == 1 {
				args.narrow(height, cols.cols, area)
			} else {
				args.run(height, cols.vecs)
			}
			if row+tiles*height >= i1-i0 {
				break
			}
		}
	}
}

// along computes the first wide tiles of each row of one plane, row after row, so
// that results are stored in long runs. To the kernel a row of tiles is a plane.
func (t *depthTask) along(args depthArgs, rest *tail, buf []float32, out, wide, i0, i1 int) {
	if wide == 0 {
		return
	}
	const tile = 2 * lanes * 4
	p, rows := t.p, i1-i0
	height := depthRows(rows, 2, args.taps)
	args.bvec, args.cvec, args.mask, args.flags = lanes*4, lanes*4, maskOf(2*lanes), rest.flags
	args.tiles, args.tb, args.tc = wide, tile, tile
	args.pw, args.pbias = 0, 0
	args.pb, args.pc = height*args.bs-wide*tile, height*args.ldc-wide*tile
	full := rows / height
	for row := 0; row < rows; row += full * height {
		args.planes = full
		if row > 0 { // the last tiles may overlap
			row, args.planes = rows-height, 1
		}
		to := out + (i0+row)*p.Q
		args.b, args.c = &buf[row*p.step*p.pitch()], &t.y[to]
		if rest.flags&tileResidual != 0 {
			args.res = &t.residual[to]
		}
		args.run(height, 2)
	}
}

// narrow computes whole planes of fewer than 8 columns that follow one another.
// Masked stores are slow: rows are stored as 8 floats, the surplus of which the
// next row overwrites, but for those of the last planes.
func (t *depthArgs) narrow(height, cols, area int) {
	planes, last := t.planes, min(t.planes, ceilDiv(lanes-cols, area))
	if t.planes = planes - last; t.planes > 0 {
		t.flags &^= tileMasked
		t.run(height, 1)
		t.flags |= tileMasked
		t.skip(planes - last)
	}
	t.planes = last
	t.run(height, 1)
	t.planes = planes
}

// skip moves on by some planes.
func (t *depthArgs) skip(planes int) {
	move := func(p **float32, bytes int) {
		if *p != nil {
			*p = (*float32)(unsafe.Add(unsafe.Pointer(*p), bytes))
		}
	}
	move(&t.w, planes*t.pw)
	move(&t.bias, planes*t.pbias)
	move(&t.b, planes*(t.pb+t.tiles*t.tb))
	move(&t.c, planes*(t.pc+t.tiles*t.tc))
	move(&t.res, planes*(t.pc+t.tiles*t.tc))
}

// activate applies what the tiles could not.
func (t *depthTask) activate(rest *tail, at, count, i0, i1 int) {
	p := t.p
	for i := at * p.fan; i < (at+count)*p.fan; i++ {
		rest.rest(t.e, t.y[(i*p.P+i0)*p.Q:(i*p.P+i1)*p.Q], nil)
	}
}
