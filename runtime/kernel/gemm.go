package kernel

// Blocks of the matrix product, after Goto and van de Geijn 2008,
// doi:10.1145/1356052.1356053: a panel of B (KC x 16) stays in the first cache
// while all panels of A (MC x KC, in the second) pass by.
const (
	blockK    = 320
	blockRows = 192
	blockCols = 256
	// chunkWork is the multiply-adds below which a block is not cut for the sake
	// of more threads, about 20 us.
	chunkWork = 1 << 20
	// chunksWanted is the number of chunks that lets threads share work evenly.
	chunksWanted = 8
)

// gemmGrid cuts a batch of products m x n x k into chunks that compute disjoint
// blocks of results. It follows from the sizes alone.
type gemmGrid struct {
	batch, m, n, k int
	rowParts       int
	colParts       int // parts of whole panels
	kParts         int
}

func gridOf(batch, m, n, k int) gemmGrid {
	g := gemmGrid{batch: batch, m: m, n: n, k: k}
	g.rowParts = max(1, ceilDiv(m, blockRows))
	g.colParts = max(1, ceilDiv(n, blockCols))
	g.kParts = max(1, ceilDiv(k, blockK))
	for g.chunks() < chunksWanted && batch*m*n*k/max(g.chunks(), 1) > 2*chunkWork {
		switch {
		case m/g.rowParts >= 8*tileRows:
			g.rowParts *= 2
		case ceilDiv(n, panelCols)/g.colParts >= 4:
			g.colParts *= 2
		default:
			return g
		}
	}
	return g
}

func (g *gemmGrid) chunks() int { return g.batch * g.rowParts * g.colParts }

// kSpan returns part i of the contracted index.
func (g *gemmGrid) kSpan(i int) (lo, hi int) { return span(g.k, g.kParts, i) }

// scratch returns the floats of one worker: a packed block of A and a panel of B.
func (g *gemmGrid) scratch() (a, b int) {
	kc := ceilDiv(g.k, g.kParts)
	return roundUp(ceilDiv(g.m, g.rowParts)*kc, lineFloats), kc * panelCols
}

// gemmNeed returns the scratch floats of a worker for products up to the given
// sizes.
func gemmNeed(m, k int) int {
	kc := min(k, blockK)
	return roundUp(min(m, blockRows)*kc, lineFloats) + kc*panelCols
}

// gemmTask is the blocked matrix product: the fast form of matmulTask.
type gemmTask struct {
	g                       gemmGrid
	e                       *Epilogue
	y, a, b, bias, residual []float32
	transA, transB, packedB bool
	ctx                     *Ctx
}

func (t *gemmTask) Chunk(worker, chunk int) {
	g := &t.g
	part := chunk % g.colParts
	chunk /= g.colParts
	r0, r1 := span(g.m, g.rowParts, chunk%g.rowParts)
	batch := chunk / g.rowParts
	p0, p1 := span(ceilDiv(g.n, panelCols), g.colParts, part)
	c0, c1 := p0*panelCols, min(p1*panelCols, g.n)

	lenA, lenB := g.scratch()
	buf := t.ctx.scratch(worker, lenA+lenB)
	bufA, bufB := buf[:lenA], buf[lenA:]
	panels := panelsOf(r1 - r0)
	y := t.y[batch*g.m*g.n:][:g.m*g.n]
	fused := tailOf(t.e, tileColBias, true)
	for i := range g.kParts {
		k0, k1 := g.kSpan(i)
		t.packA(bufA, batch, &panels, r0, k0, k1)
		for col := c0; col < c1; col += panelCols {
			args := tileArgs{nc: 1, nr: 1, ns: k1 - k0, bs: panelCols * 4, bvec: lanes * 4, ldc: g.n * 4, cvec: lanes * 4}
			args.b = t.panelB(bufB, batch, col, k0, k1)
			if i > 0 {
				args.flags |= tileAccumulate
			}
			if i == g.kParts-1 {
				fused.apply(&args)
			}
			t.column(&args, &panels, bufA, y, r0, col, batch)
		}
	}
	if fused.actv {
		for r := r0; r < r1; r++ {
			fused.rest(t.e, y[r*g.n+c0:r*g.n+c1], nil)
		}
	}
}

// packA lays rows [r0, ...) of A, columns [k0, k1), out in panels.
func (t *gemmTask) packA(dst []float32, batch int, panels *rowPanels, r0, k0, k1 int) {
	g := &t.g
	a := t.a[batch*g.m*g.k:][:g.m*g.k]
	for i := range panels.count {
		row, height := panels.panel(i)
		if t.transA {
			packCols(dst[row*(k1-k0):], height, a[k0*g.m+r0+row:], g.m, k1-k0)
		} else {
			packRows(dst[row*(k1-k0):], height, a[(r0+row)*g.k+k0:], g.k, k1-k0)
		}
	}
}

// panelB returns the panel of B that begins at column col, rows [k0, k1).
func (t *gemmTask) panelB(buf []float32, batch, col, k0, k1 int) *float32 {
	g := &t.g
	if t.packedB {
		return &t.b[col*g.k+k0*panelCols]
	}
	b, cols := t.b[batch*g.k*g.n:][:g.k*g.n], min(panelCols, g.n-col)
	if t.transB {
		packPanelT(buf, b[col*g.k+k0:], g.k, k1-k0, cols)
	} else {
		packPanel(buf, b[k0*g.n+col:], g.n, k1-k0, cols)
	}
	return &buf[0]
}

// column runs one panel of B past all panels of A.
func (t *gemmTask) column(args *tileArgs, panels *rowPanels, bufA, y []float32, r0, col, batch int) {
	g := &t.g
	cols := min(panelCols, g.n-col)
	args.mask = maskOf(cols)
	if cols%lanes != 0 {
		args.flags |= tileMasked
	}
	if args.flags&tileColBias != 0 {
		args.bias = &t.bias[col]
	}
	for i := 0; i < panels.count; {
		row, height := panels.panel(i)
		end := panels.run(i, panels.count)
		args.a = &bufA[row*args.ns]
		args.c = &y[(r0+row)*g.n+col]
		if args.flags&tileResidual != 0 {
			args.res = &t.residual[(batch*g.m+r0+row)*g.n+col]
		}
		args.as, args.ta = height*4, height*args.ns*4
		args.tc, args.tiles = height*g.n*4, end-i
		args.run(height, vecsOf(cols))
		i = end
	}
}
