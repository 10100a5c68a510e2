package blocked

import "github.com/netc-lang/netc/runtime/kernel"

// Reads returns the rows of all channels below a chunk's results.
func (t *strassenTask) Reads(chunk int) kernel.Part {
	s, p := &t.f.Shape, t.Writes(chunk)
	p.Rows = window(p.Rows[0], p.Rows[1], s.StrideH, 0, 1, 1, s.H)
	p.Blocks = [2]int{0, t.f.In.Blocks()}
	return p
}

// Writes returns the rows of a chunk, and the blocks from the first of its units to the last of
// their mates.
func (t *strassenTask) Writes(chunk int) kernel.Part {
	b0, b1, u0, u1 := t.chunks.some(chunk)
	first, last, each := t.band(b0, t.n), t.band(b1-1, t.n), t.images()
	p := kernel.Part{Images: [2]int{each * first.picture, each * (last.picture + last.pictures)}, Rows: [2]int{0, t.f.Out.H}}
	if first.picture+1 == last.picture+last.pictures {
		p.Rows[0], _ = t.rows(first.line, first.lines)
		_, p.Rows[1] = t.rows(last.line, last.lines)
	}
	block, _ := t.blocks(u0)
	end, blocks := t.blocks(u1 - 1)
	p.Blocks = [2]int{block, t.half() + end + blocks}
	return p
}
