package kernel

import (
	"math"
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

// Blocks of the matrix product, after Goto and van de Geijn 2008,
// doi:10.1145/1356052.1356053: a block of rows of A for one pass over k stays in the
// second cache while the columns of B, packed once for the pass, go by.
const (
	gemmPass = 512  // steps of the longest pass: fewer visit C more often
	gemmRows = 256  // of a block of A
	gemmCols = 2048 // of B that a chunk packs for a pass
	// gemmFar is the floats of C that no cache near the core keeps from pass to pass.
	gemmFar = 1 << 17
	// gemmFew is the floats of A that stay in the second cache beside whatever goes by:
	// with so few, a packed B is read in one pass, panel after panel as it lies in
	// memory, as fast as memory gives it.
	gemmFew = 1 << 15
	// gemmPack is the columns packed at once: so many share the visit of a page of a
	// wide B, and are still in cache when the first block of rows uses them.
	gemmPack = 128
	// chunkWork is the multiply-adds below which a block is not cut for the sake
	// of more threads, about 20 us.
	chunkWork = 1 << 20
	// gemmChunks is the number of chunks that threads share a large product in, at
	// least: each copies its operands for itself.
	gemmChunks = 4
	// fewWork is the work of a chunk of a product of few rows: 5 us.
	fewWork = 1 << 18
	// chunksWanted is the number of chunks that lets threads share work evenly.
	chunksWanted = 8
)

// gemmTask is the blocked matrix product: the fast form of matmulTask. Every result
// is one chain over k, however the work is cut.
type gemmTask struct {
	e                       *Epilogue
	isa                     ISA
	batch, m, n, k          int
	rows, rowParts          int // rows of a chunk; parts of all rows
	units, group            int // of columns; units of a chunk
	depth                   int // most steps of a pass
	block                   int // most rows of a block of A
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
	if t.isRow() {
		t.runRow(c)
		return
	}
	t.ctx = c
	t.depth, t.staged = gemmPasses(t.m, t.k, t.transA, t.packedB)
	t.units = tiles.Units(ceilDiv(t.n, t.isa.Lanes()), tiles.Wide)
	work := t.batch * t.m * t.n * t.k
	if t.packedB {
		work = max(work, 4*t.n*t.k) // few rows wait for the weights
	}
	t.cut(c.Pool.Threads(), work)
	t.end = tailOf(t.e, 0, true)
	c.tasks.gemm = *t
	c.run(t.batch*t.rowParts*ceilDiv(t.units, t.group), work, &c.tasks.gemm)
}

// cut divides the product into chunks: one if one thread does it all.
func (t *gemmTask) cut(threads, work int) {
	t.rowParts, t.group = 1, min(t.units, gemmCols/tiles.MaxOuts)
	few := t.packedB && t.m*t.k <= gemmFew
	if few && threads > 1 && work >= serialWork {
		t.group = max(1, min(t.group, t.units*fewWork/work)) // no chunk copies A
	}
	for threads > 1 && !few {
		chunks := t.batch * t.rowParts * ceilDiv(t.units, t.group)
		if chunks >= max(gemmChunks, threads) || work/chunks <= 2*chunkWork {
			break
		}
		// Parts of the columns cost staging A again, parts of the rows packing B again.
		rows, cols := t.m/t.rowParts, t.n*t.group/t.units
		if t.group > 1 && (cols >= rows || rows < 32) {
			t.group = ceilDiv(t.group, 2)
		} else if rows >= 32 {
			t.rowParts *= 2
		} else {
			break
		}
	}
	t.rows = ceilDiv(t.m, t.rowParts)
	t.rowParts = ceilDiv(t.m, t.rows)
	// Distances in the table of rows are 32 bits wide.
	most := max(1, min(gemmRows, math.MaxInt32/4/max(t.n, t.k, tiles.MaxOuts)))
	t.block = ceilDiv(t.rows, ceilDiv(t.rows, most))
}

// gemmPasses returns the most steps of a pass over k, even passes of whole blocks, and
// whether A is copied before: where it is stored transposed, or so wide that its rows
// may share few sets of a cache. Tiles read other rows where they lie, a broadcast a
// step.
func gemmPasses(m, k int, transA, packedB bool) (depth int, staged bool) {
	if packedB && m*k <= gemmFew {
		return roundUp(k, 8), transA
	}
	return roundUp(ceilDiv(k, max(1, ceilDiv(k, gemmPass))), 8), transA || k > gemmPass
}

// gemmNeed returns the scratch floats of products up to the given sizes.
func gemmNeed(m, n, k int, transA, packedB bool) (perWorker, shared int) {
	s := gemmScratch{rows: min(m, gemmRows), depth: min(roundUp(k, 8), gemmPass), staged: transA || k > gemmPass}
	if packedB {
		few := s // a product of few rows takes all of k in one pass
		few.rows, few.depth, few.staged = min(few.rows, gemmFew/k), roundUp(k, 8), transA
		return max(s.len(), few.len()), 0
	}
	s.cols = min(roundUp(n, panelCols), gemmCols)
	return s.len(), 0
}

// gemmScratch divides the scratch memory of a worker.
type gemmScratch struct {
	rows, depth int
	cols        int  // of packed panels of B
	staged      bool // rows of A
}

func (s gemmScratch) len() int {
	return tiles.MaxOuts + 2*s.tapsLen() + s.pixelsLen() + s.rows*tiles.MaxOuts + s.rowsLen() + s.panelsLen()
}

func (s gemmScratch) rowsLen() int {
	if !s.staged {
		return 0
	}
	return s.rows * s.pitch()
}

// pitch is the floats from a row of A to the next: an odd number of lines, so that rows
// begin in all sets of a cache.
func (s gemmScratch) pitch() int { return (ceilDiv(s.depth, lineFloats) | 1) * lineFloats }

func (s gemmScratch) panelsLen() int { return s.cols * s.depth }

// tapsLen is the taps of a pass: one for 8 steps, and single ones.
func (s gemmScratch) tapsLen() int { return roundUp(s.depth/8+8, lineFloats) }

func (s gemmScratch) pixelsLen() int { return roundUp(4*s.rows, lineFloats) }

// gemmBuffers are the parts of scratch memory.
type gemmBuffers struct {
	start, edge, rowsA, panels []float32 // biases, edges of C, rows of A, panels of B
	taps                       []int
	pixels                     []tiles.Pixel
	pitch                      int // of rowsA
}

func (s gemmScratch) divide(data []float32) (g gemmBuffers) {
	take := func(n int) []float32 {
		part := data[:n:n]
		data = data[n:]
		return part
	}
	g.pitch = s.pitch()
	g.start = take(tiles.MaxOuts)
	g.taps = unsafe.Slice((*int)(unsafe.Pointer(&take(2 * s.tapsLen())[0])), s.tapsLen())
	g.pixels = unsafe.Slice((*tiles.Pixel)(unsafe.Pointer(&take(s.pixelsLen())[0])), s.rows)
	g.edge = take(s.rows * tiles.MaxOuts)
	g.rowsA = take(s.rowsLen())
	g.panels = take(s.panelsLen())
	return g
}
