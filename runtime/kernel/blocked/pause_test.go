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

// stops collects garbage again and again while work runs, and returns the quantile of
// the time that the world took to stop.
func stops(work func(), quantile float64) (wait time.Duration, collections int) {
	quit, done := make(chan bool), make(chan bool)
	go func() {
		for {
			select {
			case <-quit:
				close(done)
				return
			default:
				work()
			}
		}
	}()
	before := stopping()
	for range 50 {
		runtime.GC()
		time.Sleep(200 * time.Microsecond)
	}
	after := stopping()
	close(quit)
	<-done
	total := uint64(0)
	for i := range after.Counts {
		total += after.Counts[i] - before.Counts[i]
	}
	sum := uint64(0)
	for i := range after.Counts {
		if sum += after.Counts[i] - before.Counts[i]; float64(sum) >= quantile*float64(total) {
			return time.Duration(after.Buckets[i+1] * 1e9), int(total)
		}
	}
	return 0, int(total)
}

// TestStopTheWorld asserts that no call of a kernel keeps a collection waiting: the
// layers with the largest calls, against a loop of Go that can be stopped anywhere. A
// call that ran as long as its layer would show at once: 20 ms and more.
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
	base, _ := stops(func() {
		for range 1 << 16 {
			free++
		}
	}, 0.5)
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
	for _, row := range []struct {
		name string
		run  func()
	}{
		{direct + " 64 of 224x224", run1}, {wino + " 64 of 224x224", run2}, {deep + " 512 of 28x28", run3}, {wide + " 1x1 2048 of 7x7", run4},
		{depth + " 96 of 112x112", run5},
		{"weights direct 256 of 14x14, 16 images", dw(256, 14, 16, Direct)}, {"weights winograd4 64 of 56x56, 8 images", dw(64, 56, 8, Winograd4)},
	} {
		wait, n := stops(row.run, 0.5)
		t.Logf("%-42s %v, a loop of Go %v, median of %d collections", row.name, wait, base, n)
		if limit := 2*time.Millisecond + 4*base; wait > limit {
			t.Errorf("%s: the world stops after %v in half of the collections, want at most %v", row.name, wait, limit)
		}
	}
}
