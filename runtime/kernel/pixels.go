package kernel

import "github.com/netc-lang/netc/runtime/kernel/tiles"

// Pixels: a convolution of plain images in register tiles of some pixels by vectors of
// output channels. A tile reads pixels one by one, so that no patch is packed and no
// column is computed in vain; its results, eight channels side by side, are turned into
// planes on the way out. Where few output channels share a patch, that costs less.
//
//	image (padded in scratch memory, or where it lies)  x  [⌈O/16⌉][C][R][S][16]
//	  -> [O/8][pixels of a band][8]  -> [O][P][Q]

const (
	pixelsTaps    = 4 * blockK // the longest sum: weights of a tile and its table stay near
	pixelsResults = 8 << 10    // floats of a band's results before they are turned
	pixelsStage   = 16 << 10   // floats of its padded rows
)

// pixelsPlan is the plan of one shape.
type pixelsPlan struct {
	s      *ConvShape
	isa    tiles.ISA
	taps   []int         // distances in bytes from the first pixel of a window
	pixels []tiles.Pixel // of one band
	rows   int           // of results in a band
	bands  int
	staged bool // the image has padding
	pitch  int  // floats from row to row as tiles see it
	plane  int  // and from channel to channel
	lines  int  // rows of the image that a band reads
}

// usePixels decides by shape. A step of a tile of patches is 6 rows of A by 16 pixels,
// and packing costs one panel of A more; a step of a tile of pixels is as much work for
// 6 pixels by 16 channels, with nothing in vain.
func usePixels(s *ConvShape, patch *patchPlan) bool {
	pixels := s.P() * s.Q()
	if s.Groups != 1 || s.O%lanes != 0 || s.C*s.R*s.S > pixelsTaps || pixels < lanes || patch.direct != nil {
		return false
	}
	packed := roundUp(pixels, panelCols) * (patch.panels.count + 1) * tileRows
	return 5*pixels*s.O < 4*packed
}

func newPixels(s *ConvShape) *pixelsPlan {
	p := &pixelsPlan{s: s, isa: tiles.ISA(max(isa, AVX2)), staged: s.PadTop+s.PadLeft+s.PadBottom+s.PadRight > 0}
	P, Q := s.P(), s.Q()
	p.rows = min(P, max(ceilDiv(lanes, Q), pixelsResults/(s.O*Q)))
	p.pitch, p.plane = s.W, s.H*s.W
	if p.staged {
		p.pitch = (Q-1)*s.StrideW + (s.S-1)*s.DilW + 1
		for p.rows > ceilDiv(lanes, Q) && s.C*p.reach(p.rows)*p.pitch > pixelsStage {
			p.rows--
		}
	}
	// A band of the last rows has enough pixels too.
	p.bands = max(1, P/p.rows)
	p.rows = ceilDiv(P, p.bands)
	for P%p.rows != 0 && P%p.rows*Q < lanes {
		p.rows++
	}
	p.bands = ceilDiv(P, p.rows)
	if p.lines = p.reach(p.rows); p.staged {
		p.plane = p.lines * p.pitch
	}
	for c := range s.C {
		for r := range s.R {
			for k := range s.S {
				p.taps = append(p.taps, 4*(c*p.plane+r*s.DilH*p.pitch+k*s.DilW))
			}
		}
	}
	for i := range p.rows * Q {
		p.pixels = append(p.pixels, tiles.Pixel{
			X: int32(4 * (i/Q*s.StrideH*p.pitch + i%Q*s.StrideW)), Y: int32(4 * i * lanes),
		})
	}
	return p
}

// reach returns the rows of the padded image that some rows of results read.
func (p *pixelsPlan) reach(rows int) int { return (rows-1)*p.s.StrideH + (p.s.R-1)*p.s.DilH + 1 }

func (p *pixelsPlan) packedLen() int { return roundUp(p.s.O, panelCols) * len(p.taps) }

// pack lays OIHW weights out, with zeros where 16 outputs are not full.
func (p *pixelsPlan) pack(dst, w []float32) {
	k := len(p.taps)
	for o := 0; o < p.s.O; o += panelCols {
		panel := dst[o*k:][:k*panelCols]
		clear(panel)
		for j := range min(panelCols, p.s.O-o) {
			for i, v := range w[(o+j)*k:][:k] {
				panel[i*panelCols+j] = v
			}
		}
	}
}

