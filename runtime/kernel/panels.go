package kernel

// rowPanels cuts the rows of a left operand in panels for the register tile: as
// few as possible, of even heights (16 rows become 6+5+5), so that no row is
// computed in vain and every tile keeps enough sums in flight. A packed operand
// holds panel after panel, each [k][height], without gaps.
type rowPanels struct {
	rows, count int
	height      int // of the later panels
	tall        int // the first panels are one row higher
}

func panelsOf(rows int) rowPanels {
	count := ceilDiv(rows, tileRows)
	return rowPanels{rows: rows, count: count, height: rows / count, tall: rows % count}
}

// panel returns the first row of panel i and its height.
func (p *rowPanels) panel(i int) (row, height int) {
	row, height = i*p.height+min(i, p.tall), p.height
	if i < p.tall {
		height++
	}
	return row, height
}

// run returns the end of the panels from i on that share its height, at most
// limit of them.
func (p *rowPanels) run(i, limit int) int {
	end := p.count
	if i < p.tall {
		end = p.tall
	}
	return min(end, i+limit)
}

// packRows turns height rows of k floats, stride apart, into [k][height]. It
// writes exactly k·height floats.
func packRows(dst []float32, height int, src []float32, stride, k int) {
	dst = dst[:k*height]
	if height == 1 {
		copy(dst, src[:k])
		return
	}
	// A column is stored as 8 floats: leave room for that after the last one.
	room := ceilDiv(lanes, height) - 1
	blocks := max(k-room, 0) / lanes
	if blocks > 0 {
		transpose(height, &dst[0], height*4, &src[0], stride*4, blocks)
	}
	for i := range height {
		row := src[i*stride:][:k]
		for l := blocks * lanes; l < k; l++ {
			dst[l*height+i] = row[l]
		}
	}
}

// packCols copies k rows of height floats, stride apart, to [k][height]: the
// panel of a left operand that is stored transposed. It writes exactly k·height
// floats.
func packCols(dst []float32, height int, src []float32, stride, k int) {
	dst = dst[:k*height]
	body := max(k-ceilDiv(lanes, height)+1, 0)
	if body > 0 {
		copyRows(&dst[0], height*4, &src[0], stride*4, body, height)
	}
	for l := body; l < k; l++ {
		copy(dst[l*height:][:height], src[l*stride:])
	}
}

// packPanel lays k rows of cols (at most 16) floats, stride apart, out as a panel
// [k][16] of a right operand. Columns past the next multiple of 8 stay as they
// were.
func packPanel(dst []float32, src []float32, stride, k, cols int) {
	copyRows(&dst[0], panelCols*4, &src[0], stride*4, k, cols)
}

// packPanelT is packPanel for an operand stored transposed: cols rows of k floats,
// stride apart.
func packPanelT(dst []float32, src []float32, stride, k, cols int) {
	dst = dst[:k*panelCols]
	blocks := k / lanes
	for j := 0; j < cols; j += lanes {
		n := min(lanes, cols-j)
		if blocks > 0 {
			transpose(n, &dst[j], panelCols*4, &src[j*stride], stride*4, blocks)
		}
		for l := blocks * lanes; l < k; l++ {
			row := dst[l*panelCols+j:][:lanes]
			clear(row[n:])
			for i := range n {
				row[i] = src[(j+i)*stride+l]
			}
		}
	}
}

// vecsOf returns the vectors that cover cols columns of a panel.
func vecsOf(cols int) int { return ceilDiv(cols, lanes) }
