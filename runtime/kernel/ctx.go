package kernel

import (
	"github.com/netc-lang/netc/runtime/internal/memory"
	"github.com/netc-lang/netc/runtime/parallel"
)

// Ctx is what the kernels of one session share: the threads, their scratch
// memory and the descriptions of running tasks, so that no call allocates. A Ctx
// serves one caller at a time.
type Ctx struct {
	Pool *parallel.Pool

	perWorker int
	workers   []float32 // Threads x perWorker
	shared    []float32
	packed    []float32
	tasks     tasks
	seats     []seat // of the workers, for groups of images
	others    []any  // task descriptions of the packages below, one per type or more for a step
	step      step

	taken, most int64 // bytes made since the last call of Room, and what there is; 0: not asked yet
	mostOf      string
	made        int64 // bytes in all accounts before
}

// NewCtx returns a context that runs on pool; a nil pool means the caller alone.
func NewCtx(pool *parallel.Pool) *Ctx {
	if pool == nil {
		pool = parallel.New(1)
	}
	return &Ctx{Pool: pool}
}

// Reserve makes room for kernels that need the given numbers of floats. A
// session calls it once with the largest of its kernels' Need; smaller requests
// change nothing. Where there is no memory for it, Room says so.
func (c *Ctx) Reserve(floatsPerWorker, floatsShared int) {
	if floatsPerWorker > c.perWorker {
		each := roundUp(floatsPerWorker, lineFloats)
		if n := each * c.Pool.Threads(); c.take(n, 4) {
			c.perWorker, c.workers = each, memory.Scratch(n)
		}
	}
	if floatsShared > len(c.shared) {
		if s := c.Floats(floatsShared); s != nil {
			c.shared = s
		}
	}
}

// scratch returns the first n floats of a worker's scratch memory.
func (c *Ctx) scratch(worker, n int) []float32 {
	if n > c.perWorker {
		panic("kernel: scratch memory was not reserved")
	}
	return c.workers[worker*c.perWorker:][:n:n]
}

// common returns the first n floats of the shared scratch memory.
func (c *Ctx) common(n int) []float32 {
	if n > len(c.shared) {
		panic("kernel: shared scratch memory was not reserved")
	}
	return c.shared[:n:n]
}

// Scratch returns the first n floats of a worker's scratch memory; the session has
// reserved them.
func (c *Ctx) Scratch(worker, n int) []float32 { return c.scratch(worker, n) }

// Shared returns the first n floats of the scratch memory that all workers share.
func (c *Ctx) Shared(n int) []float32 { return c.common(n) }

// Packed returns n floats for weights that are packed right before the call that reads
// them, in a segment that several workers may be in at once. It allocates nothing but
// for the first call, or a longer one.
func (c *Ctx) Packed(n int) []float32 {
	if n > len(c.packed) {
		c.packed = Aligned(n)
	}
	return c.packed[:n:n]
}

// TaskOf returns the T of c: the description of a parallel task, kept so that a run
// allocates nothing after the first of its kind. Those that wait in a step are left out.
func TaskOf[T any](c *Ctx) *T {
	skip := inStep[T](&c.step)
	for _, t := range c.others {
		if t, ok := t.(*T); ok {
			if skip == 0 {
				return t
			}
			skip--
		}
	}
	t := new(T)
	c.others = append(c.others, t)
	return t
}

// serialWork is the work below which a run stays on the caller: about 20 us, less
// than what two threads win back.
const serialWork = 1 << 20

// run does the chunks of t, or leaves them to the end of the step.
func (c *Ctx) run(chunks, work int, t parallel.Task) {
	if c.step.open {
		if t, ok := t.(PartTask); ok && chunks > 0 {
			c.step.add(t, chunks, work, c.Pool.Threads())
			return
		}
		c.flush()
	}
	c.alone(chunks, work, t)
}

// alone does the chunks of t, on the pool when work (multiply-adds, or floats touched
// times four) is worth a fork.
func (c *Ctx) alone(chunks, work int, t parallel.Task) {
	if work < serialWork {
		for i := range chunks {
			t.Chunk(0, i)
		}
		return
	}
	c.Pool.Run(chunks, t)
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// span returns the bounds of part i of n elements cut into equal parts.
func span(n, parts, i int) (lo, hi int) { return n * i / parts, n * (i + 1) / parts }
