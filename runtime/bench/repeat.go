package bench

import (
	"bytes"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// How repeat works: windows long enough for the clock, as many as fit the time
// that a measurement may take, and never so few that a median says nothing.
const (
	benchTime    = 1500 * time.Millisecond
	benchWindow  = 3 * time.Millisecond
	benchWarm    = 100 * time.Millisecond
	benchWindows = 5 // at least
)

// repeat calls run for about the time of budget, after a warm-up, and returns the
// time of one call: the median and the best of windows of at least 3 ms.
//
// Errors: the first of run.
func repeat(run func() error, budget time.Duration) (median, best time.Duration, err error) {
	runtime.GC() // none is due while nothing allocates
	calls := 0
	start := time.Now()
	for calls < 2 || time.Since(start) < min(benchWarm, budget) {
		if err := run(); err != nil {
			return 0, 0, err
		}
		calls++
	}
	each := max(time.Since(start)/time.Duration(calls), 1)
	inside := int(benchWindow/each) + 1
	var windows []time.Duration
	for start = time.Now(); len(windows) < benchWindows || time.Since(start) < budget; {
		t := time.Now()
		for range inside {
			if err := run(); err != nil {
				return 0, 0, err
			}
		}
		windows = append(windows, time.Since(t)/time.Duration(inside))
	}
	slices.Sort(windows)
	return windows[len(windows)/2], windows[0], nil
}

// residentBytes is the most memory that the process has had in use: what the
// kernel counted on Linux, what Go got from the system elsewhere.
func residentBytes() int64 {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range bytes.Lines(status) {
			if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
				if kib, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64); err == nil {
					return kib << 10
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
