package kernel

import (
	"runtime"
	"sync/atomic"

	"github.com/netc-lang/netc/runtime/parallel"
)

// Part is a part of the images of a layer: those of some numbers, of them some rows, of
// these some blocks of channels; each from the first on up to the second.
type Part struct{ Images, Rows, Blocks [2]int }

// meets reports whether p and q have something in common.
func (p *Part) meets(q *Part) bool {
	return p.Images[0] < q.Images[1] && q.Images[0] < p.Images[1] &&
		p.Rows[0] < q.Rows[1] && q.Rows[0] < p.Rows[1] &&
		p.Blocks[0] < q.Blocks[1] && q.Blocks[0] < p.Blocks[1]
}

// PartTask is a task whose chunks tell what they read of the images that the task before
// made, and what they write of their own.
type PartTask interface {
	parallel.Task
	Reads(chunk int) Part
	Writes(chunk int) Part
}

// step is the runs between Begin and End that threads go through together.
type step struct {
	open bool
	runs []*stepRun
	used int // of runs
	work int
}

// stepRun is the run of one kernel.
type stepRun struct {
	task   PartTask
	chunks int
	shares parallel.Shares
	done   []atomic.Bool // chunk by chunk
	left   atomic.Int32  // chunks that are not done
}

// Begin opens a step: up to End, threads do not wait for each other between kernels but
// for the parts that they read. A kernel in a step reads of what the step makes the
// images of the kernel right before it only, and writes over nothing that an earlier
// one reads. Kernels that cannot tell the parts of their chunks end the step and begin
// another.
func (c *Ctx) Begin() { c.step.open = c.Pool.Threads() > 1 }

// End does what the step has left to do.
func (c *Ctx) End() {
	c.flush()
	c.step.open = false
}

// add puts a run at the end of the step.
func (s *step) add(t PartTask, chunks, work, threads int) {
	if s.used == len(s.runs) {
		s.runs = append(s.runs, &stepRun{shares: parallel.NewShares(threads)})
	}
	r := s.runs[s.used]
	s.used++
	s.work += work
	r.task, r.chunks = t, chunks
	if len(r.done) < chunks {
		r.done = make([]atomic.Bool, chunks)
	}
	for i := range chunks {
		r.done[i].Store(false)
	}
	r.left.Store(int32(chunks))
	r.shares.Deal(chunks)
}

// flush does the runs of the step so far.
func (c *Ctx) flush() {
	s := &c.step
	switch {
	case s.used == 0:
		return
	case s.used == 1 || s.work < serialWork:
		for i := range s.used {
			c.alone(s.runs[i].chunks, s.work, s.runs[i].task)
		}
	default:
		c.Pool.Run(c.Pool.Threads(), s)
	}
	for i := range s.used {
		s.runs[i].task = nil
	}
	s.used, s.work = 0, 0
}

// Chunk is the part of one thread in a step; it belongs to the pool.
func (s *step) Chunk(worker, thread int) {
	for i := range s.used {
		r := s.runs[i]
		for {
			first, end, ok := r.shares.Claim(thread)
			if !ok {
				break
			}
			for k := first; k < end; k++ {
				if i > 0 {
					s.runs[i-1].await(r.task.Reads(k))
				}
				r.task.Chunk(worker, k)
				r.done[k].Store(true)
				r.left.Add(-1)
			}
		}
	}
}

// awaitPolls is the number of looks at a chunk, some 10 us, before another goroutine may have
// the processor, which may be the one that does it. To yield wakes an idle processor.
const awaitPolls = 1 << 14

// await returns when the chunks that write what is read are done. All of them have been
// claimed, and who does them waits for earlier runs only.
func (r *stepRun) await(read Part) {
	if r.left.Load() == 0 {
		return
	}
	for k := range r.chunks {
		if r.done[k].Load() {
			continue
		}
		if w := r.task.Writes(k); !w.meets(&read) {
			continue
		}
		for polls := 1; !r.done[k].Load(); polls++ {
			if polls%awaitPolls == 0 {
				runtime.Gosched()
			}
		}
	}
}

// inStep returns how many tasks of type T wait in the step: descriptions that are in use.
func inStep[T any](s *step) int {
	count := 0
	for i := range s.used {
		if _, ok := any(s.runs[i].task).(*T); ok {
			count++
		}
	}
	return count
}
