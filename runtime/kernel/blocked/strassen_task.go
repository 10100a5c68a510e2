package blocked

import (
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/tiles"
)

type strassenTask struct {
	*convStrassen
	convCall
	ctx     *kernel.Ctx
	chunks  strassenChunks
	workers []strassenWorker
}

// run leaves an image without mate, one of a training step, to Direct.
func (s *convStrassen) run(c *kernel.Ctx, call convCall) {
	if s.pictures(call.n) > 0 {
		t := kernel.TaskOf[strassenTask](c)
		threads := c.Pool.Threads()
		workers := t.workers
		if len(workers) < threads {
			workers = make([]strassenWorker, threads)
		}
		*t = strassenTask{convStrassen: s, convCall: call, ctx: c, chunks: s.share(call.n, threads), workers: workers}
		s.once.Do(s.fillTables)
		c.Run(t.chunks.count(), call.n*s.f.work(), t)
	}
	if s.kind == mateImages && call.n%2 == 1 {
		s.convDirect.run(c, call.image(s.convDirect, call.n-1))
	}
}

// image returns the call of one image.
func (c convCall) image(d *convDirect, i int) convCall {
	c.n, c.x, c.y = 1, c.x[i*d.f.In.Step():], c.y[i*d.view.out.Step():]
	if c.residual != nil {
		c.residual = c.residual[i*d.view.residual.Step():]
	}
	if c.gate != nil {
		c.gate = c.gate[i*d.view.gate.Map.Step():]
	}
	return c
}

// strassenBand is some lines of some pictures.
type strassenBand struct{ picture, pictures, line, lines int }

// bandsOf returns the bands of n images, band one of them.
func (s *convStrassen) bandsOf(n int) int {
	return s.cut.bands * ceilDiv(s.pictures(n), s.cut.pictures)
}

func (s *convStrassen) band(i, n int) strassenBand {
	c := &s.cut
	b := strassenBand{picture: i / c.bands * c.pictures}
	b.pictures = min(c.pictures, s.pictures(n)-b.picture)
	b.line = s.lines * (i % c.bands) / c.bands
	b.lines = s.lines*(i%c.bands+1)/c.bands - b.line
	return b
}

// strassenChunks says how the bands and the units of a call are shared out, into so many parts
// of both: a chunk is a part of each.
type strassenChunks struct {
	byRows             bool // chunks of the same bands follow each other, else those of the same units
	bands, units       int
	allBands, allUnits int
}

func (c *strassenChunks) count() int { return c.bands * c.units }

// some returns the bands [b0, b1) and the units [u0, u1) of a chunk.
func (c *strassenChunks) some(chunk int) (b0, b1, u0, u1 int) {
	band, part := chunk/c.units, chunk%c.units
	if !c.byRows {
		band, part = chunk%c.bands, chunk/c.bands
	}
	return c.allBands * band / c.bands, c.allBands * (band + 1) / c.bands, c.allUnits * part / c.units, c.allUnits * (part + 1) / c.units
}

// strassenSteps are the fewest steps of a chunk that leave little of its sums and results without
// products to go beside.
const strassenSteps = 6

// share returns how n images are shared out among threads: a thread alone has one chunk, several
// have two each where these are long.
func (s *convStrassen) share(n, threads int) strassenChunks {
	c := strassenChunks{byRows: s.f.Split.of(n, threads) == ByRows, bands: 1, units: 1, allBands: s.bandsOf(n), allUnits: len(s.units)}
	if threads == 1 {
		return c
	}
	want := threads
	if c.allBands*c.allUnits*ceilDiv(s.ins, s.cut.pass) >= 2*threads*strassenSteps {
		want = 2 * threads
	}
	if c.byRows {
		c.bands = min(want, c.allBands)
		c.units = min(ceilDiv(want, c.bands), c.allUnits)
	} else {
		c.units = min(want, c.allUnits)
		c.bands = min(ceilDiv(want, c.units), c.allBands)
	}
	return c
}

// Chunk computes some bands and their mates, and some units and theirs.
func (t *strassenTask) Chunk(worker, chunk int) {
	w := &t.workers[worker]
	_, size := t.scratch(nil)
	w.strassenTask = t
	w.strassenScratch, _ = t.scratch(t.ctx.Scratch(worker, size))
	clear(w.none)
	padBias(w.biases, t.bias, 0)
	w.band0, w.band1, w.unit0, w.unit1 = t.chunks.some(chunk)
	w.run()
	w.strassenTask, w.strassenScratch, w.side = nil, strassenScratch{}, tiles.Side{}
}

// loads counts the results of each chunk.
func (s *convStrassen) loads(n, threads int) [][]int {
	c := s.share(n, threads)
	loads := make([]int, c.count())
	for i := range loads {
		b0, b1, u0, u1 := c.some(i)
		pixels, outs := 0, 0
		for b := b0; b < b1; b++ {
			k := s.band(b, n)
			pixels += k.pictures * k.lines
		}
		for u := u0; u < u1; u++ {
			outs += s.outs(u)
		}
		loads[i] = pixels * outs
	}
	return [][]int{loads}
}
