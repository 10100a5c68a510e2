package kernel

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/netc-lang/netc/runtime/parallel"
)

// helpedTask notes whether a worker did one of its chunks, each of which lasts long enough
// for one to come.
type helpedTask struct{ helped atomic.Bool }

func (t *helpedTask) Chunk(worker, _ int) {
	if worker != 0 {
		t.helped.Store(true)
	}
	for begin := time.Now(); time.Since(begin) < 50*time.Microsecond; {
	}
}

// TestLittleWorkIsNotSplit runs a million multiply-adds, 17 us of a core that does 60 of them
// in a nanosecond: the caller does all. Ten times as many are shared.
func TestLittleWorkIsNotSplit(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("one processor")
	}
	c := NewCtx(parallel.New(2))
	defer c.Pool.Close()
	task := &helpedTask{}
	for range 20 {
		c.run(8, 1_000_000, task)
	}
	if task.helped.Load() {
		t.Error("a worker did a part of 17 us of work")
	}
	for range 200 {
		if c.run(8, 10_000_000, task); task.helped.Load() {
			return
		}
	}
	t.Error("no worker did a part of 200 runs of 170 us")
}
