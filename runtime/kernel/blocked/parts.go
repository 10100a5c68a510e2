package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Here tasks tell what their chunks read and write, so that threads may go from one
// kernel to the next without waiting for all of it.

// window returns the rows that a window of taps meets for rows [p0, p1) of the result.
func window(p0, p1, stride, pad, taps, dilation, height int) [2]int {
	return [2]int{max(0, p0*stride-pad), min(height, (p1-1)*stride-pad+(taps-1)*dilation+1)}
}

// Reads returns the rows of all channels below a chunk's windows.
func (t *directTask) Reads(chunk int) kernel.Part {
	s, p := &t.f.Shape, t.Writes(chunk)
	p.Rows = window(p.Rows[0], p.Rows[1], s.StrideH, s.PadTop, s.R, s.DilH, s.H)
	p.Blocks = [2]int{0, t.f.In.Blocks()}
	return p
}

// Writes returns the rows and blocks of a chunk.
func (t *directTask) Writes(chunk int) kernel.Part {
	c := &t.cut
	band, part := t.place(chunk, t.n, t.threads)
	image, band := band/c.bands*c.images, band%c.bands
	p := kernel.Part{
		Images: [2]int{image, min(image+c.images, t.n)},
		Rows:   [2]int{band * c.rows, min((band+1)*c.rows, t.f.Out.H)},
		Blocks: [2]int{t.units[part*c.units].out / Block, t.f.Out.Blocks()},
	}
	if last := (part + 1) * c.units; last < len(t.units) {
		p.Blocks[1] = t.units[last].out / Block
	}
	return p
}

// Reads returns the rows of a chunk's channels below its windows.
func (t *depthwiseTask) Reads(chunk int) kernel.Part {
	s, p := &t.f.Shape, t.Writes(chunk)
	p.Rows = window(p.Rows[0], p.Rows[1], s.StrideH, s.PadTop, s.R, s.DilH, s.H)
	return p
}

// Writes returns the rows and blocks of a chunk.
func (t *depthwiseTask) Writes(chunk int) kernel.Part {
	band, group, image := t.place(chunk)
	return kernel.Part{
		Images: [2]int{image, image + 1},
		Rows:   [2]int{band * t.band, min((band+1)*t.band, t.f.Out.H)},
		Blocks: [2]int{group * t.group, min((group+1)*t.group, t.f.Out.Blocks())},
	}
}

// Reads returns the planes that a chunk takes the means of.
func (t *meanTask) Reads(chunk int) kernel.Part {
	p := t.p
	image, b0 := chunk/p.groups, chunk%p.groups*p.group
	return kernel.Part{Images: [2]int{image, image + 1}, Rows: [2]int{0, p.In.H}, Blocks: [2]int{b0, min(b0+p.group, p.In.Blocks())}}
}

// Writes returns the blocks whose means a chunk writes.
func (t *meanTask) Writes(chunk int) kernel.Part {
	p := t.Reads(chunk)
	p.Rows[1] = 1
	return p
}
