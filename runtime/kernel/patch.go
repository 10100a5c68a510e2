package kernel

// Patches: convolution as a matrix product whose right operand, the patches of
// the image under the filter, is packed a panel of 16 pixels at a time and never
// stored whole. It serves single images and large maps.

// blockK is the contracted values of a pass: a panel of them stays in the first
// cache.
const blockK = 320

// patchPlan is a correlation on a regular grid,
//
//	dst[m, h0 + i·stepH, w0 + j·stepW] = Σ_{c,r,s} A[m, c, R(r), S(s)] · src[c, i·strideH + rowOff[r], j·strideW + colOff[s]]
//
// with zeros outside the source, R(r) = firstR + r·stepR and S(s) likewise. The
// forward convolution is one such plan; the transposed convolution is one for
// each position of the input modulo the stride, which sees every stride-th tap.
type patchPlan struct {
	groups             int
	srcC, srcH, srcW   int // channels per group
	dstC, dstH, dstW   int
	kernelH, kernelW   int // of A
	panels             rowPanels
	P, Q               int // grid
	strideH, strideW   int
	firstR, stepR      int
	firstS, stepS      int
	rowOff, colOff     []int
	h0, w0             int // place of the grid in dst
	stepH, stepW       int
	staged             bool // zeros or strides: rows are copied before they are packed
	minRow, maxRow     int  // smallest and largest of rowOff
	minCol, phaseWidth int  // smallest of colOff; columns of one phase of a staged row
	offsets            []int32
	direct             []directTile // tiles on rows without packing; nil: patches
}

// forwardPatch plans the convolution of shape s.
func forwardPatch(s *ConvShape) *patchPlan {
	p := &patchPlan{
		groups: s.Groups, srcC: s.C / s.Groups, srcH: s.H, srcW: s.W,
		dstC: s.O / s.Groups, dstH: s.P(), dstW: s.Q(),
		kernelH: s.R, kernelW: s.S, P: s.P(), Q: s.Q(),
		strideH: s.StrideH, strideW: s.StrideW, stepR: 1, stepS: 1, stepH: 1, stepW: 1,
	}
	for r := range s.R {
		p.rowOff = append(p.rowOff, r*s.DilH-s.PadTop)
	}
	for c := range s.S {
		p.colOff = append(p.colOff, c*s.DilW-s.PadLeft)
	}
	if s.R == 1 && s.S == 1 && s.StrideH == 1 && s.StrideW == 1 && s.PadTop+s.PadLeft+s.PadBottom+s.PadRight == 0 {
		// A single long row has no row ends that panels would have to be merged at.
		p.srcH, p.srcW, p.P, p.Q, p.dstH, p.dstW = 1, s.H*s.W, 1, s.H*s.W, 1, s.H*s.W
	}
	return p.finish()
}

// backwardPatches plans the transposed convolution of shape s.
func backwardPatches(s *ConvShape) []*patchPlan {
	var plans []*patchPlan
	for h0 := range min(s.StrideH, s.H) {
		for w0 := range min(s.StrideW, s.W) {
			p := &patchPlan{
				groups: s.Groups, srcC: s.O / s.Groups, srcH: s.P(), srcW: s.Q(),
				dstC: s.C / s.Groups, dstH: s.H, dstW: s.W,
				kernelH: s.R, kernelW: s.S,
				P: ceilDiv(s.H-h0, s.StrideH), Q: ceilDiv(s.W-w0, s.StrideW),
				strideH: 1, strideW: 1, h0: h0, w0: w0, stepH: s.StrideH, stepW: s.StrideW,
			}
			p.firstR, p.stepR, p.rowOff = residueTaps(s.R, s.StrideH, s.DilH, h0+s.PadTop)
			p.firstS, p.stepS, p.colOff = residueTaps(s.S, s.StrideW, s.DilW, w0+s.PadLeft)
			plans = append(plans, p.finish())
		}
	}
	return plans
}

// residueTaps returns the taps t < kernel for which pos - t·dil is a multiple of
// the stride, and that multiple.
func residueTaps(kernel, stride, dil, pos int) (first, step int, off []int) {
	step = stride / gcd(stride, dil)
	for t := range kernel {
		if d := pos - t*dil; d%stride == 0 {
			if off == nil {
				first = t
			}
			off = append(off, d/stride)
		}
	}
	return first, step, off
}

