package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// dwTiles computes weight gradients tile by tile (codegen/kernel/convdw.go). The
// sums of a job, a few blocks of output channels, lie in memory as
//
//	[block of input channels][row of the filter][piece][tile][tap][in][out]
//
// For a picture in the plain layout a "block" is one channel, and the taps of a row
// of the filter, which are neighbours in memory, take the place of its channels; a
// tile of several taps is one of several rows of the filter.
type dwTiles struct {
	f      *ConvDWConfig
	jobs   []dwJob
	total  int // floats of all sums
	panels []dwPanel

	panelSums int // floats of the sums of the largest panel
}

// dwJob is a run of blocks of output channels with the blocks of input channels
// they are convolved with.
type dwJob struct {
	out, outs int // blocks of output channels
	in, ins   int // blocks of input channels
	shape     *dwShape
	at        int // of its sums
}

// dwShape says how the tiles of a job cover a row of the filter.
type dwShape struct {
	vecs, width int // vectors and floats of output channels
	pieces      []dwPiece
	rows        int     // of the filter that a tile takes
	row         int     // floats of their sums
	block       int     // floats of the sums of a block of input channels
	order       []int32 // where the weights of a block lie, in OIHW order
}

// dwPiece is a run of tiles of one size: taps from tap on, channels from lane on.
type dwPiece struct {
	taps, in, tiles int
	tap, lane       int
	at              int // in the row's sums
}

// dwPanel is what one chunk computes of its pixels: sums that stay in cache.
type dwPanel struct {
	job0, job1 int
	in0, in1   int // in blocks from each job's first
}

const (
	dwPixels      = 200     // of a tile's call of AVX2: their dy stays in L1
	dwManyPixels  = 800     // of AVX-512, whose larger tiles L2 feeds
	dwPlainPixels = 1600    // where x is a picture: dy from L2 costs less than staging rows twice
	dwPanelSums   = 1 << 16 // of a panel: 256 KiB, which stay in L2
	dwChunks      = 16      // wanted at least, so that threads share evenly
)

func newDWTiles(f *ConvDWConfig) *dwTiles {
	d := &dwTiles{f: f}
	shapes := map[int]*dwShape{}
	ci, co := f.Shape.C/f.Shape.Groups, f.Shape.O/f.Shape.Groups
	blocks := f.DY.Blocks()
	for b := 0; b < blocks; {
		in, ins := d.inputs(b, ci, co)
		outs := 1
		for outs < d.widest() && b+outs < blocks {
			if i, n := d.inputs(b+outs, ci, co); i != in || n != ins {
				break
			}
			outs++
		}
		shape := shapes[outs]
		if shape == nil {
			shape = d.shapeOf(outs)
			shape.order = d.orderOf(shape)
			shapes[outs] = shape
		}
		d.jobs = append(d.jobs, dwJob{out: b, outs: outs, in: in, ins: ins, shape: shape, at: d.total})
		d.total += ins * shape.block
		b += outs
	}
	d.cut()
	return d
}

// inputs returns the blocks of input channels that block b of the output needs.
func (d *dwTiles) inputs(b, ci, co int) (first, count int) {
	if d.f.PlainX {
		return 0, d.f.Shape.C
	}
	g0, g1 := b*Block/co, (min((b+1)*Block, d.f.Shape.O)-1)/co
	first = g0 * ci / Block
	return first, ceilDiv((g1+1)*ci, Block) - first
}

// one reports whether tiles have one tap: then AVX2 takes 4 vectors.
func (d *dwTiles) one() bool { return d.f.PlainX || d.f.Shape.S < 3 }

// widest returns the blocks of output channels of the widest tile.
func (d *dwTiles) widest() int {
	if d.f.ISA == kernel.AVX512 || d.one() {
		return 4
	}
	return 2
}

// shapeOf covers a row of the filter for a number of blocks of output channels.
func (d *dwTiles) shapeOf(outs int) *dwShape {
	s := &dwShape{vecs: outs, rows: 1}
	if d.f.ISA == kernel.AVX512 {
		s.vecs = ceilDiv(outs, 2)
	}
	s.width = s.vecs * d.f.ISA.Lanes()
	taps, lanes := d.f.Shape.S, min(Block, d.f.Shape.C)
	if d.f.PlainX {
		tall := 1
		if d.f.ISA == kernel.AVX512 && d.f.Shape.R == 3 && taps == 3 && s.vecs == 2 {
			tall, s.rows = 3, 3
		}
		for tap := 0; tap < taps; tap += Block {
			s.cover(d.f.ISA, tall, 0, tap, min(Block, taps-tap))
		}
	} else {
		for tap := 0; tap < taps; {
			n := 1
			if left := taps - tap; left == 5 || left == 8 {
				n = 5
			} else if left >= 3 {
				n = 3
			}
			s.cover(d.f.ISA, n, tap, 0, lanes)
			tap += n
		}
	}
	s.block = d.f.Shape.R / s.rows * s.row
	return s
}

