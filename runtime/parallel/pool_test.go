package parallel

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// count is a task that notes how often each chunk ran and on which worker.
type count struct {
	ran     []atomic.Int32
	workers [16]atomic.Int32
	busy    [16]atomic.Bool
	clash   atomic.Bool
	spin    int
}

func (c *count) Chunk(worker, chunk int) {
	if !c.busy[worker].CompareAndSwap(false, true) {
		c.clash.Store(true)
	}
	c.ran[chunk].Add(1)
	c.workers[worker].Add(1)
	for i := range c.spin {
		runtime.KeepAlive(i)
	}
	c.busy[worker].Store(false)
}

func TestEveryChunkOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := start(threads)
		for i := range 2000 {
			n := i % 23
			c := &count{ran: make([]atomic.Int32, n), spin: i % 100}
			p.Run(n, c)
			for k := range c.ran {
				if got := c.ran[k].Load(); got != 1 {
					t.Fatalf("%d threads, run %d: chunk %d of %d ran %d times, want 1", threads, i, k, n, got)
				}
			}
			if c.clash.Load() {
				t.Fatalf("%d threads: two chunks ran under one worker number at once", threads)
			}
			if i%500 == 0 {
				time.Sleep(3 * spin) // workers go to sleep and have to be woken
			}
		}
		p.Close()
	}
}

// TestManyChunks runs more chunks than a share can count one by one.
func TestManyChunks(t *testing.T) {
	p := start(3)
	defer p.Close()
	for _, n := range []int{mostLots, mostLots + 1, 3*mostLots - 1} {
		c := &count{ran: make([]atomic.Int32, n)}
		p.Run(n, c)
		for k := range c.ran {
			if got := c.ran[k].Load(); got != 1 {
				t.Fatalf("chunk %d of %d ran %d times, want 1", k, n, got)
			}
		}
	}
}

// TestShares lets two workers wait for each other, so that neither can take what
// belongs to the other.
func TestShares(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("one processor")
	}
	p := start(2)
	defer p.Close()
	for range 20 {
		m := &meeting{}
		p.Run(2, m)
		if m.worker[0] != 0 || m.worker[1] != 1 {
			t.Fatalf("chunks 0 and 1 ran on workers %v, want 0 and 1", m.worker)
		}
	}
}

// meeting is two chunks, each of which ends when both have begun.
type meeting struct {
	worker [2]int
	here   atomic.Int32
}

func (m *meeting) Chunk(worker, chunk int) {
	m.worker[chunk] = worker
	m.here.Add(1)
	for m.here.Load() < 2 {
		runtime.Gosched()
	}
}

func TestWorkersHelp(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("one processor")
	}
	p := New(2)
	defer p.Close()
	helped := int32(0)
	for range 50 {
		c := &count{ran: make([]atomic.Int32, 64), spin: 20000}
		p.Run(len(c.ran), c)
		helped += c.workers[1].Load()
	}
	if helped == 0 {
		t.Error("the worker did none of 3200 chunks")
	}
}

// TestIdleSleeps watches that workers stop looking for work.
func TestIdleSleeps(t *testing.T) {
	p := start(4)
	defer p.Close()
	c := &count{ran: make([]atomic.Int32, 16)}
	p.Run(16, c)
	deadline := time.Now().Add(5 * time.Second)
	for p.awake.Load() != 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d workers still spin", p.awake.Load())
		}
		time.Sleep(time.Millisecond)
	}
}

func TestNewBounds(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	for _, row := range []struct{ ask, want int }{{0, procs}, {-1, procs}, {1, 1}, {procs, procs}, {procs + 5, procs}} {
		p := New(row.ask)
		if got := p.Threads(); got != row.want {
			t.Errorf("New(%d): got %d threads, want %d", row.ask, got, row.want)
		}
		p.Close()
		p.Close()
		c := &count{ran: make([]atomic.Int32, 5)}
		p.Run(5, c)
		if c.workers[0].Load() != 5 {
			t.Error("a closed pool did not run on the caller")
		}
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	p := New(2)
	defer p.Close()
	c := &count{ran: make([]atomic.Int32, 8)}
	if got := testing.AllocsPerRun(100, func() { p.Run(8, c) }); got != 0 {
		t.Errorf("got %v allocations per run, want 0", got)
	}
}

type nothing struct{}

func (nothing) Chunk(int, int) {}

func BenchmarkRun(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			p := New(threads)
			defer p.Close()
			for range b.N {
				p.Run(8, nothing{})
			}
		})
	}
}
