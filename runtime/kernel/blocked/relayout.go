package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Relayout moves images between the plain layout [N, C, H, W] and a map.
type Relayout struct {
	m     Map
	leave bool
	plain bool // without assembly
}

// NewEnter prepares the way into m: every float of m is written.
func NewEnter(m Map) *Relayout { m.check(); return &Relayout{m: m, plain: noVectors()} }

// NewLeave prepares the way out of m.
func NewLeave(m Map) *Relayout { m.check(); return &Relayout{m: m, leave: true, plain: noVectors()} }

func noVectors() bool { return kernel.Selected() == kernel.Generic }

// Run moves n images: into dst as the map from plain src, or the other way.
func (r *Relayout) Run(c *kernel.Ctx, n int, dst, src []float32) {
	in, out := src, dst
	if r.leave {
		in, out = dst, src
	}
	r.m.checkLen(out, n)
	if len(in) < n*r.m.C*r.m.H*r.m.W {
		panic("blocked: a slice is shorter than its images")
	}
	t := kernel.TaskOf[relayoutTask](c)
	*t = relayoutTask{r: r, dst: dst, src: src}
	c.Run(n*r.m.Blocks(), 4*n*r.m.Size(), t)
}

type relayoutTask struct {
	r        *Relayout
	dst, src []float32
}

// Chunk moves one block of one image.
func (t *relayoutTask) Chunk(_, chunk int) {
	m := t.r.m
	image, block := chunk/m.Blocks(), chunk%m.Blocks()
	channels := min(Block, m.C-block*Block)
	area := m.H * m.W
	plain := (image*m.C + block*Block) * area
	from := 0 // columns that assembly has moved
	if !t.r.plain && m.W >= Block && (!t.r.leave || channels == Block) {
		from = m.W - m.W%Block
		t.squares(image, block, channels, plain)
	}
	if t.r.leave {
		for ch := range channels {
			for y := range m.H {
				row := t.src[m.At(image, block, y, 0)+ch:]
				for x := from; x < m.W; x++ {
					t.dst[plain+ch*area+y*m.W+x] = row[x*Block]
				}
			}
		}
		return
	}
	m.ZeroHalo(t.dst, image, block, block+1)
	for y := range m.H {
		row := t.dst[m.At(image, block, y, 0):][:m.W*Block]
		if channels < Block {
			clear(row[from*Block:])
		}
		for ch := range channels {
			for x := from; x < m.W; x++ {
				row[x*Block+ch] = t.src[plain+ch*area+y*m.W+x]
			}
		}
	}
}

// squares moves the columns that make whole squares of 8 pixels and 8 channels.
func (t *relayoutTask) squares(image, block, channels, plain int) {
	m := t.r.m
	area := m.H * m.W
	for y := range m.H {
		if at := m.At(image, block, y, 0); t.r.leave {
			kernel.Deinterleave(t.dst[plain+y*m.W:], t.src[at:], area, m.W/Block)
		} else {
			kernel.Interleave(t.dst[at:], t.src[plain+y*m.W:], channels, area, m.W/Block)
		}
	}
}