// finish derives the fields of staging.
func (p *patchPlan) finish() *patchPlan {
	p.panels = panelsOf(p.dstC)
	if len(p.rowOff) == 0 || len(p.colOff) == 0 {
		p.rowOff, p.colOff = nil, nil
		return p
	}
	maxCol := p.colOff[0]
	p.minRow, p.maxRow, p.minCol = p.rowOff[0], p.rowOff[0], p.colOff[0]
	for _, o := range p.rowOff {
		p.minRow, p.maxRow = min(p.minRow, o), max(p.maxRow, o)
	}
	for _, o := range p.colOff {
		p.minCol, maxCol = min(p.minCol, o), max(maxCol, o)
	}
	p.staged = p.strideW > 1 || p.minRow < 0 || p.minCol < 0 ||
		(p.P-1)*p.strideH+p.maxRow >= p.srcH || (p.Q-1)*p.strideW+maxCol >= p.srcW
	if p.useDirect() && directTiles(p.Q)[0].cols%lanes != 0 {
		p.staged = true // the only tile reads columns that it does not store
	}
	p.phaseWidth = p.srcW
	if p.staged {
		p.phaseWidth = ceilDiv((p.Q-1)*p.strideW+maxCol-p.minCol+1, p.strideW)
	} else {
		p.minRow, p.minCol = 0, 0
	}
	for _, r := range p.rowOff {
		for _, c := range p.colOff {
			d := c - p.minCol
			p.offsets = append(p.offsets, int32(4*((r-p.minRow)*p.pitch()+d%p.strideW*p.phaseWidth+d/p.strideW)))
		}
	}
	if p.useDirect() {
		p.direct = directTiles(p.Q)
		if p.P == 1 {
			p.direct = longRow(p.direct)
		}
	}
	return p
}

// pitch returns the floats of a row as the packer sees it: the phases of a staged
// row one after the other.
func (p *patchPlan) pitch() int {
	if p.staged {
		return p.strideW * p.phaseWidth
	}
	return p.srcW
}

func (p *patchPlan) taps() int { return len(p.rowOff) * len(p.colOff) }

// dense reports whether the grid is all of dst, so that results go straight there.
func (p *patchPlan) dense() bool { return p.stepH == 1 && p.stepW == 1 }

// channelParts returns the number of blocks that the contracted index is cut in,
// whole channels each.
func (p *patchPlan) channelParts() int {
	if p.direct != nil {
		return 1
	}
	return min(p.srcC, max(1, ceilDiv(p.srcC*p.taps(), blockK)))
}

// Chunks of patches hold about this many pixels, from several images if need be.
const patchPixels = 256

// patchGrid cuts the work of n images into chunks: whole rows of some images, and
// a part of the panels of A. It follows from shape and n.
type patchGrid struct {
	n, images, rows  int // images and rows of one chunk
	imageParts       int
	rowParts, mParts int
}

func (p *patchPlan) grid(n int) patchGrid {
	g := patchGrid{n: n, images: 1, mParts: 1}
	g.rows = min(p.P, p.fullRows())
	if pixels := p.P * p.Q; g.rows == p.P && n > chunksWanted && p.dense() {
		g.images = min(n/chunksWanted, max(1, patchPixels/pixels))
	}
	g.imageParts = ceilDiv(n, g.images)
	g.rowParts = ceilDiv(p.P, g.rows)
	work := g.n * p.groups * p.dstC * p.srcC * p.taps() * p.P * p.Q
	for g.chunks() < chunksWanted && work/g.chunks() > 2*chunkWork {
		switch {
		case g.rows*p.Q >= 8*panelCols && g.rows > 1:
			g.rows = ceilDiv(g.rows, 2)
			g.rowParts = ceilDiv(p.P, g.rows)
		case p.panels.count >= 8*g.mParts:
			g.mParts *= 2
		default:
			return g
		}
	}
	return g
}

// directFloats bounds the rows of an image that a chunk of tiles on rows reads: those
// below each other are read again and again, and a call does a column of them.
const directFloats = 4 << 10

// fullRows returns the rows of a chunk unless more chunks are wanted.
func (p *patchPlan) fullRows() int {
	rows := patchPixels / p.Q
	if p.direct != nil {
		rows = max(rows, directFloats/(p.srcC*p.pitch())-(p.maxRow-p.minRow))
	}
	return max(1, min(p.P, rows))
}

func (g *patchGrid) chunks() int { return g.imageParts * g.rowParts * g.mParts }

// layout of a worker's scratch: staged rows, a panel of B, results that do not lie
// densely in dst.
func (p *patchPlan) scratch() (stage, panel, result int) {
	cb := ceilDiv(p.srcC, p.channelParts())
	if p.staged {
		rows := (p.fullRows()-1)*p.strideH + p.maxRow - p.minRow + 1
		stage = roundUp(cb*rows*p.pitch()+panelCols, lineFloats) // tiles read past a last row
	}
	panel = cb * p.taps() * panelCols
	if !p.dense() {
		result = p.dstC * p.fullRows() * p.Q
	}
	return stage, panel, result
}

func (p *patchPlan) need() int {
	if p.taps() == 0 {
		return 0
	}
	stage, panel, result := p.scratch()
	return stage + panel + result
}
