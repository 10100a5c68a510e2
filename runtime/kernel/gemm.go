package kernel

import (
	"math"
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// Blocks of the matrix product, after Goto and van de Geijn 2008,
// doi:10.1145/1356052.1356053: some rows of A for one pass over k stay in the second
// cache while units of columns go by.
const (
	gemmK    = 512 // the longest pass, if it is the only one
	gemmPass = 256 // of several
	gemmRows = 512
	// chunkWork is the multiply-adds below which a block is not cut for the sake
	// of more threads, about 20 us.
	chunkWork = 1 << 20
	// gemmChunks is the number of chunks that a product is cut into at least, if it
	// is large: each copies its operands for itself.
	gemmChunks = 4
	// chunksWanted is the number of chunks that lets threads share work evenly.
	chunksWanted = 8
)

// gemmTask is the blocked matrix product: the fast form of matmulTask. It follows
// from the sizes and the instruction set alone how the work is cut.
type gemmTask struct {
	e                       *Epilogue
	isa                     ISA
	batch, m, n, k          int
	rows, rowParts          int
	units, group            int // of columns; units of a chunk
	depth                   int // most steps of a pass
	staged                  bool
	y, a, b, bias, residual []float32
	transA, transB, packedB bool
	end                     tail
	ctx                     *Ctx
}

// run cuts the product and does it.
func (t *gemmTask) run(c *Ctx) {
	if t.m == 0 || t.n == 0 || t.batch == 0 {
		return
	}
	t.ctx = c
	t.depth = gemmDepth(t.k)
	t.staged = stagedA(t.k, t.transA)
	t.units = tiles.Units(ceilDiv(t.n, t.isa.Lanes()))
	// Distances in the table of rows are 32 bits wide.
	most := max(1, min(gemmRows, math.MaxInt32/4/max(t.n, t.k, tiles.MaxOuts)))
	t.rowParts = ceilDiv(t.m, most)
	t.group = t.units
	work := t.batch * t.m * t.n * t.k
	for {
		chunks := t.batch * t.rowParts * ceilDiv(t.units, t.group)
		if chunks >= gemmChunks || work/chunks <= 2*chunkWork {
			break
		}
		// Groups of units cost staging A again, rows packing B again.
		if t.group > 1 {
			t.group = ceilDiv(t.group, 2)
		} else if t.m/t.rowParts < 32 {
			break
		} else {
			t.rowParts *= 2
		}
	}
	t.rows = ceilDiv(t.m, t.rowParts)
	t.rowParts = ceilDiv(t.m, t.rows)
	t.end = tailOf(t.e, 0, true)
	c.tasks.gemm = *t
	c.run(t.batch*t.rowParts*ceilDiv(t.units, t.group), work, &c.tasks.gemm)
}

// gemmDepth returns the most steps of a pass over k: even passes of whole blocks.
func gemmDepth(k int) int {
	passes := 1
	if k > gemmK {
		passes = ceilDiv(k, gemmPass)
	}
	return roundUp(ceilDiv(k, passes), 8)
}

// stagedA reports whether A is copied before: where it is stored transposed, or so
// wide that its rows may share few sets of a cache. Tiles read other rows where
// they lie, a broadcast a step.
func stagedA(k int, transA bool) bool { return transA || k > gemmK }

// gemmNeed returns the scratch floats of products up to the given sizes.
func gemmNeed(m, k int, transA, packedB bool) (perWorker, shared int) {
	return gemmScratch{min(m, gemmRows), min(roundUp(k, 8), gemmK), stagedA(k, transA), !packedB}.len(), 0
}

// gemmScratch divides the scratch memory of a worker.
type gemmScratch struct {
	rows, depth    int
	staged, panels bool // rows of A, panels of B
}

func (s gemmScratch) len() int {
	return tiles.MaxOuts + 2*s.tapsLen() + s.pixelsLen() + s.rows*tiles.MaxOuts + s.rowsLen() + s.panelsLen()
}

func (s gemmScratch) rowsLen() int {
	if !s.staged {
		return 0
	}
	return s.rows * s.depth
}

func (s gemmScratch) panelsLen() int {
	if !s.panels {
		return 0
	}
	return s.depth * tiles.MaxOuts
}

// tapsLen is the taps of a pass: one for 8 steps, and single ones.
func (s gemmScratch) tapsLen() int { return roundUp(s.depth/8+8, lineFloats) }

func (s gemmScratch) pixelsLen() int { return roundUp(4*s.rows, lineFloats) }

// gemmBuffers are the parts of scratch memory.
type gemmBuffers struct {
	start, edge, rowsA, panels []float32 // biases, edges of C, rows of A, panels of B
	taps                       []int
	pixels                     []tiles.Pixel
}

func (s gemmScratch) divide(data []float32) (g gemmBuffers) {
	take := func(n int) []float32 {
		part := data[:n:n]
		data = data[n:]
		return part
	}
	g.start = take(tiles.MaxOuts)
	g.taps = unsafe.Slice((*int)(unsafe.Pointer(&take(2 * s.tapsLen())[0])), s.tapsLen())
	g.pixels = unsafe.Slice((*tiles.Pixel)(unsafe.Pointer(&take(s.pixelsLen())[0])), s.rows)
	g.edge = take(s.rows * tiles.MaxOuts)
	g.rowsA = take(s.rowsLen())
	g.panels = take(s.panelsLen())
	return g
}

// gemmChunk is some rows of some units of columns of one product.
type gemmChunk struct {
	*gemmTask
	gemmBuffers
	batch, r0, r1 int
}

// Chunk computes some rows of some units. The rows' part of A for one pass stays in
// the second cache while the units go by.
func (t *gemmTask) Chunk(worker, chunk int) {
	groups := ceilDiv(t.units, t.group)
	u0 := chunk % groups * t.group
	part := chunk / groups % t.rowParts
	c := gemmChunk{gemmTask: t, batch: chunk / groups / t.rowParts, r0: part * t.rows, r1: min((part+1)*t.rows, t.m)}
	s := gemmScratch{c.r1 - c.r0, c.depth, t.staged, !t.packedB}
	c.gemmBuffers = s.divide(t.ctx.scratch(worker, s.len()))
	for k0 := 0; k0 == 0 || k0 < t.k; k0 += c.depth {
		k1 := min(k0+c.depth, t.k)
		if t.staged {
			c.stage(k0, k1)
		}
		for u := u0; u < min(u0+t.group, t.units); u++ {
			c.unit(u, k0, k1)
		}
	}
}

// place fills the table of rows. Columns that are no multiple of 8 are computed in
// scratch memory.
func (c *gemmChunk) place(ldc int) []tiles.Pixel {
	lda := c.k
	if c.staged {
		lda = c.depth
	}
	for i := range c.r1 - c.r0 {
		c.pixels[i] = tiles.Pixel{X: int32(4 * i * lda), Y: int32(4 * i * ldc), Res: int32(4 * i * c.n)}
	}
	return c.pixels[:c.r1-c.r0]
}

// unit adds steps [k0, k1) to the rows of one unit.
func (c *gemmChunk) unit(u, k0, k1 int) {
	first, vecs := tiles.Unit(tiles.ISA(c.isa), ceilDiv(c.n, c.isa.Lanes()), u)
	col := first * c.isa.Lanes()
	cols := min(vecs*c.isa.Lanes(), c.n-col)
	a := tiles.Args{Bias: &c.start[0], Plane: 32, ResPlane: 32}
	if cols%16 > 0 && cols%16 <= 8 && c.isa == AVX512 {
		a.Flags |= tiles.Half
	}
	if k0 > 0 {
		a.Flags |= tiles.Accumulate
	} else if clear(c.start); c.e.Bias {
		copy(c.start, c.bias[col:])
	}
	c.operands(&a, col, cols, k0, k1)
	blocks, single := (k1-k0)/8, (k1-k0)%8
	for i := range blocks {
		c.taps[i] = 32 * i
	}
	for i := range single {
		c.taps[blocks+i] = 32*blocks + 4*i
	}
	walk := tiles.Walk{Steps: 8, Taps: c.taps[:blocks+single], Single: single}
	if cols%8 != 0 {
		a.Y = &c.edge[0]
		a.Run(tiles.ISA(c.isa), vecs, c.place(tiles.MaxOuts), walk)
		if k1 == c.k {
			c.copyOut(col, cols)
		}
		return
	}
	at := (c.batch*c.m+c.r0)*c.n + col
	a.Y = &c.y[at]
	if c.e.Residual && k0 == 0 {
		a.Flags |= tiles.Residual
		a.Res = &c.residual[at]
	}
	if k1 == c.k {
		c.end.finish(&a)
	}
	a.Run(tiles.ISA(c.isa), vecs, c.place(c.n), walk)
	if k1 == c.k && c.end.actv {
		for r := range c.r1 - c.r0 {
			c.end.rest(c.e, c.y[at+r*c.n:][:cols], nil)
		}
	}
}

// finish hands the last part of an epilogue to a call.
func (t *tail) finish(a *tiles.Args) {
	for _, f := range [...]struct{ from, to uint64 }{{tileLow, tiles.Low}, {tileHigh, tiles.High}, {tileLeaky, tiles.Leaky}} {
		if t.flags&f.from != 0 {
			a.Flags |= f.to
		}
	}
	a.Lo, a.Hi, a.Alpha = t.lo, t.hi, t.alpha
}

// operands points a at its rows of A and its columns of B.
func (c *gemmChunk) operands(a *tiles.Args, col, cols, k0, k1 int) {
	if c.staged {
		a.X = &c.rowsA[0]
	} else {
		a.X = &c.a[(c.batch*c.m+c.r0)*c.k+k0]
	}
	if c.packedB {
		a.W, a.Wstream = &c.b[col*c.k+k0*panelCols], 4*c.k*panelCols
		return
	}
	c.sliver(col, cols, k0, k1)
	a.W, a.Wstream = &c.panels[0], 4*(k1-k0)*panelCols
}

// copyOut copies the results of a unit out of scratch memory and finishes them.
func (c *gemmChunk) copyOut(col, cols int) {
	for i := range c.r1 - c.r0 {
		at := (c.batch*c.m+c.r0+i)*c.n + col
		row := c.y[at:][:cols]
		copy(row, c.edge[i*tiles.MaxOuts:])
		if c.e.Residual {
			vectorAdd(cols, &row[0], &c.residual[at])
		}
		if c.e.Act != ActNone {
			vectorAct(c.e, cols, &row[0])
		}
	}
}
