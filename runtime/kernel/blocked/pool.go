package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// PoolConfig says what a pooling layer is.
type PoolConfig struct {
	Shape kernel.PoolShape
	Max   bool // the maximum of each window; else the mean
	In    Map  // C, H, W of Shape; the halo is never read
	Out   Map  // C, P, Q of Shape
	At    int  // bytes from the positions of one image to those of the next; 0: no gap
	ISA   kernel.ISA
}

// Pool takes the maximum or the mean of each window of a map. Padding never wins a
// maximum; the mean is over the cells inside the image, or those inside the padded
// image with Shape.CountPad.
//
// Cost: N·C·P·Q·R·S operations.
type Pool struct {
	PoolConfig
	rows, cols []poolRun // results with equally large windows, along each side
	group      int       // blocks of a chunk
}

const (
	poolWork   = 1 << 17 // operations of a chunk: some microseconds
	poolChunks = 8       // of an image, for threads to share
)

// NewPool prepares a pooling layer.
func NewPool(f PoolConfig) *Pool {
	f.In.check()
	f.Out.check()
	s := &f.Shape
	if f.In.C != s.C || f.In.H != s.H || f.In.W != s.W || f.Out.C != s.C || f.Out.H != s.P() || f.Out.W != s.Q() {
		panic("blocked: the maps of a pooling layer have other sizes than its shape")
	}
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	return &Pool{PoolConfig: f,
		rows:  poolRuns(f.Out.H, s.H, s.R, s.StrideH, s.PadTop, s.PadBottom, s.CountPad),
		cols:  poolRuns(f.Out.W, s.W, s.S, s.StrideW, s.PadLeft, s.PadRight, s.CountPad),
		group: max(1, min(ceilDiv(f.Out.Blocks(), poolChunks), poolWork/(f.Out.Plane()*s.R*s.S)))}
}

// Run pools n images and writes all of y, halo and padding channels included.
func (p *Pool) Run(c *kernel.Ctx, n int, y, x []float32) {
	p.Out.checkLen(y, n)
	p.In.checkLen(x, n)
	t := kernel.TaskOf[poolTask](c)
	*t = poolTask{p: p, y: y, x: x}
	c.Run(n*ceilDiv(p.Out.Blocks(), p.group), n*p.work(), t)
}

// work is the multiply-adds that would take as long as an image.
func (p *Pool) work() int { return 4*p.In.Size() + p.Out.Size()*p.Shape.R*p.Shape.S }

type poolTask struct {
	p     *Pool
	y, x  []float32
	above above
}

// Chunk pools some blocks of one image.
func (t *poolTask) Chunk(_, chunk int) {
	f := &t.p.PoolConfig
	groups := ceilDiv(f.Out.Blocks(), t.p.group)
	image, b0 := chunk/groups, chunk%groups*t.p.group
	b1 := min(b0+t.p.group, f.Out.Blocks())
	if f.ISA == kernel.Generic {
		f.Out.ZeroHalo(t.y, image, b0, b1)
		for b := b0; b < b1; b++ {
			poolLoops(f, t.y, t.x, image, b)
		}
		return
	}
	t.some(image, b0, b1, 0, f.Out.H)
}

// some pools rows [p0, p1) of blocks [b0, b1) of one image.
func (t *poolTask) some(image, b0, b1, p0, p1 int) {
	f := &t.p.PoolConfig
	f.Out.zeroBandsBelow(t.y, t.above.y, image, b0, b1, p0, p1)
	for _, rows := range t.p.rows {
		if rows = rows.within(p0, p1, f.Shape.StrideH); rows.n <= 0 {
			continue
		}
		for _, cols := range t.p.cols {
			t.windows(rows, cols, image, b0, b1)
		}
	}
}

// poolRun is a run of results along one side whose windows are equally large: n
// results from out on, the first window from in on.
type poolRun struct {
	out, n, in int
	taps       int // positions inside the image
	clipped    int // positions before them
	cells      int // positions that the mean divides by
}

// within returns what of r lies in [p0, p1), nothing where n is not positive.
func (r poolRun) within(p0, p1, stride int) poolRun {
	from, end := max(r.out, p0), min(r.out+r.n, p1)
	r.in += (from - r.out) * stride
	r.out, r.n = from, end-from
	return r
}

// poolRuns cuts results along one side into runs.
func poolRuns(results, size, window, stride, lo, hi int, countPad bool) []poolRun {
	var runs []poolRun
	for i := range results {
		first := i*stride - lo
		r := poolRun{out: i, n: 1, in: max(first, 0)}
		r.taps = min(first+window, size) - r.in
		r.clipped = r.in - first
		r.cells = r.taps
		if countPad {
			r.cells = min(first+window, size+hi) - first
		}
		if k := len(runs) - 1; k >= 0 && runs[k].taps == r.taps && runs[k].clipped == r.clipped && runs[k].cells == r.cells && r.in-runs[k].in == stride*runs[k].n {
			runs[k].n++
			continue
		}
		runs = append(runs, r)
	}
	return runs
}

// poolArgs is the argument block of the pooling kernels, whose law stands in
// codegen/kernel/blocked_pool.go. Distances are in bytes.
type poolArgs struct {
	x, y                           *float32
	rows, width, wide, tiles       int
	xtap, xcol, xpixel, xrow, yrow int
	taprows, tapcols               int
	divisor, _                     float32
	at                             *uint8
	atrow                          int
	first, skip                    int
	blocks, xblock, yblock         int
}

// windows pools what two runs have in common, of blocks [b0, b1).
func (t *poolTask) windows(rows, cols poolRun, image, b0, b1 int) {
	f := &t.p.PoolConfig
	a := f.args(rows, cols)
	a.blocks, a.xblock, a.yblock = b1-b0, 4*f.In.Plane(), 4*f.Out.Plane()
	a.x = &t.x[f.In.At(image, b0, rows.in-t.above.x, cols.in)]
	a.y = &t.y[f.Out.At(image, b0, rows.out-t.above.y, cols.out)]
	widest := 8 // PoolWidth of codegen/kernel
	if f.Max {
		widest = 7
	}
	a.width, a.wide, a.tiles = evenTiles(cols.n, widest)
	a.run(f.Max)
}

// args returns the argument block of what two runs have in common, operands left
// out.
func (f *PoolConfig) args(rows, cols poolRun) poolArgs {
	s := &f.Shape
	return poolArgs{
		rows: rows.n, xtap: 4 * f.In.Row(), xcol: 4 * Block, xpixel: 4 * Block * s.StrideW,
		xrow: 4 * s.StrideH * f.In.Row(), yrow: 4 * f.Out.Row(),
		taprows: rows.taps, tapcols: cols.taps, divisor: float32(rows.cells * cols.cells),
	}
}

// evenTiles cuts n into tiles of at most widest: wide of them are of width, the rest
// one narrower.
func evenTiles(n, widest int) (width, wide, tiles int) {
	tiles = ceilDiv(n, widest)
	width = ceilDiv(n, tiles)
	return width, n - tiles*(width-1), tiles
}
