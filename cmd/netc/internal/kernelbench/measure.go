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
	waking      = 200 * time.Microsecond // of calls before a window: threads fell asleep beside it
)

// speed is what one measurement found: seconds of a call, in the median and the best of
// the windows, and the peak beside it.
type speed struct{ seconds, best, peakNow float64 }

// measure times each of some functions, in windows that take turns. With fast it takes
// fewer of them.
func measure(isa kernel.ISA, fast bool, runs ...func()) []speed {
	count := windows
	if fast {
		count = windowsFast
	}
	inside := make([]int, len(runs))
	for i, run := range runs {
		run()
		calls, took := repeat(run, 2, warm)
		inside[i] = int(window/max(took/time.Duration(calls), 1)) + 1
	}
	speeds := make([]speed, len(runs))
	times, peaks := make([][]float64, len(runs)), make([][]float64, len(runs))
	for range count {
		for i, run := range runs {
			repeat(run, 1, waking)
			calls, took := repeat(run, inside[i], 0)
			times[i] = append(times[i], took.Seconds()/float64(calls))
			peaks[i] = append(peaks[i], kernel.PeakWindow(isa, peakWindow))
		}
	}
	for i := range runs {
		speeds[i] = speed{median(times[i]), slices.Min(times[i]), median(peaks[i])}
	}
	return speeds
}

// repeat calls run at least so many times and for at least some time, and returns how
// often and how long it was.
func repeat(run func(), least int, long time.Duration) (calls int, took time.Duration) {
	start := time.Now()
	for calls < least || time.Since(start) < long {
		run()
		calls++
	}
	return calls, time.Since(start)
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
	return float64(8*n) / s[0].seconds
}
