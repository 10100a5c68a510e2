package kernel

// Dense is a matrix product with a weight matrix packed beforehand:
//
//	y[m,n] = act(x[m,k] · W + b[n] + res[m,n])
//
// where W is [k,n], or the transpose of the stored [n,k].
// Cost: m·n·k multiply-adds.
type Dense struct {
	k, n   int
	transW bool
	e      Epilogue
	vector bool
	isa    ISA
}

// NewDense prepares the product with a weight matrix of k inputs and n outputs,
// stored as [n,k] when transW, else as [k,n].
func NewDense(k, n int, transW bool, e Epilogue) *Dense {
	if k < 1 || n < 1 {
		panic("kernel: a size of a dense layer is out of range")
	}
	return &Dense{k: k, n: n, transW: transW, e: e, vector: vector, isa: max(isa, AVX2)}
}

// PackedLen returns the floats that Pack writes, the same on every machine.
func (p *Dense) PackedLen() int { return p.k * roundUp(p.n, panelCols) }

// Pack lays the weights out for Run. dst and w must not overlap.
func (p *Dense) Pack(dst, w []float32) {
	checkLen(dst, p.PackedLen())
	checkLen(w, p.k*p.n)
	if !p.vector {
		packBGeneric(dst, w, p.k, p.n, p.transW)
		return
	}
	for col := 0; col < p.n; col += panelCols {
		p.panel(dst, w, col)
	}
}

// panel packs the panel of columns from col on.
func (p *Dense) panel(dst, w []float32, col int) {
	panel, cols := dst[col*p.k:][:p.k*panelCols], min(panelCols, p.n-col)
	if cols <= lanes {
		clear(panel) // the packers leave the second vector alone
	}
	if p.transW {
		packPanelT(panel, w[col*p.k:], p.k, p.k, cols)
	} else {
		packPanel(panel, w[col:], p.n, p.k, cols)
	}
}

// PackParts returns the parts that Pack can be done in: panels of columns.
func (p *Dense) PackParts() (parts, work int) {
	if !p.vector {
		return 1, packWork * p.k * p.n
	}
	return ceilDiv(p.n, panelCols), packWork * p.k * p.n
}

// PackPart does one part of Pack.
func (p *Dense) PackPart(dst, w []float32, part int) {
	if !p.vector {
		p.Pack(dst, w)
		return
	}
	p.panel(dst[:p.PackedLen()], w[:p.k*p.n], part*panelCols)
}

// Need returns the scratch floats of Run for up to m rows.
func (p *Dense) Need(m int) (perWorker, shared int) {
	return gemmNeed(m, p.n, p.k, false, true)
}

// Run multiplies m rows. bias and residual are nil unless the epilogue has
// them; y must not share storage with any other operand.
func (p *Dense) Run(c *Ctx, m int, y, x, packed, bias, residual []float32) {
	checkLen(y, m*p.n)
	checkLen(x, m*p.k)
	checkLen(packed, p.PackedLen())
	checkEpilogue(&p.e, bias, p.n, residual, m*p.n)
	if p.vector {
		t := gemmTask{e: &p.e, isa: p.isa, batch: 1, m: m, n: p.n, k: p.k, y: y, a: x, b: packed, bias: bias, residual: residual, packedB: true}
		t.run(c)
		return
	}
	t := &c.tasks.matmul
	*t = matmulTask{e: &p.e, m: m, n: p.n, k: p.k, y: y, a: x, b: packed, bias: bias, residual: residual, packedB: true}
	c.run(m, m*p.n*p.k, t)
}

// Matmul is a product of plain operands, one or a batch of them:
//
//	y[b,m,n] = act(A[b] · B[b] + bias[n] + res[b,m,n])
//
// where A is [m,k], or the transpose of the stored [k,m], and B is [k,n], or the
// transpose of the stored [n,k]. It serves weight gradients and attention.
// Cost: batch·m·n·k multiply-adds.
type Matmul struct {
	transA, transB bool
	e              Epilogue
	vector         bool
	isa            ISA
}

// NewMatmul prepares a product of plain operands.
func NewMatmul(transA, transB bool, e Epilogue) *Matmul {
	return &Matmul{transA: transA, transB: transB, e: e, vector: vector, isa: max(isa, AVX2)}
}

// Need returns the scratch floats of Run for products up to the given sizes.
func (p *Matmul) Need(batch, m, n, k int) (perWorker, shared int) {
	return gemmNeed(m, n, k, p.transA, false)
}

// Run multiplies. bias and residual are nil unless the epilogue has them; y must
// not share storage with any other operand.
func (p *Matmul) Run(c *Ctx, batch, m, n, k int, y, a, b, bias, residual []float32) {
	checkLen(y, batch*m*n)
	checkLen(a, batch*m*k)
	checkLen(b, batch*k*n)
	checkEpilogue(&p.e, bias, n, residual, batch*m*n)
	if p.vector && k > 0 {
		t := gemmTask{e: &p.e, isa: p.isa, batch: batch, m: m, n: n, k: k, y: y, a: a, b: b, bias: bias, residual: residual, transA: p.transA, transB: p.transB}
		t.run(c)
		return
	}
	t := &c.tasks.matmul
	*t = matmulTask{e: &p.e, m: m, n: n, k: k, y: y, a: a, b: b, bias: bias, residual: residual, transA: p.transA, transB: p.transB}
	c.run(batch*m, batch*m*n*k, t)
}

// panelCols is NR: the columns of a packed panel of B.
const panelCols = 16
