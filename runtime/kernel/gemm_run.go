package kernel

import "github.com/netc-lang/netc/runtime/kernel/tiles"

// gemmChunk is a part of one product, and the block of it that is being computed:
// some rows, one unit of columns, one pass over k.
type gemmChunk struct {
	*gemmTask
	gemmBuffers
	batch     int
	r0, r1    int // the block of rows
	col, cols int // the unit's columns
	vecs      int
	k0, k1    int  // the pass
	once      bool // a panel serves one block of rows: the next ones take its place
	panel     []float32
	next      *float32 // panel, for the caches
}

// Chunk computes some rows of some units.
func (t *gemmTask) Chunk(worker, chunk int) {
	groups := ceilDiv(t.units, t.group)
	u0 := chunk % groups * t.group
	u1 := min(u0+t.group, t.units)
	part := chunk / groups % t.rowParts
	first, end := part*t.rows, min((part+1)*t.rows, t.m)
	c := gemmChunk{gemmTask: t, batch: chunk / groups / t.rowParts, once: end-first <= t.block}
	s := gemmScratch{rows: min(t.block, end-first), depth: t.depth, staged: t.staged}
	if !t.packedB {
		from, _ := c.at(u0)
		last, vecs := c.at(u1 - 1)
		s.cols = roundUp(last-from+vecs*t.isa.Lanes(), panelCols)
	}
	c.gemmBuffers = s.divide(t.ctx.scratch(worker, s.len()))
	for c.k0 = 0; c.k0 == 0 || c.k0 < t.k; c.k0 = c.k1 {
		c.k1 = min(c.k0+c.depth, t.k)
		c.walk()
		for c.r0 = first; c.r0 < end; c.r0 = c.r1 {
			c.r1 = min(c.r0+t.block, end)
			if t.staged {
				c.stage()
			}
			c.place(c.n)
			c.unitsOf(u0, u1, c.r0 == first)
		}
	}
}

// unitsOf computes units [u0, u1) of a block of rows. The first block packs what the
// later ones find.
func (c *gemmChunk) unitsOf(u0, u1 int, pack bool) {
	start, _ := c.at(u0)
	packed := c.n // columns before it are
	if pack {
		packed = start
	}
	for u := u0; u < u1; u++ {
		c.col, c.vecs = c.at(u)
		c.cols = min(c.vecs*c.isa.Lanes(), c.n-c.col)
		if !c.packedB {
			if c.col == packed {
				if c.once {
					start = c.col
				}
				packed = c.pack(u, u1, start)
			}
			c.panel = c.panels[(c.col-start)*(c.k1-c.k0):]
			c.expect(u+1, u1, start, packed)
		}
		c.unit()
	}
}

// expect finds the panel that comes after the present one: that of unit u, or after the last
// unit the first again, for the next block of rows.
func (c *gemmChunk) expect(u, u1, start, packed int) {
	c.next = &c.panels[0]
	if u == u1 {
		return
	}
	if col, _ := c.at(u); col < packed {
		c.next = &c.panels[(col-start)*(c.k1-c.k0)]
	}
}

// at returns the first column of unit u and its vectors.
func (c *gemmChunk) at(u int) (col, vecs int) {
	lanes := c.isa.Lanes()
	first, vecs := tiles.Unit(tiles.ISA(c.isa), ceilDiv(c.n, lanes), tiles.Wide, u)
	return first * lanes, vecs
}

// pack packs some of the units [u, u1), at least one, and returns the first column
// that is not packed.
func (c *gemmChunk) pack(u, u1, start int) int {
	end := c.col
	for ; u < u1 && end < c.col+gemmPack; u++ {
		col, vecs := c.at(u)
		end = col + vecs*c.isa.Lanes()
	}
	c.sliver(c.panels[(c.col-start)*(c.k1-c.k0):], c.col, min(end, c.n))
	return end
}

