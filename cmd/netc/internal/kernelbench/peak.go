package kernelbench

import (
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// Multiply-adds beside a window of a kernel, and those before them that wake sleeping threads.
const (
	peakWindow = time.Millisecond
	peakWaking = 100 * time.Microsecond
)

// peaks is a task whose every chunk is a window of multiply-adds.
type peaks struct {
	isa    kernel.ISA
	window time.Duration
	flops  []float64 // of each chunk, in 10⁹
}

func (p *peaks) Chunk(_, chunk int) {
	start := time.Now()
	rate := kernel.PeakWindow(p.isa, p.window)
	p.flops[chunk] = rate * time.Since(start).Seconds()
}

// peakOf returns a function that tells the rate of multiply-adds of all threads of a pool
// together, in 10⁹ operations a second, as it is just now.
func peakOf(isa kernel.ISA, pool *parallel.Pool) func() float64 {
	p := &peaks{isa: isa, flops: make([]float64, pool.Threads())}
	return func() float64 {
		p.window = peakWaking
		pool.Run(len(p.flops), p)
		p.window = peakWindow
		start := time.Now()
		pool.Run(len(p.flops), p)
		total := 0.0
		for _, f := range p.flops {
			total += f
		}
		return total / time.Since(start).Seconds()
	}
}
