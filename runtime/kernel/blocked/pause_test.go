package blocked

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/parallel"
)

// stopping is the histogram of how long it took to stop the world for collections.
func stopping() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindFloat64Histogram {
		return nil
	}
	return s[0].Value.Float64Histogram()
}

// waits counts how long the world took to stop, by the buckets of stopping.
type waits struct {
	counts  []uint64
	buckets []float64
	total   int
}

// collect collects garbage some times while work runs, and counts the waits.
func (w *waits) collect(work func(), times int) {
	quit, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
				work()
			}
		}
	}()
	before := stopping()
	for range times {
		runtime.GC()
		time.Sleep(200 * time.Microsecond)
	}
	after := stopping()
	close(quit)
	<-done
	if w.counts == nil {
		w.counts, w.buckets = make([]uint64, len(after.Counts)), after.Buckets
	}
	for i := range w.counts {
		n := after.Counts[i] - before.Counts[i]
		w.counts[i] += n
		w.total += int(n)
	}
}

// median returns the upper bound of the bucket that half of the waits do not exceed.
func (w *waits) median() time.Duration {
	sum := uint64(0)
	for i, n := range w.counts {
		if sum += n; 2*sum >= uint64(w.total) {
			return time.Duration(w.buckets[i+1] * 1e9)
		}
	}
	return 0
}

// TestStopTheWorld asserts that no call of a kernel keeps a collection waiting: the
// layers with the largest calls, in turn with a loop of Go that can be stopped anywhere,
// so that a busy machine keeps both waiting. A call that ran as long as its layer would
// show at once: 20 ms and more. What seems too long is counted again, since other
// programs may take the processor away for longer than a turn lasts.
func TestStopTheWorld(t *testing.T) {
	if testing.Short() {
		t.Skip("collects garbage for seconds")
	}
	if kernel.Selected() == kernel.Generic {
		t.Skip("kernels in Go can be stopped anywhere, as the loop of Go that this compares with")
	}
	if stopping() == nil {
		t.Fatal("this version of Go has no /sched/pauses/stopping/gc:seconds: the test would see nothing")
	}
	pool := parallel.New(1)
	defer pool.Close()
	c := kernel.NewCtx(pool)
	free := 0
	loop := func() {
		for range 1 << 16 {
			free++
		}
	}
	conv := func(ch, side, out, k, stride int, algo Algorithm) (string, func()) {
		pad := k / 2
		s := kernel.ConvShape{C: ch, H: side, W: side, O: out, R: k, S: k, StrideH: stride, StrideW: stride, DilH: 1, DilW: 1,
			PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad, Groups: 1}
		if algo == Depthwise {
			s.Groups = ch
		}
		p := NewConv(ConvConfig{Shape: s, In: Map{C: ch, H: side, W: side, Halo: pad}, Out: Map{C: out, H: s.P(), W: s.Q()}, Algo: algo, ISA: kernel.Selected()})
		x, y, w := kernel.Aligned(p.In.Len(1)), kernel.Aligned(p.Out.Len(1)), kernel.Aligned(p.PackedLen())
		c.Reserve(p.Need(1))
		return algo.String(), func() { p.Run(c, 1, y, x, w, nil, nil) }
	}
	dw := func(ch, side, images int, algo Algorithm) func() {
		s := kernel.ConvShape{C: ch, H: side, W: side, O: ch, R: 3, S: 3, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, Groups: 1}
		p := NewConvDW(ConvDWConfig{Shape: s, X: Map{C: ch, H: side, W: side, Halo: 1}, DY: Map{C: ch, H: side, W: side}, Algo: algo, ISA: kernel.Selected()})
		x, dy, g := kernel.Aligned(p.X.Len(images)), kernel.Aligned(p.DY.Len(images)), kernel.Aligned(s.Weights())
		c.Reserve(p.Need(images))
		return func() { p.Run(c, images, g, x, dy) }
	}
	direct, run1 := conv(64, 224, 64, 3, 1, Direct)
	wino, run2 := conv(64, 224, 64, 3, 1, Winograd4)
	deep, run3 := conv(512, 28, 512, 3, 1, Direct)
	wide, run4 := conv(2048, 7, 512, 1, 1, Direct)
	depth, run5 := conv(96, 112, 96, 3, 1, Depthwise)
	within := func(name string, run func(), turns int, want bool) (wait, limit time.Duration, within bool) {
		for attempt := 1; attempt == 1 || attempt <= 3 && within != want; attempt++ {
			var base, kernels waits
			for range turns {
				base.collect(loop, 5)
				kernels.collect(run, 5)
			}
			wait, limit = kernels.median(), 2*time.Millisecond+4*base.median()
			within = wait <= limit
			t.Logf("%-42s %v, a loop of Go %v, medians of %d and %d collections", name, wait, base.median(), kernels.total, base.total)
		}
		return wait, limit, within
	}
	for _, row := range []struct {
		name string
		run  func()
	}{
		{direct + " 64 of 224x224", run1}, {wino + " 64 of 224x224", run2}, {deep + " 512 of 28x28", run3}, {wide + " 1x1 2048 of 7x7", run4},
		{depth + " 96 of 112x112", run5},
		{"weights direct 256 of 14x14, 16 images", dw(256, 14, 16, Direct)}, {"weights winograd4 64 of 56x56, 8 images", dw(64, 56, 8, Winograd4)},
	} {
		if wait, limit, within := within(row.name, row.run, 10, true); !within {
			t.Errorf("%s: the world stops after %v in half of the collections, want at most %v", row.name, wait, limit)
		}
	}
	long := func() { kernel.PeakWindow(kernel.Selected(), 60*time.Millisecond) } // one call
	if wait, limit, within := within("one call of 60 ms", long, 2, false); within {
		t.Errorf("a call of 60 ms is not seen: the world stops after %v, which %v would allow", wait, limit)
	}
}
