package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// CopyConfig says where a map goes: its channels become channels [At, At+In.C) of
// Out, whose halo may be another.
type CopyConfig struct {
	In, Out Map
	At      int
	ISA     kernel.ISA
}

// Copy writes a map into channels of another one, the work of a concatenation whose
// operand could not be computed in place. It writes its own channels only, with
// their halo, and the padding channels where it brings the last ones.
type Copy struct {
	CopyConfig
	blocks []laneShift // where channels change their lane, of the blocks that are written
}

// laneShift says where the lanes of one block come from: lane i is lane from[i] of
// the block first of the input, or of the one after it; lanes that are not its own
// stay as they are. Assembly reads the tables.
type laneShift struct {
	first  int             // of the two blocks; -1 has the second only, the last the first only
	tables [4][Block]int32 // from, which are of the second block, own, and which are channels at all
}

// NewCopy prepares the copy.
func NewCopy(f CopyConfig) *Copy {
	f.In.check()
	f.Out.check()
	if f.At < 0 || f.At+f.In.C > f.Out.C || f.In.H != f.Out.H || f.In.W != f.Out.W {
		panic("blocked: a map does not fit into the one it is copied to")
	}
	if !f.ISA.Available() {
		f.ISA = kernel.Generic
	}
	p := &Copy{CopyConfig: f}
	if f.At%Block != 0 {
		for b := f.At / Block; b < p.last(); b++ {
			p.blocks = append(p.blocks, shiftOf(&f, b))
		}
	}
	return p
}

// shiftOf returns what block b of the result takes.
func shiftOf(f *CopyConfig, b int) laneShift {
	shift := f.At % Block
	s := laneShift{first: b - f.At/Block - 1}
	for lane := range Block {
		ch := b*Block + lane - f.At
		s.tables[0][lane] = int32((lane + Block - shift) % Block)
		if lane >= shift {
			s.tables[1][lane] = -1
		}
		if ch >= 0 && ch < f.In.C {
			s.tables[2][lane], s.tables[3][lane] = -1, -1
		} else if ch >= f.In.C && f.At+f.In.C == f.Out.C {
			s.tables[2][lane] = -1 // the last channels bring the padding behind them
		}
	}
	return s
}

// Run copies n images. y must not share storage with x.
func (p *Copy) Run(c *kernel.Ctx, n int, y, x []float32) {
	p.Out.checkLen(y, n)
	p.In.checkLen(x, n)
	t := kernel.TaskOf[copyTask](c)
	*t = copyTask{p: p, y: y, x: x}
	// Lanes of one block of y are written by one chunk.
	c.Run(n*(p.last()-p.At/Block), 4*n*p.In.Size(), t)
}

// last returns the end of the blocks of Out that the copy writes to.
func (p *Copy) last() int { return ceilDiv(p.At+p.In.C, Block) }

type copyTask struct {
	p    *Copy
	y, x []float32
}

// Chunk writes one block of y of one image.
func (t *copyTask) Chunk(_, chunk int) {
	f, first := &t.p.CopyConfig, t.p.At/Block
	blocks := t.p.last() - first
	image, block := chunk/blocks, first+chunk%blocks
	if f.At%Block == 0 {
		f.Out.ZeroHalo(t.y, image, block, block+1)
		for h := range f.In.H {
			copy(t.y[f.Out.At(image, block, h, 0):][:f.In.W*Block], t.x[f.In.At(image, block-first, h, 0):])
		}
		return
	}
	if f.ISA == kernel.Generic {
		t.lanes(image, block)
		return
	}
	t.shift(image, block, &t.p.blocks[block-first])
}

// shift is lanes by assembly.
func (t *copyTask) shift(image, block int, s *laneShift) {
	f := &t.p.CopyConfig
	a, b := max(s.first, 0), min(s.first+1, f.In.Blocks()-1)
	clearOwn := func(h, w0, w1 int) {
		for w := w0; w < w1; w++ {
			pixel := t.y[f.Out.At(image, block, h, w):][:Block]
			for lane, own := range s.tables[2] {
				if own != 0 {
					pixel[lane] = 0
				}
			}
		}
	}
	halo := f.Out.Halo
	for h := -halo; h < f.Out.H+halo; h++ {
		if h < 0 || h >= f.Out.H {
			clearOwn(h, -halo, f.Out.W+halo)
			continue
		}
		clearOwn(h, -halo, 0)
		shiftLanes(t.y[f.Out.At(image, block, h, 0):], t.x[f.In.At(image, a, h, 0):], t.x[f.In.At(image, b, h, 0):], &s.tables, f.In.W)
		clearOwn(h, f.Out.W, f.Out.W+halo)
	}
}

// lanes moves channels that change their lane.
func (t *copyTask) lanes(image, block int) {
	f := &t.p.CopyConfig
	lo, hi := max(f.At, block*Block), min(f.At+f.In.C, (block+1)*Block)
	end := hi
	if hi == f.Out.C {
		end = (block + 1) * Block // and the padding
	}
	for h := -f.Out.Halo; h < f.Out.H+f.Out.Halo; h++ {
		for w := -f.Out.Halo; w < f.Out.W+f.Out.Halo; w++ {
			pixel := t.y[f.Out.At(image, block, h, w):][:Block]
			clear(pixel[lo%Block : end-block*Block])
			if h < 0 || h >= f.Out.H || w < 0 || w >= f.Out.W {
				continue
			}
			for ch := lo; ch < hi; ch++ {
				from := ch - f.At
				pixel[ch%Block] = t.x[f.In.At(image, from/Block, h, w)+from%Block]
			}
		}
	}
}
