package kernel

// packBGeneric lays a [k,n] matrix (stored [n,k] when trans) out in panels of
// panelCols columns, each panel [k][panelCols], the last filled with zeros.
func packBGeneric(dst, w []float32, k, n int, trans bool) {
	for j0 := 0; j0 < n; j0 += panelCols {
		panel := dst[j0*k:][:k*panelCols]
		cols := min(panelCols, n-j0)
		for i := range k {
			row := panel[i*panelCols:][:panelCols]
			clear(row[cols:])
			for j := range cols {
				if trans {
					row[j] = w[(j0+j)*k+i]
				} else {
					row[j] = w[i*n+j0+j]
				}
			}
		}
	}
}

// matmulTask computes one row of the product per chunk: the definition of Dense
// and Matmul.
type matmulTask struct {
	e                       *Epilogue
	m, n, k                 int
	y, a, b, bias, residual []float32
	transA, transB, packedB bool
}

func (t *matmulTask) Chunk(_, chunk int) {
	m, n, k := t.m, t.n, t.k
	batch, i := chunk/m, chunk%m
	y := t.y[chunk*n:][:n]
	a := t.a[batch*m*k:][:m*k]
	b := t.b
	if !t.packedB {
		b = b[batch*k*n:][:k*n]
	}
	clear(y)
	for l := range k {
		av := a[i*k+l : i*k+l+1]
		if t.transA {
			av = a[l*m+i : l*m+i+1]
		}
		s := av[0]
		switch {
		case t.packedB:
			for j0 := 0; j0 < n; j0 += panelCols {
				row := b[j0*k+l*panelCols:][:panelCols]
				out := y[j0:min(n, j0+panelCols)]
				for j := range out {
					out[j] += s * row[j]
				}
			}
		case t.transB:
			for j := range y {
				y[j] += s * b[j*k+l]
			}
		default:
			for j, v := range b[l*n:][:n] {
				y[j] += s * v
			}
		}
	}
	if t.e.Bias {
		for j, v := range t.bias[:n] {
			y[j] += v
		}
	}
	if t.e.Residual {
		for j, v := range t.residual[chunk*n:][:n] {
			y[j] += v
		}
	}
	if t.e.Act != ActNone {
		for j, v := range y {
			y[j] = t.e.apply(v)
		}
	}
}
