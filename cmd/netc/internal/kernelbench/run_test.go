package kernelbench

import (
	"errors"
	"regexp"
	"runtime"
	"testing"

	"github.com/netc-lang/netc/runtime/kernel"
)

func TestPlansCoverTheNetworks(t *testing.T) {
	all, err := plans(1)
	if err != nil {
		t.Fatal(err)
	}
	count, passes := map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	for _, p := range all {
		count[p.class]++
		passes[p.pass]++
		seen[p.name()] = true
	}
	for class, least := range map[string]int{"gemm": 10, "direct": 30, "conv1x1": 50, "stem": 5, "depthwise": 15, "winograd": 20, "strassen": 50, "pool": 6, "eltwise": 10} {
		if count[class] < least {
			t.Errorf("got %d kernels of class %s, want at least %d", count[class], class, least)
		}
	}
	for pass, least := range map[string]int{"forward": 200, "bwd_data": 80, "bwd_weights": 80} {
		if passes[pass] < least {
			t.Errorf("got %d kernels of pass %s, want at least %d", passes[pass], pass, least)
		}
	}
	for _, name := range []string{
		"direct forward 64x56x56->64 3x3 s1", "direct forward 512x7x7->512 3x3 s1", "stem forward 3x224x224->64 7x7 s2",
		"conv1x1 forward 64x56x56->256 1x1 s1", "winograd forward 64x224x224->64 3x3 s1",
		"strassen forward 64x56x56->256 1x1 s1", "strassen forward 512x7x7->2048 1x1 s1 b8",
		"depthwise forward 192x28x28->192 3x3 s1 g192", "depthwise forward 576x14x14->576 3x3 s1 g576",
	} {
		if !seen[name] {
			t.Errorf("%s is not measured", name)
		}
	}
}

func TestOddShapesFollowTheSeed(t *testing.T) {
	one, again, two := oddShapes(1), oddShapes(1), oddShapes(2)
	same := 0
	for i := range one {
		if one[i].name() != again[i].name() {
			t.Errorf("shape %d differs from one call to the next: %s, %s", i, one[i].name(), again[i].name())
		}
		if one[i].name() == two[i].name() {
			same++
		}
	}
	if len(one) != 100 || same > 10 {
		t.Errorf("got %d shapes, %d of them whatever the seed", len(one), same)
	}
}

func TestRun(t *testing.T) {
	var got []Result
	o := Options{Filter: regexp.MustCompile(`^gemm forward 1x400x120$|^stem forward 1x28x28->6 5x5 s1$`), Fast: true}
	if err := Run(o, func(r Result) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("got %d results, want 2", len(got))
	}
	for _, r := range got {
		vector := kernel.Selected() > kernel.Generic
		if r.GFLOPS <= 0 || r.GBPS <= 0 || r.Algo == "" || r.Threads != 1 || (r.Peak > 0) != vector || (r.PeakNow > 0) != vector {
			t.Errorf("got %+v", r)
		}
	}
	failure := errors.New("enough")
	if err := Run(o, func(Result) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("got %v, want the error of report", err)
	}
}

// Two threads are told beside one, and one alone says nothing of others.
func TestRunOnTwoThreads(t *testing.T) {
	for threads := 1; threads <= min(2, runtime.GOMAXPROCS(0)); threads++ {
		o := Options{Threads: threads, Filter: regexp.MustCompile(`^conv1x1 forward 64x56x56->64 `), Fast: true}
		if err := Run(o, func(r Result) error {
			if r.Threads != threads || (r.Speedup > 0) != (threads > 1) || (r.SpeedupBest > 0) != (threads > 1) {
				t.Errorf("on %d threads got %+v", threads, r)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOtherKernelsRun runs each kernel that is no convolution once: what training and
// attention are made of besides is measured, too.
func TestOtherKernelsRun(t *testing.T) {
	kinds := map[string]int{}
	for _, p := range otherKernels() {
		s := p.open(kernel.NewCtx(nil))
		s.run()
		kinds[s.class+" "+s.pass+" "+s.algo]++
		if s.class != p.class || s.pass != p.pass || s.shape != p.shape || !(s.flops > 0) || !(s.bytes > 0) {
			t.Errorf("%s: got %s %s %s, %g operations and %g bytes", p.name(), s.class, s.pass, s.shape, s.flops, s.bytes)
		}
	}
	for _, kind := range []string{
		"gemm forward dense", "gemm forward batched", "pool bwd_data max", "pool bwd_data mean", "eltwise forward bilinear", "eltwise forward nearest",
		"eltwise forward batch norm", "eltwise bwd_data batch norm", "eltwise forward softmax", "eltwise forward cross entropy", "eltwise bwd_data cross entropy",
		"eltwise bwd_weights sgd", "eltwise bwd_weights adam",
	} {
		if kinds[kind] == 0 {
			t.Errorf("%s is not measured", kind)
		}
	}
}
