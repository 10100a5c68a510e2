package kernel

// stage lays a block of rows of A out for a pass.
func (c *gemmChunk) stage() {
	rows, depth := c.r1-c.r0, c.k1-c.k0
	if c.transA {
		stageColumns(c.rowsA, c.a[(c.batch*c.k+c.k0)*c.m+c.r0:], c.m, rows, depth, c.pitch)
		return
	}
	a := c.a[(c.batch*c.m+c.r0)*c.k+c.k0:]
	whole := depth / panelCols
	if whole > 0 {
		copyPanels(&c.rowsA[0], 4*panelCols, 4*c.pitch, &a[0], 4*c.k, rows, whole)
	}
	for i := range rows {
		copy(c.rowsA[i*c.pitch+whole*panelCols:], a[i*c.k+whole*panelCols:][:depth-whole*panelCols])
	}
}

// sliver lays columns [col, end) of B out for a pass: panels [k][16].
func (c *gemmChunk) sliver(panels []float32, col, end int) {
	depth := c.k1 - c.k0
	b := c.b[c.batch*c.k*c.n:][:c.k*c.n]
	if whole := (end - col) / panelCols * panelCols; !c.transB && whole > 0 {
		// Row by row, so that each page of a wide B is met once.
		copyPanels(&panels[0], 4*depth*panelCols, 4*panelCols, &b[c.k0*c.n+col], 4*c.n, depth, whole/panelCols)
		panels, col = panels[whole*depth:], col+whole
	}
	for ; col < end; col += panelCols {
		n := min(panelCols, end-col)
		if c.transB {
			packPanelT(panels[:depth*panelCols], b[col*c.k+c.k0:], c.k, depth, n)
		} else {
			packPanel(panels[:depth*panelCols], b[c.k0*c.n+col:], c.n, depth, n)
		}
		panels = panels[depth*panelCols:]
	}
}

// stageColumns turns k rows of m floats, stride apart, into m rows of k floats,
// pitch apart.
func stageColumns(dst, src []float32, stride, m, k, pitch int) {
	for l := 0; l < k; l += lanes {
		n, done := min(lanes, k-l), 0
		if n == lanes && m >= lanes {
			done = m / lanes * lanes
			transpose(lanes, &dst[l], pitch*4, &src[l*stride], stride*4, done/lanes)
		}
		for i := done; i < m; i++ {
			for j := range n {
				dst[i*pitch+l+j] = src[(l+j)*stride+i]
			}
		}
	}
}
