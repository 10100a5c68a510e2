package blocked

import "slices"

// Balance returns what [Conv.Balance] does, for a weight gradient.
func (p *ConvDW) Balance(n, threads int) float64 {
	method := p.method
	if by, ok := method.(*dwByBatch); ok {
		method = by.of(n)
	}
	return balanceBy(method, n, threads)
}

// pixels returns the pixels of a part of some units.
func (u *pixelUnits) pixels(part, parts, width int) (pixels int) {
	for i := u.count * part / parts; i < u.count*(part+1)/parts; i++ {
		unit := u.unit(i)
		pixels += unit.images * unit.rows * width
	}
	return pixels
}

func (d *dwTiles) loads(n, _ int) [][]int {
	var chunks []int
	units, parts := d.units(n), d.parts(n)
	for i := range d.panels {
		sums := d.panelLen(&d.panels[i])
		for part := range parts {
			chunks = append(chunks, sums*units.pixels(part, parts, d.f.DY.W))
		}
		if parts > 1 {
			chunks[len(chunks)-1] += sums * parts * dwPartWork
		}
	}
	return [][]int{chunks}
}

func (d *dwPointwise) loads(n, _ int) [][]int {
	var chunks []int
	units, size := d.units(n), d.cut(n)
	for panel := range size.above * size.beside {
		high, end, runs := d.panel(&size, panel)
		cycles := 0.0
		for i, at := range runs[1:] {
			cycles += runCycles[d.f.ISA][at-runs[i]]
		}
		for part := range size.parts {
			chunks = append(chunks, int(10*cycles)*(end-high)*units.pixels(part, size.parts, d.f.DY.W))
		}
	}
	return [][]int{chunks}
}

func (d *dwDepthwise) loads(n, _ int) [][]int {
	var chunks []int
	units, parts, group := d.units(n), d.parts(n), d.group(n)
	for part := range parts {
		chunks = append(chunks, pieces(d.f.DY.Blocks(), group, units.pixels(part, parts, d.f.DY.W))...)
	}
	return [][]int{chunks}
}

// loads counts a block of each part, and what every thread transforms of a part to its first
// chunk there.
func (d *dwWinograd) loads(n, threads int) [][]int {
	parts := d.blocksOf(n).parts
	if threads == 1 {
		return [][]int{{parts * (d.w.ins*d.w.outs*tileOuts + (d.w.ins+d.w.outs)*winoEnter)}}
	}
	c := d.ownCut(n)
	var chunks []int
	whole := c.outs
	if c.ins < d.w.ins {
		chunks = pieces(d.w.ins, c.ins, d.w.outs*tileOuts+winoEnter)
	} else {
		chunks, whole = pieces(d.w.outs, c.outs, d.w.ins*tileOuts+winoEnter), c.ins
	}
	one := slices.Clone(chunks)
	for range parts - 1 {
		chunks = append(chunks, one...)
	}
	for thread := range threads {
		first, end := len(chunks)*thread/threads, len(chunks)*(thread+1)/threads
		for at := first; at < end; at++ {
			if at == first || at%len(one) == 0 {
				chunks[at] += whole * winoEnter
			}
		}
	}
	return [][]int{chunks}
}

// dwPartWork is the work of adding a float of a part, in multiply-adds.
const dwPartWork = 16
