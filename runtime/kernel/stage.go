package kernel

// A staged plane is a copy of a plane with everything in place that a filter wants
// to see: zeros around it, its rows and columns spread apart where the filter runs
// backwards through a stride, its columns sorted by their phase modulo the stride
// where it runs forwards. Row h, column w of the source stands at
//
//	row h·spreadH + top, column w·spreadW + left; column c at phase c mod split, place c / split
//
// The taps of a filter are then offsets, the same for every result.
type stagePlan struct {
	srcH, srcW       int // of the source
	usedH, usedW     int // its rows and columns that a tap may read
	spreadH, spreadW int
	top, left        int
	split, phase     int // phases and columns of each
	height           int // rows
	taps             []int32
	reach            int // rows from the first that a result reads to the last, at most
	step             int // rows from result to result
}

func (p *stagePlan) pitch() int { return p.split * p.phase }

// forwardStage stages the input of the convolution s.
func forwardStage(s *ConvShape) *stagePlan {
	p := &stagePlan{
		srcH: s.H, srcW: s.W, spreadH: 1, spreadW: 1, top: s.PadTop, left: s.PadLeft,
		split: s.StrideW, step: s.StrideH, reach: (s.R-1)*s.DilH + 1,
	}
	width := (s.Q()-1)*s.StrideW + (s.S-1)*s.DilW + 1
	p.height = (s.P()-1)*s.StrideH + p.reach
	p.phase = ceilDiv(width, s.StrideW)
	p.use(width)
	if p.split == 2 { // the stager fills up vectors of a phase
		p.phase = max(p.phase, (p.left+1)/2+roundUp(ceilDiv(p.usedW, 2), lanes))
	}
	for r := range s.R {
		for c := range s.S {
			col := c * s.DilW
			p.tap(r*s.DilH, col%p.split*p.phase+col/p.split)
		}
	}
	return p
}

// backwardStage stages the output's gradient for the gradient of the input.
func backwardStage(s *ConvShape) *stagePlan {
	p := &stagePlan{
		srcH: s.P(), srcW: s.Q(), spreadH: s.StrideH, spreadW: s.StrideW,
		top: max(0, (s.R-1)*s.DilH-s.PadTop), left: max(0, (s.S-1)*s.DilW-s.PadLeft), split: 1, step: 1,
	}
	p.reach = s.PadTop + p.top + 1
	p.height = s.H - 1 + p.reach
	p.phase = s.W + s.PadLeft + p.left
	p.use(p.phase)
	for r := range s.R {
		for c := range s.S {
			p.tap(s.PadTop+p.top-r*s.DilH, s.PadLeft+p.left-c*s.DilW)
		}
	}
	return p
}

// use finds the rows and columns of the source that stand in the plane.
func (p *stagePlan) use(width int) {
	p.usedH = min(p.srcH, ceilDiv(max(0, p.height-p.top), p.spreadH))
	p.usedW = min(p.srcW, ceilDiv(max(0, width-p.left), p.spreadW))
}

func (p *stagePlan) tap(row, col int) { p.taps = append(p.taps, int32(4*(row*p.pitch()+col))) }

// again repeats the taps for planes that follow the first one, size floats each.
func (p *stagePlan) again(planes, size int) []int32 {
	var taps []int32
	for i := range planes {
		for _, t := range p.taps {
			taps = append(taps, t+int32(4*i*size))
		}
	}
	return taps
}

// rows returns the rows that n rows of results read.
func (p *stagePlan) rows(n int) int { return (n-1)*p.step + p.reach }

// stageSlack is the floats behind staged planes that vectors may touch.
const stageSlack = 2 * lanes

// stageArgs is the argument block of the stagers, whose laws stand in
// codegen/kernel/stage.go. Distances are in bytes.
type stageArgs struct {
	dst, odd, x            *float32
	planes, rows           int
	full, rest             int
	dstRow, xRow, pDst, pX int
	mask                   *int32
}

// stage copies what rows [r0, r0+n) of the staged planes hold to dst, planes
// planes after one another, from src, whose planes lie srcStep floats apart. dst
// was clear at first and holds nothing but former rows of this call's kind since;
// with fresh rows outside the source are cleared again.
func (p *stagePlan) stage(dst, src []float32, planes, srcStep, r0, n int, fresh bool) {
	pitch := p.pitch()
	h0 := min(ceilDiv(max(0, r0-p.top), p.spreadH), p.usedH)
	h1 := min(p.usedH, ceilDiv(max(0, r0+n-p.top), p.spreadH))
	first := h0*p.spreadH + p.top - r0
	if fresh {
		for i := range planes {
			plane := dst[i*n*pitch:][:n*pitch]
			if h0 >= h1 {
				clear(plane)
				continue
			}
			clear(plane[:first*pitch])
			clear(plane[((h1-1)*p.spreadH+p.top-r0+1)*pitch:])
		}
	}
	if h0 >= h1 || p.usedW < 1 {
		return
	}
	if p.split > 2 || p.spreadW > 2 || p.split == 2 && p.usedW < 2 {
		for i := range planes {
			for h := h0; h < h1; h++ {
				p.stageRow(dst[(i*n+h*p.spreadH+p.top-r0)*pitch:][:pitch], src[i*srcStep+h*p.srcW:][:p.usedW])
			}
		}
		return
	}
	place := func(w int) *float32 {
		c := w*p.spreadW + p.left
		return &dst[first*pitch+c%p.split*p.phase+c/p.split]
	}
	a := stageArgs{
		dst: place(0), x: &src[h0*p.srcW],
		planes: planes, rows: h1 - h0,
		dstRow: p.spreadH * pitch * 4, xRow: p.srcW * 4,
		pDst: (n*pitch - (h1-h0)*p.spreadH*pitch) * 4, pX: (srcStep - (h1-h0)*p.srcW) * 4,
	}
	width := lanes * p.split
	a.full, a.rest = p.usedW/width, p.usedW%width
	a.mask = maskOf(a.rest)
	switch {
	case p.split == 2:
		a.odd = place(1)
		stageSplit(&a)
	case p.spreadW == 2:
		stageSpread(&a)
	default:
		stageCopy(&a)
	}
}

// stageRow places one row for strides that the stagers do not know.
func (p *stagePlan) stageRow(dst, src []float32) {
	for w, v := range src {
		c := w*p.spreadW + p.left
		dst[c%p.split*p.phase+c/p.split] = v
	}
}
