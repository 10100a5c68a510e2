package parallel

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Task is the work of one run, cut into numbered chunks.
type Task interface {
	// Chunk does one chunk. worker is below the pool's number of threads and
	// names scratch memory that no other chunk uses meanwhile; 0 is the caller.
	Chunk(worker, chunk int)
}

// Workers look this long for another run before they sleep. It covers the
// serial work between the kernels of one step; waking a sleeping thread costs
// 10 to 50 us, more than many kernels take.
const spin = 200 * time.Microsecond

// spinPolls is the number of looks between two readings of the clock.
const spinPolls = 256

// line is the distance in bytes that keeps two words from sharing a cache line,
// also under the pair-fetching prefetchers of x86.
const line = 128

// Pool is a set of workers that help one caller. Runs must not overlap: a pool
// belongs to one session.
type Pool struct {
	threads int
	wake    chan struct{}
	shares  []share // of the workers

	_     [line]byte
	done  atomic.Uint32 // chunks finished
	_     [line - 4]byte
	awake atomic.Int32 // workers not asleep
	stop  atomic.Bool

	// These are written before the shares are published and read only after a
	// successful claim, which holds the run open.
	task   Task
	chunks uint32
	lot    uint32 // chunks claimed at once
	epoch  uint32
}

// share is what is left of one worker's part of a run: epoch<<32 | first<<16 | end, in
// lots. Its owner claims from the front, who has nothing left from the end, both by
// compare-and-swap; the epoch keeps a worker that read an old word from claiming a lot
// of a later run.
type share struct {
	word atomic.Uint64
	_    [line - 8]byte
}

// mostLots is the largest number of lots that a share can count.
const mostLots = 1<<16 - 1

// New returns a pool of the given number of threads, the caller included. Less
// than one means one per processor that Go may use; more than that is cut, since
// spinning threads that share a processor only delay each other.
func New(threads int) *Pool {
	if procs := runtime.GOMAXPROCS(0); threads < 1 || threads > procs {
		threads = procs
	}
	return start(threads)
}

func start(threads int) *Pool {
	p := &Pool{threads: threads, wake: make(chan struct{}, threads), shares: make([]share, threads)}
	for w := 1; w < threads; w++ {
		go p.worker(w)
	}
	return p
}

// Threads returns the number of threads, the caller included.
func (p *Pool) Threads() int { return p.threads }

// Close ends the workers. The pool must be idle; it may be closed twice, and a
// closed pool still runs tasks, on the caller alone.
func (p *Pool) Close() {
	if p.threads > 1 && p.stop.CompareAndSwap(false, true) {
		close(p.wake)
	}
}

// Run calls t.Chunk once for each chunk in [0, chunks) and returns when all have
// finished. Writes of the chunks are visible to the caller afterwards.
//
// Each worker begins with a stretch of neighbouring chunks, the same stretch in every
// run of as many: what it wrote in one layer it finds in its own cache in the next.
//
// Cost: about 0.5 us with awake workers; no allocation.
func (p *Pool) Run(chunks int, t Task) {
	if chunks <= 1 || p.threads == 1 || p.stop.Load() {
		for i := range chunks {
			t.Chunk(0, i)
		}
		return
	}
	if uint64(chunks) >= 1<<31 {
		panic("parallel: more than 2^31 chunks in one run")
	}
	p.publish(chunks, t)
	for asleep := min(p.threads-1, chunks-1) - int(p.awake.Load()); asleep > 0; asleep-- {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	for p.help(0) {
	}
	// Only chunks that a running worker holds are waited for.
	for polls := 1; p.done.Load() != uint32(chunks); polls++ {
		if polls%spinPolls == 0 {
			runtime.Gosched() // the worker may need this very processor
		}
	}
	p.task = nil
}

// publish shares a run out.
func (p *Pool) publish(chunks int, t Task) {
	p.task, p.chunks = t, uint32(chunks)
	p.lot = uint32((chunks-1)/mostLots + 1)
	p.done.Store(0)
	p.epoch++
	lots := (chunks-1)/int(p.lot) + 1
	for w := p.threads - 1; w >= 0; w-- { // that of the caller last, or a worker would take it for its own
		first, end := uint64(lots*w/p.threads), uint64(lots*(w+1)/p.threads)
		p.shares[w].word.Store(uint64(p.epoch)<<32 | first<<16 | end)
	}
}

// help claims one lot and runs its chunks: the next of the worker's own share, or else
// the last of another's. It is false when none is left.
func (p *Pool) help(worker int) bool {
	if lot, ok := p.shares[worker].claim(false); ok {
		p.run(worker, lot)
		return true
	}
	for i := 1; i < p.threads; i++ {
		if lot, ok := p.shares[(worker+i)%p.threads].claim(true); ok {
			p.run(worker, lot)
			return true
		}
	}
	return false
}

// claim takes the first lot of s, or its last.
func (s *share) claim(last bool) (lot uint32, ok bool) {
	for {
		word := s.word.Load()
		first, end := uint32(word)>>16, uint32(word)&mostLots
		if first == end {
			return 0, false
		}
		lot, next := first, word+1<<16
		if last {
			lot, next = end-1, word-1
		}
		if s.word.CompareAndSwap(word, next) {
			return lot, true
		}
	}
}

// run does the chunks of a lot.
func (p *Pool) run(worker int, lot uint32) {
	first := lot * p.lot
	end := min(first+p.lot, p.chunks)
	for i := first; i < end; i++ {
		p.task.Chunk(worker, int(i))
	}
	p.done.Add(end - first)
}

func (p *Pool) worker(id int) {
	for range p.wake {
		p.awake.Add(1)
		p.serve(id)
		p.awake.Add(-1)
		// A run published between the last look and the line above counted
		// this worker as awake; one more look keeps it from being missed.
		for p.help(id) {
		}
	}
}

// serve works until nothing came for the time of spin.
func (p *Pool) serve(id int) {
	idle := time.Now()
	for polls := 1; ; polls++ {
		if p.help(id) {
			for p.help(id) {
			}
			idle = time.Now()
			continue
		}
		if polls%spinPolls == 0 && (p.stop.Load() || time.Since(idle) > spin) {
			return
		}
	}
}
