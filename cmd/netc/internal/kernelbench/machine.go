package kernelbench

import (
	"math"
	"slices"
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/kernel/blocked"
	"github.com/netc-lang/netc/runtime/parallel"
)

// A look at the machine, before a window of a kernel and after it.
const (
	peakWindow = time.Millisecond       // of multiply-adds
	peakWaking = 100 * time.Microsecond // of multiply-adds before them, which wake sleeping threads

	// Calls of the reference kernel, 10 us or so, and how often they are timed. The shortest
	// time counts: an interrupt makes one longer, a neighbour all.
	referenceCalls = 8
	referenceTimes = 3

	// A window was disturbed if multiply-adds beside it reach less than this part of their
	// steady peak. Where a host lays two virtual cores on one of its own for a while, they
	// reach half; kernels that load much lower the clock by up to an eighth.
	enoughPeak = 0.8
	// It was disturbed, too, if the reference kernel beside it takes so many times as long as
	// its fastest time in this process: the host then runs something else on the other hardware
	// thread of the core. On Zen 4 kernels take 1.2 to 1.5 times as long beside such a neighbour,
	// but multiply-adds from registers, which leave most of a core idle, hardly longer.
	neighbour = 1.15
)

// look is what a look at the machine tells.
type look struct {
	peak      float64 // multiply-adds of all threads together, 10⁹ operations a second
	reference float64 // us of a call of the reference kernel, on the slowest thread
}

// worse joins the looks before a window and after it.
func (l look) worse(o look) look {
	return look{min(l.peak, o.peak), max(l.reference, o.reference)}
}

// machine looks at the cores on which the threads of a pool run.
type machine struct {
	pool       *parallel.Pool
	adds       multiplyAdds
	references references
}

func newMachine(isa kernel.ISA, pool *parallel.Pool) *machine {
	n := pool.Threads()
	m := &machine{
		pool:       pool,
		adds:       multiplyAdds{isa: isa, done: make([]float64, n)},
		references: references{took: make([]float64, n)},
	}
	// Its operands, 20 KiB, stay in the first cache, so that nothing but the core decides.
	s := kernel.ConvShape{C: 32, H: 8, W: 8, O: 32, R: 1, S: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}
	reference := forwardOf("conv1x1", s, 1, blocked.Direct, knownSizes)
	for range n {
		m.references.run = append(m.references.run, reference.open(kernel.NewCtx(nil)).run)
	}
	return m
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
	m.pool.Run(n, &m.references)
	return look{total / took.Seconds(), slices.Max(m.references.took)}
}

// How often the steady peak is taken, and which part of each other the two largest have.
const (
	peakTimes = 12
	peakAgree = 0.99
)

// steadyPeak takes the peak until the two largest of what measure found agree: one that was
// taken while something else worked on the core is lower, and would flatter kernels.
func steadyPeak(measure func() float64) float64 {
	first, second := 0.0, 0.0
	for range peakTimes {
		p := measure()
		first, second = max(first, p), max(min(first, p), second)
		if second >= peakAgree*first {
			break
		}
	}
	return first
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

// references is a task whose every chunk is some calls of the reference kernel.
type references struct {
	run  []func()  // of each chunk, on operands of its own
	took []float64 // us a call
}

func (r *references) Chunk(_, chunk int) {
	least := math.Inf(1)
	for range referenceTimes {
		calls, took := repeat(r.run[chunk], referenceCalls, 0)
		least = min(least, float64(took)/float64(time.Microsecond)/float64(calls))
	}
	r.took[chunk] = least
}
