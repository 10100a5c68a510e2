package kernelbench

import (
	"slices"
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
)

// How a kernel is measured.
const (
	window      = 3 * time.Millisecond // of kernel calls
	windows     = 15
	windowsFast = 5
	warm        = 30 * time.Millisecond
	waking      = 200 * time.Microsecond // of calls before a window: threads fell asleep beside it

	// A window counts if multiply-adds reach this part of their steady peak before and after
	// it. Where a host lays two virtual cores on one of its own for a while, they reach half;
	// kernels that load much lower the clock by up to an eighth.
	undisturbed = 0.8
	// Windows are taken for so long, and for at least as many as shall count. If too few of
	// them count, all do: the machine is like that.
	patience = time.Second
)

// turn is one of the functions that are measured in turn.
type turn struct {
	run    func()
	peak   func() float64 // the rate of multiply-adds just now
	steady float64        // that rate when nothing disturbs it
}

// speed is what one measurement found: seconds of a call, in the median and the best of
// the windows, and the peak beside them.
type speed struct{ seconds, best, peakNow float64 }

// samples are the windows of one turn.
type samples struct{ seconds, peaks []float64 }

func (s *samples) add(seconds, peak float64) {
	s.seconds, s.peaks = append(s.seconds, seconds), append(s.peaks, peak)
}

// measure times functions in windows that take turns, until the given number of windows
// of each counts.
func measure(count int, turns ...turn) []speed {
	inside := make([]int, len(turns))
	for i, t := range turns {
		t.run()
		calls, took := repeat(t.run, 2, warm)
		inside[i] = int(window/max(took/time.Duration(calls), 1)) + 1
	}
	good, all := make([]samples, len(turns)), make([]samples, len(turns))
	few := func(s samples) bool { return len(s.seconds) < count }
	start := time.Now()
	for slices.ContainsFunc(all, few) || slices.ContainsFunc(good, few) && time.Since(start) < patience {
		for i, t := range turns {
			before := t.peak()
			repeat(t.run, 1, waking)
			calls, took := repeat(t.run, inside[i], 0)
			seconds, peak := took.Seconds()/float64(calls), min(before, t.peak())
			all[i].add(seconds, peak)
			if peak >= undisturbed*t.steady {
				good[i].add(seconds, peak)
			}
		}
	}
	speeds := make([]speed, len(turns))
	for i, s := range good {
		if few(s) {
			s = all[i]
		}
		speeds[i] = speed{median(s.seconds), slices.Min(s.seconds), median(s.peaks)}
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
	s := measure(windowsFast, turn{run: func() { copy(dst, src) }, peak: func() float64 { return 0 }})
	return float64(8*n) / s[0].seconds
}
