package kernel

// depthDW is the weight gradient of a depthwise convolution: planes of x are
// staged as in the forward direction, planes of dy read in place. A chunk does
// all images of some channels, so that there are no partial sums to add up.
type depthDW struct {
	*stagePlan
	filters, fan int
	P, Q         int
	rowsOf       int // rows of dy of a block
	group        int // planes staged together
}

// newDepthDW plans the weight gradient of s; nil if s is not depthwise.
func newDepthDW(s *ConvShape) *depthDW {
	f := forwardDepth(s)
	if f == nil {
		return nil
	}
	return &depthDW{f.stagePlan, f.filters, f.fan, f.P, f.Q, f.rowsOf, max(1, min(f.group, f.filters/chunksWanted))}
}

// depthChain is the pixels whose products are added up, eight sums of them at a
// time, before these are folded to one.
const depthChain = 16 << 10

func (d *depthDW) weights() int { return d.fan * len(d.taps) } // of a channel

func (d *depthDW) scratch() (stage, sums, folded int) {
	folded = roundUp(d.group*d.weights(), lanes)
	return roundUp(d.group*d.rows(d.rowsOf)*d.pitch()+stageSlack, lineFloats), folded * lanes, folded
}

func (d *depthDW) need() int {
	stage, sums, folded := d.scratch()
	return stage + sums + folded
}

// depthDWArgs is the argument block of the kernel, whose law stands in
// codegen/kernel/depthwise_dw.go. Distances are in bytes.
type depthDWArgs struct {
	a, b, sums        *float32
	off               *int32
	rows, pairs, last int
	as, bs            int
	planes            int
	pa, pb, psums     int
	mask              *int32
}

type depthDWTask struct {
	d         *depthDW
	n         int
	dw, x, dy []float32
	ctx       *Ctx
}

func (c *Ctx) depthDW(t depthDWTask) {
	t.ctx = c
	c.tasks.depthDW = t
	d := t.d
	c.run(ceilDiv(d.filters, d.group), t.n*d.filters*d.weights()*d.P*d.Q, &c.tasks.depthDW)
}

func (t *depthDWTask) Chunk(worker, chunk int) {
	d := t.d
	stage, sums, folded := d.scratch()
	buf := t.ctx.scratch(worker, stage+sums+folded)
	planes, buf := buf[:stage], buf[stage:]
	lanesum, fold := buf[:sums], buf[sums:]
	clear(planes)
	first := chunk * d.group
	count := min(d.group, d.filters-first)
	n := count * d.weights()
	out := t.dw[first*d.weights():][:n]
	clear(out)
	images := max(1, depthChain/(d.P*d.Q))
	for img := 0; img < t.n; img += images {
		clear(lanesum)
		for i := img; i < min(t.n, img+images); i++ {
			t.image(planes, lanesum, i, first, count)
		}
		foldLanes(&fold[0], &lanesum[0], roundUp(n, lanes)/lanes)
		vectorAdd(n, &out[0], &fold[0])
	}
}

// image adds the products of count channels of one image.
func (t *depthDWTask) image(planes, sums []float32, img, first, count int) {
	d := t.d
	src := t.x[(img*d.filters+first)*d.srcH*d.srcW:]
	pitch, taps := d.pitch(), len(d.taps)
	passes := ceilDiv(taps, depthTaps)
	for i0 := 0; i0 < d.P; i0 += d.rowsOf {
		rows := d.rows(d.rowsOf)
		d.stage(planes, src, count, d.srcH*d.srcW, i0*d.step, rows, d.rowsOf < d.P)
		args := depthDWArgs{
			b: &planes[0], rows: min(d.rowsOf, d.P-i0),
			pairs: d.Q / (2 * lanes), last: vecsOf(d.Q % (2 * lanes)), mask: maskOf(d.Q % (2 * lanes)),
			as: d.Q * 4, bs: d.step * pitch * 4,
			planes: count, pa: d.fan * d.P * d.Q * 4, pb: rows * pitch * 4, psums: d.weights() * lanes * 4,
		}
		for j := range d.fan {
			args.a = &t.dy[((img*d.filters+first)*d.fan+j)*d.P*d.Q+i0*d.Q]
			for pass := range passes {
				t0, t1 := span(taps, passes, pass)
				args.off, args.sums = &d.taps[t0], &sums[(j*taps+t0)*lanes]
				args.run(t1 - t0)
			}
		}
	}
}

// depthTaps is the taps that one pass of the kernel takes.
const depthTaps = 12