func (p *pixelsPlan) scratch() (stage, result int) {
	if p.staged {
		stage = roundUp(p.s.C*p.plane, lineFloats)
	}
	return stage, p.s.O * len(p.pixels)
}

func (p *pixelsPlan) need() int {
	stage, result := p.scratch()
	return stage + result
}

// pixelsTask runs a pixelsPlan.
type pixelsTask struct {
	p                       *pixelsPlan
	e                       *Epilogue
	y, x, w, bias, residual []float32
	end                     tail
	ctx                     *Ctx
}

func (c *Ctx) pixels(t pixelsTask, n int) {
	t.ctx, t.end = c, tailOf(t.e, 0, false)
	c.tasks.pixels = t
	c.run(n*t.p.bands, n*t.p.s.macs(), &c.tasks.pixels)
}

// Chunk computes a band of rows of one image.
func (t *pixelsTask) Chunk(worker, chunk int) {
	p, s := t.p, t.p.s
	image, band := chunk/p.bands, chunk%p.bands
	P, Q := s.P(), s.Q()
	p0 := band * p.rows
	pixels := p.pixels[:(min(p0+p.rows, P)-p0)*Q]
	stage, result := p.scratch()
	buf := t.ctx.scratch(worker, stage+result)
	x := t.x[image*s.in():]
	if p.staged {
		p.fill(buf, x, p0*s.StrideH-s.PadTop)
		x = buf
	} else {
		x = x[p0*s.StrideH*p.pitch:]
	}
	t.tiles(buf[stage:], x, pixels)
	for b := 0; b < s.O; b += lanes {
		y, from := t.y[(image*s.O+b)*P*Q+p0*Q:], buf[stage+b*len(pixels):]
		if len(pixels) < lanes { // all of an image smaller than the one that chose pixels
			for i := range lanes * len(pixels) {
				y[i%lanes*P*Q+i/lanes] = from[i]
			}
			continue
		}
		Deinterleave(y, from, lanes, P*Q, len(pixels))
	}
	if !t.end.add && !t.end.actv {
		return
	}
	for o := range s.O {
		at := (image*s.O+o)*P*Q + p0*Q
		var residual []float32
		if t.end.add {
			residual = t.residual[at:]
		}
		t.end.rest(t.e, t.y[at:][:len(pixels)], residual)
	}
}

// tiles computes all outputs of some pixels.
func (t *pixelsTask) tiles(dst, x []float32, pixels []tiles.Pixel) {
	p := t.p
	k, plane := len(p.taps), lanes*len(pixels)
	vecs := ceilDiv(p.s.O, p.isa.Lanes())
	walk := tiles.Walk{Steps: lanes, Taps: p.taps, Single: k}
	for u := range tiles.Units(vecs, tiles.Wide) {
		first, size := tiles.Unit(p.isa, vecs, tiles.Wide, u)
		o := first * p.isa.Lanes()
		var bias [tiles.MaxOuts]float32
		if t.e.Bias {
			copy(bias[:], t.bias[o:p.s.O])
		}
		a := tiles.Args{
			X: &x[0], W: &t.w[o/panelCols*panelCols*k+o%panelCols], Wstream: 4 * k * panelCols,
			Y: &dst[o/lanes*plane], Plane: 4 * plane, Bias: &bias[0],
		}
		if p.isa == tiles.AVX512 && o+size*panelCols > p.s.O {
			a.Flags |= tiles.Half
		}
		t.end.finish(&a)
		a.Run(p.isa, size, pixels, walk)
	}
}

// fill lays the rows of the padded image from row first on out.
func (p *pixelsPlan) fill(dst, x []float32, first int) {
	s := p.s
	left := min(s.PadLeft, p.pitch)
	width := max(0, min(s.W, p.pitch-left))
	for c := range s.C {
		for l := range p.lines {
			row := dst[c*p.plane+l*p.pitch:][:p.pitch]
			h := first + l
			if uint(h) >= uint(s.H) {
				clear(row)
				continue
			}
			clear(row[:left])
			copy(row[left:left+width], x[(c*s.H+h)*s.W:])
			clear(row[left+width:])
		}
	}
}
