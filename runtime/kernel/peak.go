package kernel

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// How the peak is measured: the clock settles while nothing but multiply-adds
// runs, then windows long enough for the clock's resolution are timed. A loop
// between other kernels would sit in their clock bin and read lower.
const (
	peakWarm    = 60 * time.Millisecond
	peakWindow  = 3 * time.Millisecond
	peakWindows = 15
)

// PeakGFLOPS measures the steady peak of multiply-adds in f32 of an instruction
// set: registers only, on the given number of threads at once, in 10⁹ operations a
// second (two for each multiply-add). It is what speeds of kernels are held
// against. The generic kernels have no peak: 0.
//
// Cost: about 0.1 s.
func PeakGFLOPS(i ISA, threads int) float64 {
	if i == Generic || !i.Available() {
		return 0
	}
	rates := make([]float64, max(threads, 1))
	var done sync.WaitGroup
	for t := range rates {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			rates[t] = peakOfThread(i)
		})
	}
	done.Wait()
	total := 0.0
	for _, r := range rates {
		total += r
	}
	return total
}

// peakOfThread is the median rate of the windows of one thread.
func peakOfThread(i ISA) float64 {
	trips := 1 << 14
	for start := time.Now(); ; {
		d, _ := timeFMA(i, trips)
		if d < peakWindow {
			// A little more than a window, and never a wild jump from a bad reading.
			trips = min(8*trips, int(float64(trips)*1.1*float64(peakWindow)/float64(max(d, time.Microsecond)))+1)
		} else if time.Since(start) > peakWarm {
			break
		}
	}
	rates := make([]float64, peakWindows)
	for w := range rates {
		d, flops := timeFMA(i, trips)
		rates[w] = flops / float64(d)
	}
	slices.Sort(rates)
	return rates[len(rates)/2]
}

func timeFMA(i ISA, trips int) (time.Duration, float64) {
	start := time.Now()
	flops := fma(i, trips)
	return time.Since(start), flops
}

// PeakWindow is one look at the peak of a set: the rate of a loop of multiply-adds
// that takes about d, in 10⁹ operations a second. Between the windows of a kernel it
// tells what the clock allowed just then.
func PeakWindow(i ISA, d time.Duration) float64 {
	if i == Generic || !i.Available() {
		return 0
	}
	const first = 1 << 12
	took, _ := timeFMA(i, first)
	took, flops := timeFMA(i, int(first*float64(d)/float64(max(took, time.Microsecond)))+1)
	return flops / float64(took)
}
