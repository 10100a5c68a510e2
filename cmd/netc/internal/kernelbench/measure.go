package kernelbench

import (
	"slices"
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
)

// How a kernel is measured.
const (
	window      = 3 * time.Millisecond // of kernel calls
	peakWindow  = time.Millisecond     // of multiply-adds beside it
	windows     = 15
	windowsFast = 5
	warm        = 30 * time.Millisecond
)

// speed is what one measurement found: seconds of a call and the peak beside it.
type speed struct{ seconds, peakNow float64 }

// measure times run. With fast it takes fewer windows.
func measure(isa kernel.ISA, fast bool, run func()) speed {
	run()
	calls := 0
	start := time.Now()
	for calls < 2 || time.Since(start) < warm {
		run()
		calls++
	}
	each := max(time.Since(start)/time.Duration(calls), 1)
	inside := int(window/each) + 1
	count := windows
	if fast {
		count = windowsFast
	}
	times, peaks := make([]float64, count), make([]float64, count)
	for i := range count {
		t := time.Now()
		for range inside {
			run()
		}
		times[i] = time.Since(t).Seconds() / float64(inside)
		peaks[i] = kernel.PeakWindow(isa, peakWindow)
	}
	return speed{median(times), median(peaks)}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// copySpeed is the speed of a plain copy whose source and destination hold bytes
// together, in bytes a second.
func copySpeed(bytes int) float64 {
	n := max(bytes/8, 16)
	src, dst := kernel.Aligned(n), kernel.Aligned(n)
	for i := range src {
		src[i] = float32(i % 7)
	}
	s := measure(kernel.Generic, true, func() { copy(dst, src) })
	return float64(8*n) / s.seconds
}
