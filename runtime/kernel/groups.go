package kernel

import "github.com/netc-lang/netc/runtime/parallel"

// Segment is a stretch of a plan for images [first, first+n) of a batch: c runs its
// kernels, and a is storage for what only these images need.
type Segment[S any] func(s S, c *Ctx, a []float32, first, n int)

// seat is what one worker has to itself while groups run side by side.
type seat struct {
	ctx   *Ctx // runs on the worker alone
	arena []float32
}

// ReserveGroups makes room for segments whose groups need an arena of the given number
// of floats and their kernels as much shared scratch: for each worker but the caller,
// which has those of the session. A session calls it once, after Reserve.
func (c *Ctx) ReserveGroups(floats, floatsShared int) {
	if c.lack() != nil {
		return
	}
	c.seats = make([]seat, c.Pool.Threads())
	for w := range c.seats {
		own := NewCtx(parallel.New(1))
		own.perWorker, own.workers, own.shared = c.perWorker, c.workers[w*c.perWorker:][:c.perWorker], c.shared
		c.seats[w].ctx = own
		if w > 0 {
			own.shared, c.seats[w].arena = c.Floats(floatsShared), c.Floats(floats)
		}
	}
}

// ByGroups runs segment over n images in groups of at most most. a is the caller's
// arena for a group. work is that of one image, in the unit of Run.
//
// With several threads each takes groups of its own, and the images that would not
// keep all of them busy follow one group after the other, split inside the kernels, as
// all are when there are fewer images than threads. A kernel computes an image alike in
// every group, so the bits of a result depend on neither.
func ByGroups[S any](c *Ctx, n, most, work int, a []float32, s S, segment Segment[S]) {
	done := 0
	if threads := c.Pool.Threads(); threads > 1 && n >= threads && n*work >= serialWork {
		share := n / threads // images of each thread
		rounds := ceilDiv(share, most)
		t := TaskOf[groups[S]](c)
		*t = groups[S]{c, s, segment, a, threads * share, threads * rounds}
		c.Pool.Run(t.chunks, t)
		*t = groups[S]{}
		done = threads * share
	}
	for done < n {
		group := min(most, n-done)
		segment(s, c, a, done, group)
		done += group
	}
}

// groups is a run of ByGroups.
type groups[S any] struct {
	c         *Ctx
	s         S
	segment   Segment[S]
	a         []float32
	n, chunks int
}

// Chunk runs the segment for part i of the images; it belongs to the pool.
func (t *groups[S]) Chunk(worker, i int) {
	l := &t.c.seats[worker]
	a := l.arena
	if worker == 0 {
		a = t.a
	}
	lo, hi := span(t.n, t.chunks, i)
	t.segment(t.s, l.ctx, a, lo, hi-lo)
}
