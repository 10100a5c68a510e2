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
	c.Run(n*r.m.Blocks(), r.m.passWork(n, 4), t)
}

type relayoutTask struct {
	r        *Relayout
	dst, src []float32
}

// Chunk moves one block of one image, row by row; without a halo the rows are one.
func (t *relayoutTask) Chunk(_, chunk int) {
	m := t.r.m
	image, block := chunk/m.Blocks(), chunk%m.Blocks()
	plain := (image*m.C + block*Block) * m.H * m.W
	rows, width := m.H, m.W
	if m.Halo == 0 {
		rows, width = 1, m.H*m.W
	}
	if !t.r.leave {
		m.ZeroHalo(t.dst, image, block, block+1)
	}
	for y := range rows {
		t.row(m.At(image, block, y, 0), plain+y*width, min(Block, m.C-block*Block), width)
	}
}

// row moves width pixels of some channels between place at of the map and place plain
// of the plain image.
func (t *relayoutTask) row(at, plain, channels, width int) {
	area := t.r.m.H * t.r.m.W
	switch vector := !t.r.plain && width >= Block; {
	case vector && t.r.leave:
		kernel.Deinterleave(t.dst[plain:], t.src[at:], channels, area, width)
	case vector:
		kernel.Interleave(t.dst[at:], t.src[plain:], channels, area, width)
	case t.r.leave:
		for ch := range channels {
			for x := range width {
				t.dst[plain+ch*area+x] = t.src[at+x*Block+ch]
			}
		}
	default:
		pixels := t.dst[at:][:width*Block]
		clear(pixels)
		for ch := range channels {
			for x := range width {
				pixels[x*Block+ch] = t.src[plain+ch*area+x]
			}
		}
	}
}
