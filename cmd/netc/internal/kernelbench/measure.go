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

	// Windows are taken for so long at the most, or until enough were undisturbed. If fewer
	// than some were, all count: the machine is like that.
	patience     = 6 * time.Second
	patienceFast = 3 * time.Second
	some         = 3
)

// turn is one of the functions that are measured in turn.
type turn struct {
	run    func()
	look   func() look // at the cores that it runs on
	steady float64     // multiply-adds there when nothing disturbs them
}

// method says how many undisturbed windows are wanted, for how long they are waited for,
// and whether disturbed ones count as well.
type method struct {
	windows   int
	patience  time.Duration
	disturbed bool
}

// speed is what one measurement found: seconds of a call, in the median and the best of
// the windows that count, the peak beside them, and the part of all windows that was undisturbed.
type speed struct{ seconds, best, peakNow, undisturbed float64 }

// sample is a window: seconds of a call, and the machine beside it.
type sample struct {
	seconds float64
	beside  look
}

// measure times functions in windows that take turns. fastest is the time of the reference
// kernel with no neighbour, and learns.
func (m method) measure(fastest *float64, turns ...turn) []speed {
	inside := make([]int, len(turns))
	for i, t := range turns {
		t.run()
		calls, took := repeat(t.run, 2, warm)
		inside[i] = int(window/max(took/time.Duration(calls), 1)) + 1
	}
	taken := make([][]sample, len(turns))
	quiet := func(i int) []sample {
		return slices.DeleteFunc(slices.Clone(taken[i]), func(s sample) bool {
			return s.beside.peak < enoughPeak*turns[i].steady || s.beside.reference > neighbour**fastest
		})
	}
	enough := func() bool {
		for i := range turns {
			if len(quiet(i)) < m.windows && !m.disturbed {
				return false
			}
		}
		return true
	}
	for start := time.Now(); len(taken[0]) < m.windows || !enough() && time.Since(start) < m.patience; {
		for i, t := range turns {
			before := t.look()
			repeat(t.run, 1, waking)
			calls, took := repeat(t.run, inside[i], 0)
			beside := before.worse(t.look())
			*fastest = min(*fastest, before.reference)
			taken[i] = append(taken[i], sample{took.Seconds() / float64(calls), beside})
		}
	}
	speeds := make([]speed, len(turns))
	for i := range turns {
		counts := quiet(i)
		part := float64(len(counts)) / float64(len(taken[i]))
		if len(counts) < some || m.disturbed {
			counts = taken[i]
		}
		var seconds, peaks []float64
		for _, s := range counts {
			seconds, peaks = append(seconds, s.seconds), append(peaks, s.beside.peak)
		}
		speeds[i] = speed{median(seconds), slices.Min(seconds), median(peaks), part}
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
	m, never := method{windows: windowsFast, disturbed: true}, 0.0
	s := m.measure(&never, turn{run: func() { copy(dst, src) }, look: func() look { return look{} }})
	return float64(8*n) / s[0].seconds
}