// cover adds the pieces for the taps from tap on and lanes channels from lane on; a
// tile may reach beyond the last lane, its sums are dropped.
func (s *dwShape) cover(isa kernel.ISA, taps, tap, lane, lanes int) {
	for lanes > 0 {
		p := dwPiece{taps: taps, in: dwTileIn(isa, taps, s.vecs, lanes), tap: tap, lane: lane, tiles: 1, at: s.row}
		if p.in < lanes && s.vecs < 4 {
			p.tiles = ceilDiv(lanes, p.in)
		}
		s.pieces = append(s.pieces, p)
		s.row += p.tiles * p.taps * p.in * s.width
		lane, lanes = lane+p.tiles*p.in, lanes-p.tiles*p.in
	}
}

// dwTileIn returns the channels of the tile that begins a run of lanes.
func dwTileIn(isa kernel.ISA, taps, vecs, lanes int) int {
	switch {
	case taps == 5 && isa == kernel.AVX512:
		return 4 / vecs
	case taps == 5:
		return 2 / vecs
	case taps == 3 && isa == kernel.AVX512 && lanes == 3 && vecs == 2:
		return 3
	case taps == 3 && isa == kernel.AVX512:
		return 4
	case taps == 3:
		return 4 / vecs
	case isa == kernel.AVX512 && lanes <= 4:
		return 4
	case isa == kernel.AVX512 && lanes <= 7:
		return 7
	case vecs == 4 && (lanes == 3 || lanes > 4):
		return 3
	case vecs == 4:
		return 2
	case vecs > 1 && isa == kernel.AVX2:
		return 4
	}
	return 8
}

// cut forms the panels: as few as sums stay in cache, at least two, or some more where two
// threads would not share those of an image evenly.
func (d *dwTiles) cut() {
	d.panelsBy(0, 0)
	least := d.unevenness()
	alone := func() bool { return len(d.panels) == 1 && !d.f.PlainX } // each panel stages the picture
	for more := 1; more <= evenMore && (least > evenEnough || alone()); more++ {
		for _, by := range [][2]int{{more, 0}, {0, more}} {
			t := *d
			t.panelsBy(by[0], by[1])
			if u := t.unevenness(); u < least || u <= evenEnough && alone() {
				least, d.panels, d.panelSums = u, t.panels, t.panelSums
			}
		}
	}
}

// unevenness is Balance of one image on two threads.
func (d *dwTiles) unevenness() float64 { return balanceOf(d.loads(1, 1), d.loads(1, 2), 2) }

// panelsBy forms panels of as many jobs as blocks of input channels, about, so that each
// reads little for what it computes; by so many more cuts of the jobs and of the inputs
// than keep sums in cache.
func (d *dwTiles) panelsBy(moreJobs, moreIns int) {
	d.panels, d.panelSums = nil, 0
	for j0 := 0; j0 < len(d.jobs); {
		first := &d.jobs[j0]
		all := 1 // jobs of the same inputs
		for j0+all < len(d.jobs) && d.jobs[j0+all].in == first.in && d.jobs[j0+all].ins == first.ins {
			all++
		}
		sums := first.shape.block
		ins := min(first.ins, max(1, dwPanelSums/sums, 2))
		// Some jobs side by side, before the inputs are all of them.
		jobs := min(all, max(1, dwPanelSums/(min(ins, 16)*sums)))
		ins = min(ins, max(1, dwPanelSums/(sums*jobs)))
		high, wide := min(all, ceilDiv(all, jobs)+moreJobs), min(first.ins, ceilDiv(first.ins, ins)+moreIns)
		for h := range high {
			for w := range wide {
				p := dwPanel{j0 + all*h/high, j0 + all*(h+1)/high, first.ins * w / wide, first.ins * (w + 1) / wide}
				d.panels, d.panelSums = append(d.panels, p), max(d.panelSums, d.panelLen(&p))
			}
		}
		j0 += all
	}
}

// panelLen returns the floats of the sums of a panel.
func (d *dwTiles) panelLen(p *dwPanel) (floats int) {
	for _, j := range d.jobs[p.job0:p.job1] {
		floats += (p.in1 - p.in0) * j.shape.block
	}
	return floats
}
