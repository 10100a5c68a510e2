package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// dwCompactOuts is the fewest outputs for which the pixels of x that windows of a stride
// read are copied together: lines of the caches are half full otherwise, all through the
// products.
const dwCompactOuts = 256

// compactMap is the map of the pixels that are copied.
func compactMap(s *kernel.ConvShape) Map { return Map{C: s.C, H: s.P(), W: s.Q()} }

// copied returns the floats of those of n images.
func (d *dwPointwise) copied(n int) int {
	if !d.compact {
		return 0
	}
	return compactMap(&d.f.Shape).Len(n)
}

// copy copies the pixels of n images that windows read to the front of to, and returns
// them.
func (d *dwPointwise) copy(c *kernel.Ctx, n int, to, x []float32) []float32 {
	t := kernel.TaskOf[dwCompactTask](c)
	*t = dwCompactTask{f: d.f, to: to, x: x}
	c.Run(n*d.f.X.Blocks(), 4*d.copied(n), t)
	return to
}

type dwCompactTask struct {
	f     *ConvDWConfig
	to, x []float32
}

// Chunk copies the pixels of one block of an image.
func (t *dwCompactTask) Chunk(_, chunk int) {
	s, x := &t.f.Shape, &t.f.X
	rows, columns, step := s.P(), s.Q(), s.StrideW*Block
	to := t.to[chunk*rows*columns*Block:]
	for p := range rows {
		from := t.x[x.At(chunk/x.Blocks(), chunk%x.Blocks(), p*s.StrideH, 0):]
		for q := range columns {
			*(*[Block]float32)(to[q*Block:]) = *(*[Block]float32)(from[q*step:])
		}
		to = to[columns*Block:]
	}
}
