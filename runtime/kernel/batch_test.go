package kernel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"
)

// TestNeighboursDoNotMatter: the results of an image are the same bits alone and
// among others, whatever algorithm the size of the batch selects.
func TestNeighboursDoNotMatter(t *testing.T) {
	r := newRand(t)
	for i := range 60 {
		s, n := someConv(r), 7+r.IntN(12)
		if i < 2 {
			s = convPlaces[len(convPlaces)-1-i].s
		}
		all := newConvCase(r, s, n, false)
		want := all.forward(t, 1, vector)
		for k := range n {
			one := *all
			one.n = 1
			one.x = all.x[k*s.in():][:s.in()]
			one.residual = all.residual[k*s.out():][:s.out()]
			wantSame(t, fmt.Sprintf("image %d alone, %v", k, all), one.forward(t, 1, vector), want[k*s.out():][:s.out()])
		}
		d := newDenseCase(r, 1, n, someSize(r), someSize(r), false)
		rows := d.dense(t, 1, vector)
		for k := range n {
			one := *d
			one.m, one.a, one.r = 1, d.a[k*d.k:][:d.k], d.r[k*d.n:][:d.n]
			wantSame(t, fmt.Sprintf("row %d alone, %v", k, d), one.dense(t, 1, vector), rows[k*d.n:][:d.n])
		}
	}
}

// TestCollectorNeedNotWait: a loop of kernels lets the garbage collector stop the
// world. Leaf assembly without a stack check held it up for seconds.
func TestCollectorNeedNotWait(t *testing.T) {
	l := newLenet(t, newRand(t), 32, 2)
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !stop.Load() {
			l.step()
		}
	}()
	var before, after debug.GCStats
	debug.ReadGCStats(&before)
	begin := time.Now()
	for range 20 {
		runtime.GC()
	}
	took := time.Since(begin)
	stop.Store(true)
	<-done
	debug.ReadGCStats(&after)
	if pause := after.PauseTotal - before.PauseTotal; pause > time.Second {
		t.Errorf("20 collections stopped the world for %v", pause)
	}
	if took > 10*time.Second {
		t.Errorf("20 collections took %v", took)
	}
}
