package kernel

// stage lays the rows of a chunk of A out for a pass, steps [k0, k1).
func (c *gemmChunk) stage(k0, k1 int) {
	if c.transA {
		stageColumns(c.rowsA, c.a[(c.batch*c.k+k0)*c.m+c.r0:], c.m, c.r1-c.r0, k1-k0, c.depth)
		return
	}
	for i := range c.r1 - c.r0 {
		copy(c.rowsA[i*c.depth:], c.a[(c.batch*c.m+c.r0+i)*c.k+k0:][:k1-k0])
	}
}

// sliver lays columns of B out for a pass, steps [k0, k1): panels [k][16].
func (c *gemmChunk) sliver(col, cols, k0, k1 int) {
	depth := k1 - k0
	b := c.b[c.batch*c.k*c.n:][:c.k*c.n]
	if !c.transB && cols%panelCols == 0 {
		// Row by row, so that each page of a wide B is met once.
		for l := range depth {
			row := b[(k0+l)*c.n+col:][:cols]
			for j := 0; j < cols; j += panelCols {
				*(*[panelCols]float32)(c.panels[j*depth+l*panelCols:]) = *(*[panelCols]float32)(row[j:])
			}
		}
		return
	}
	for j := 0; j < cols; j += panelCols {
		panel, n := c.panels[j*depth:][:depth*panelCols], min(panelCols, cols-j)
		if c.transB {
			packPanelT(panel, b[(col+j)*c.k+k0:], c.k, depth, n)
		} else {
			packPanel(panel, b[k0*c.n+col+j:], c.n, depth, n)
		}
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
