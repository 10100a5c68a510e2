package blocked

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/netc-lang/netc/runtime/kernel"
)

// threadTime is the processor time of this thread, which other processes do not
// add to.
func threadTime(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

// bestOf returns the processor time of the fastest run of body.
func bestOf(b *testing.B, body func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	body()
	best := time.Duration(1 << 62)
	for b.Loop() {
		start := threadTime(b)
		body()
		best = min(best, threadTime(b)-start)
	}
	b.ReportMetric(0, "ns/op")
	return best
}

// reportRate reports GFLOP/s, the steady peak of the set and their ratio.
func reportRate(b *testing.B, isa kernel.ISA, macs int, body func()) {
	rate, peak := 2*float64(macs)/float64(bestOf(b, body)), peaks[isa]()
	b.ReportMetric(rate, "gflops")
	b.ReportMetric(peak, "peak")
	b.ReportMetric(rate/peak, "ratio")
}

// reportBandwidth reports GB/s, those of a copy of as many bytes, and their ratio.
func reportBandwidth(b *testing.B, bytes int, body func()) {
	src, dst := make([]float32, bytes/8), make([]float32, bytes/8)
	clock := time.Duration(1 << 62)
	for range 8 {
		start := threadTime(b)
		copy(dst, src)
		clock = min(clock, threadTime(b)-start)
	}
	rate, most := float64(bytes)/float64(bestOf(b, body)), float64(bytes)/float64(clock)
	b.ReportMetric(rate, "GB/s")
	b.ReportMetric(most, "copy")
	b.ReportMetric(rate/most, "ratio")
}
