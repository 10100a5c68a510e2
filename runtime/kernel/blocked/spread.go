package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Spread gives every pixel of a plane one value: the gradient of a [Mean] of planes.
//
//	y[n,c,h,w] = x[n,c]
//
// Cost: the memory it writes.
type Spread struct{ Out Map }

// NewSpread prepares planes of out.
func NewSpread(out Map) *Spread {
	out.check()
	return &Spread{out}
}

// Run writes all of y, halo and padding channels included, from the n·C values of x.
func (p *Spread) Run(c *kernel.Ctx, n int, y, x []float32) {
	p.Out.checkLen(y, n)
	if len(x) < n*p.Out.C {
		panic("blocked: a slice is shorter than its values")
	}
	t := kernel.TaskOf[spreadTask](c)
	*t = spreadTask{p, y, x}
	c.Run(n, 4*n*p.Out.Size(), t)
}

type spreadTask struct {
	p    *Spread
	y, x []float32
}

// Chunk writes one image.
func (t *spreadTask) Chunk(_, image int) {
	m := &t.p.Out
	rows, pixels := m.H, m.W
	if m.Halo == 0 {
		rows, pixels = 1, m.H*m.W
	}
	x, at := t.x[image*m.C:][:m.C], m.At(image, 0, 0, 0)
	for blocks, plane, row := m.Blocks(), m.Plane(), m.Row(); blocks > 0; blocks-- {
		var v [Block]float32
		if len(x) >= Block {
			v, x = [Block]float32(x), x[Block:]
		} else {
			copy(v[:], x)
		}
		for p := range rows {
			y := t.y[at+p*row:][:pixels*Block]
			for ; len(y) >= Block; y = y[Block:] {
				*(*[Block]float32)(y) = v
			}
		}
		at += plane
	}
	m.ZeroHalo(t.y, image, 0, m.Blocks())
}