// walk fills the table of steps of a pass.
func (c *gemmChunk) walk() {
	for i := range (c.k1 - c.k0) / 8 {
		c.taps[i] = 32 * i
	}
	blocks, single := (c.k1-c.k0)/8, (c.k1-c.k0)%8
	for i := range single {
		c.taps[blocks+i] = 32*blocks + 4*i
	}
}

// place fills the table of rows.
func (c *gemmChunk) place(ldc int) {
	lda := c.k
	if c.staged {
		lda = c.pitch
	}
	for i := range c.r1 - c.r0 {
		c.pixels[i] = tiles.Pixel{X: int32(4 * i * lda), Y: int32(4 * i * ldc), Res: int32(4 * i * c.n)}
	}
}

// unit adds a pass to a unit of a block. Columns that are no multiple of 8 are
// computed in scratch memory.
func (c *gemmChunk) unit() {
	a := tiles.Args{Bias: &c.start[0], Plane: 32, ResPlane: 32}
	if c.cols%16 > 0 && c.cols%16 <= 8 && c.isa == AVX512 {
		a.Flags |= tiles.Half
	}
	if c.k0 > 0 {
		a.Flags |= tiles.Accumulate
		if c.m*c.n > gemmFar {
			a.Flags |= tiles.FarY
		}
	} else if clear(c.start); c.e.Bias {
		copy(c.start, c.bias[c.col:])
	}
	c.operands(&a)
	blocks, single := (c.k1-c.k0)/8, (c.k1-c.k0)%8
	walk := tiles.Walk{Steps: 8, Taps: c.taps[:blocks+single], Single: single}
	at := (c.batch*c.m+c.r0)*c.n + c.col
	if c.cols%8 != 0 {
		c.edges(&a, at, walk)
		return
	}
	a.Y = &c.y[at]
	if c.next != nil {
		a.Expect(c.next, walk, tiles.Soon)
	}
	if c.e.Residual && c.k0 == 0 {
		a.Flags |= tiles.Residual
		a.Res = &c.residual[at]
	}
	if c.k1 == c.k {
		c.end.finish(&a)
	}
	a.Run(tiles.ISA(c.isa), c.vecs, c.pixels[:c.r1-c.r0], walk)
	if c.k1 == c.k && c.end.actv {
		for r := range c.r1 - c.r0 {
			c.end.rest(c.e, c.y[at+r*c.n:][:c.cols], nil)
		}
	}
}

// operands points a at its rows of A and its columns of B.
func (c *gemmChunk) operands(a *tiles.Args) {
	if c.staged {
		a.X = &c.rowsA[0]
	} else {
		a.X = &c.a[(c.batch*c.m+c.r0)*c.k+c.k0]
	}
	if c.packedB {
		a.W, a.Wstream = &c.b[c.col*c.k+c.k0*panelCols], 4*c.k*panelCols
		return
	}
	a.W, a.Wstream = &c.panel[0], 4*(c.k1-c.k0)*panelCols
}

// edges is unit for the last columns: results go through scratch memory.
func (c *gemmChunk) edges(a *tiles.Args, at int, walk tiles.Walk) {
	rows := c.r1 - c.r0
	if c.k0 > 0 {
		for i := range rows {
			copy(c.edge[i*tiles.MaxOuts:], c.y[at+i*c.n:][:c.cols])
		}
	}
	a.Y = &c.edge[0]
	c.place(tiles.MaxOuts)
	a.Run(tiles.ISA(c.isa), c.vecs, c.pixels[:rows], walk)
	c.place(c.n)
	for i := range rows {
		row := c.y[at+i*c.n:][:c.cols]
		copy(row, c.edge[i*tiles.MaxOuts:])
		if c.k1 < c.k {
			continue
		}
		if c.e.Residual {
			vectorAdd(c.cols, &row[0], &c.residual[at+i*c.n])
		}
		if c.e.Act != ActNone {
			vectorAct(c.e, c.cols, &row[0])
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
