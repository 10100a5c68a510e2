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
type Copy struct{ CopyConfig }

// NewCopy prepares the copy.
func NewCopy(f CopyConfig) *Copy {
	f.In.check()
	f.Out.check()
	if f.At < 0 || f.At+f.In.C > f.Out.C || f.In.H != f.Out.H || f.In.W != f.Out.W {
		panic("blocked: a map does not fit into the one it is copied to")
	}
	return &Copy{f}
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
	t.lanes(image, block)
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
