package kernelbench

import (
	"math"
	"slices"
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// A look at the machine, before a window of a kernel and after it.
const (
	peakWindow = time.Millisecond       // of multiply-adds
	peakWaking = 100 * time.Microsecond // of multiply-adds before them, which wake sleeping threads

	// Links of a chain of operations that wait for each other, some 10 us, and how often it
	// is timed. The shortest time counts: an interrupt makes one longer, a neighbour all.
	chainLinks = 20_000
	chainTimes = 3

	// A window was disturbed if multiply-adds beside it reach less than this part of their
	// steady peak. Where a host lays two virtual cores on one of its own for a while, they
	// reach half; kernels that load much lower the clock by up to an eighth.
	enoughPeak = 0.8
	// It was disturbed, too, if the chain beside it takes so many times as long as the fastest
	// of this process: the host then runs something else on the other hardware thread of
	// the core. On Zen 4 the chain takes 1.8 times as long beside such a neighbour and kernels
	// 1.2 times, but multiply-adds from registers hardly longer.
	neighbour = 1.25
)

// look is what a look at the machine tells.
type look struct {
	peak float64 // multiply-adds of all threads together, 10⁹ operations a second
	link float64 // ns of a link of the chain, on the slowest thread
}

// worse joins the looks before a window and after it.
func (l look) worse(o look) look { return look{min(l.peak, o.peak), max(l.link, o.link)} }

// machine looks at the cores on which the threads of a pool run.
type machine struct {
	pool   *parallel.Pool
	adds   multiplyAdds
	chains chains
}

func newMachine(isa kernel.ISA, pool *parallel.Pool) *machine {
	n := pool.Threads()
	return &machine{
		pool:   pool,
		adds:   multiplyAdds{isa: isa, done: make([]float64, n)},
		chains: chains{took: make([]time.Duration, n), end: make([]uint64, n)},
	}
}

// look takes 1.2 ms.
func (m *machine) look() look {
	n := m.pool.Threads()
	m.adds.window = peakWaking
	m.pool.Run(n, &m.adds)
	m.adds.window = peakWindow
	start := time.Now()
	m.pool.Run(n, &m.adds)
	took, total := time.Since(start), 0.0
	for _, d := range m.adds.done {
		total += d
	}
	m.pool.Run(n, &m.chains)
	return look{total / took.Seconds(), float64(slices.Max(m.chains.took)) / chainLinks}
}

// multiplyAdds is a task whose every chunk is a window of multiply-adds.
type multiplyAdds struct {
	isa    kernel.ISA
	window time.Duration
	done   []float64 // operations of each chunk, in 10⁹
}

func (m *multiplyAdds) Chunk(_, chunk int) {
	start := time.Now()
	rate := kernel.PeakWindow(m.isa, m.window)
	m.done[chunk] = rate * time.Since(start).Seconds()
}

// chains is a task whose every chunk is a chain of operations that wait for each other.
type chains struct {
	took []time.Duration
	end  []uint64 // so that the compiler keeps the chain
}

func (c *chains) Chunk(_, chunk int) {
	least := time.Duration(math.MaxInt64)
	for range chainTimes {
		x, start := c.end[chunk], time.Now()
		for range chainLinks {
			x = 3*x + 1
		}
		least = min(least, time.Since(start))
		c.end[chunk] = x
	}
	c.took[chunk] = least
}
