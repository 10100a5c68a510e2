package kernel

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/netc-lang/netc/runtime/parallel"
)

// groupLog notes what a segment was called with.
type groupLog struct {
	images  []atomic.Int32
	most    int
	busy    [8]atomic.Int32 // by the arena's first float
	clash   atomic.Bool
	tooMany atomic.Bool
}

func (l *groupLog) run(c *Ctx, a []float32, first, n int) {
	at := &l.busy[int(a[0])]
	if at.Add(1) > 1 {
		l.clash.Store(true)
	}
	if n < 1 || n > l.most {
		l.tooMany.Store(true)
	}
	for i := first; i < first+n; i++ {
		l.images[i].Add(1)
	}
	c.Scratch(0, 4)[0] = a[0]
	at.Add(-1)
}

// TestByGroups checks that every image is done once, in groups that are not too large,
// and that no two groups at once have one arena.
func TestByGroups(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 4} {
		c := NewCtx(parallel.New(threads))
		defer c.Pool.Close()
		c.Reserve(16, 0)
		c.ReserveGroups(1, 0)
		for w := range c.seats[1:] {
			c.seats[w+1].arena[0] = float32(w + 1)
		}
		for _, n := range []int{1, 2, 3, 5, 8, 33} {
			for _, most := range []int{1, 2, 4, 16} {
				for _, work := range []int{0, serialWork} {
					l := &groupLog{images: make([]atomic.Int32, n), most: most}
					ByGroups(c, n, most, work, make([]float32, 1), l, (*groupLog).run)
					what := fmt.Sprintf("%d threads, %d images in groups of %d, work %d", threads, n, most, work)
					for i := range l.images {
						if got := l.images[i].Load(); got != 1 {
							t.Fatalf("%s: image %d was done %d times, want once", what, i, got)
						}
					}
					if l.clash.Load() {
						t.Errorf("%s: two groups at once in one arena", what)
					}
					if l.tooMany.Load() {
						t.Errorf("%s: a group of no or too many images", what)
					}
				}
			}
		}
	}
}

func TestByGroupsAllocatesNothing(t *testing.T) {
	c := NewCtx(parallel.New(2))
	defer c.Pool.Close()
	c.Reserve(16, 0)
	c.ReserveGroups(1, 0)
	l, a := &groupLog{images: make([]atomic.Int32, 9), most: 2}, make([]float32, 1)
	if got := testing.AllocsPerRun(100, func() { ByGroups(c, 9, 2, serialWork, a, l, (*groupLog).run) }); got != 0 {
		t.Errorf("got %v allocations per run, want 0", got)
	}
}
