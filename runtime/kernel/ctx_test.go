package kernel

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"
)

// TestNoAllocations runs whole training steps: every kernel of them on several
// threads.
func TestNoAllocations(t *testing.T) {
	for _, threads := range []int{1, 2} {
		l := newLenet(t, newRand(t), 20, threads)
		l.step()
		if got := testing.AllocsPerRun(10, l.step); got != 0 {
			t.Errorf("got %v allocations per step on %d threads, want 0", got, threads)
		}
	}
}

func TestOtherKernelsDoNotAllocate(t *testing.T) {
	r := newRand(t)
	c := context(t, 2, 0, 0)
	x, y, z := normals(r, 1<<16), make([]float32, 1<<16), make([]float32, 1<<16)
	small := [3][]float32{make([]float32, 64), make([]float32, 64), make([]float32, 64)}
	ints := make([]int32, 1<<16)
	s := &PoolShape{C: 4, H: 32, W: 32, R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	if got := testing.AllocsPerRun(10, func() {
		Softmax(c, 64, 1024, 1, y, x)
		SoftmaxDX(c, 64, 1024, 1, z, y, x)
		LogSoftmax(c, 64, 16, 64, y, x)
		LogSoftmaxDX(c, 64, 16, 64, z, y, x)
		Reduce(c, ReduceSum, small[0], x, []int{64, 1024}, 2)
		ArgReduce(c, true, 64, 1024, 1, ints, x)
		TopK(c, 5, 64, 1024, 1, y, ints, x)
		CumSum(c, 64, 1024, 1, y, x)
		Transpose(c, y, x, []int{64, 16, 64}, []int{2, 0, 1})
		Broadcast(c, y, x, []int{64, 1024}, []int{1024})
		Reverse(c, y, x, []int{64, 1024}, 3)
		Pad(c, y, x, []int{30, 30}, []int{1, 1}, []int{1, 1}, 0)
		BatchNormTrain(c, 16, 64, 64, y, small[0], small[1], small[0], small[1], x, nil, nil, small[2], small[2], 1e-5, 0.1)
		BatchNormDX(c, 16, 64, 64, y, small[0], small[1], x, x, nil, small[2], small[2])
		Norm(c, NormShape{64, 1024, 1, 0}, y, small[0], small[1], x, nil, nil, 1e-5)
		NormDX(c, NormShape{64, 1024, 1, 0}, y, z, z[1024:], x, x, nil, small[0], small[1])
		Resize(c, ResizeShape{4, 32, 32, 2, 2, true}, y, x)
		RandomNormal(c, y, 1, 2)
		MaxPool(c, s, 8, y, nil, x)
		AvgPool(c, s, 8, y, x)
	}); got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

func TestReserve(t *testing.T) {
	c := context(t, 3, 100, 50)
	for w := range 3 {
		s := c.scratch(w, 100)
		if addr := uintptr(unsafe.Pointer(&s[0])); addr%64 != 0 {
			t.Errorf("scratch of worker %d begins at %#x, want a cache line", w, addr)
		}
		for i := range s {
			s[i] = float32(w)
		}
	}
	for w := range 3 {
		if got := c.scratch(w, 100)[99]; got != float32(w) {
			t.Errorf("worker %d: got %v, want its own memory", w, got)
		}
	}
	c.Reserve(10, 10)
	if len(c.shared) != 50 || c.perWorker < 100 {
		t.Errorf("a smaller request shrank the memory to %d and %d", c.perWorker, len(c.shared))
	}
	defer func() {
		if recover() == nil {
			t.Error("more scratch than reserved was handed out")
		}
	}()
	c.scratch(0, 1000)
}

// hide adds a switch to those that the tests run with.
func hide(name string) string {
	if set := os.Getenv("GODEBUG"); set != "" {
		return set + "," + name
	}
	return name
}

// TestISA runs itself with the switches that turn assembly off.
func TestISA(t *testing.T) {
	if want := os.Getenv("NETC_TEST_WANT_ISA"); want != "" {
		got := Selected().String()
		if err := SelectionError(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		return
	}
	best := best()
	for _, row := range []struct{ env, want string }{
		{"NETC_ISA=", best.String()},
		{"NETC_ISA=avx2", min(best, AVX2).String()},
		{"NETC_ISA=avx512", best.String()},
		{"NETC_ISA=avx3", `the environment variable NETC_ISA is "avx3", expected generic, avx2 or avx512`},
		{"GODEBUG=" + hide("cpu.avx512f=off"), min(best, AVX2).String()},
		{"NETC_ISA=generic", "generic"},
		{"GODEBUG=" + hide("cpu.avx2=off"), "generic"},
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestISA$")
		cmd.Env = append(os.Environ(), row.env, "NETC_TEST_WANT_ISA="+row.want)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %s", row.env, strings.TrimSpace(string(out)))
		}
	}
}
