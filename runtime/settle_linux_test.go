package nrt

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/netc-lang/netc/internal/testkit"
	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/tensor"
)

// settler is a model of two tensors, of which the second lies on several huge pages.
type settler struct{ p [][]float32 }

func (m *settler) use(p [][]float32) { m.p = p }

const settlerFloats = 3*hugeFloats + 1000

// embeddedForTest maps a file as the linker maps weights, and cuts its tensors, which begin on
// half a cache line.
func embeddedForTest(t *testing.T) (file []byte, p [][]float32) {
	t.Helper()
	x := make([]float32, settlerFloats)
	for i := range x {
		x[i] = tensor.Uniform(9, 0, uint64(i))
	}
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, bytesOf(x), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	file, err = syscall.Mmap(int(f.Fd()), 0, 4*len(x), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(file) })
	return file, tensorsForTest(file)
}

func tensorsForTest(file []byte) [][]float32 {
	x := unsafe.Slice((*float32)(unsafe.Pointer(&file[0])), len(file)/4)
	return [][]float32{x[24:908], x[1032:settlerFloats]}
}

// callUntilSettled calls m from several goroutines and compares what they read.
func callUntilSettled(t *testing.T, m *settler, s *Settling[settler]) {
	t.Helper()
	want := slices.Clone(m.p[1])
	end := time.Now().Add(time.Minute)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for s.calls.Load() != hasSettled && time.Now().Before(end) {
				if now := s.Now(m); !slices.Equal(now.p[1], want) || !slices.Equal(now.p[0], m.p[0]) {
					t.Error("a call reads other weights")
				}
				s.Called()
			}
		})
	}
	wg.Wait()
	if s.calls.Load() != hasSettled {
		t.Fatal("not settled within a minute")
	}
	if !slices.Equal(s.Now(m).p[1], want) || !slices.Equal(m.p[1], want) {
		t.Error("other weights after settling")
	}
}

// TestSettling: calls read the same weights before, meanwhile and afterwards; these lie on
// whole lines of huge pages then, the memory of the file is free, and a second model shares the copy.
func TestSettling(t *testing.T) {
	hugePagesForTest(t)
	file, p := embeddedForTest(t)
	readLarge(file[4:]) // as New does, which leaves several mappings
	threads := runtime.NumGoroutine()
	m := &settler{p}
	s := Settle(file, p, Options{}, (*settler).use)
	callUntilSettled(t, m, s)
	to := s.Now(m).p
	for i := range to {
		if &to[i][0] == &p[i][0] || !splits(p[i], kernel.AVX512) || splits(to[i], kernel.AVX512) {
			t.Errorf("tensor %d lies at %p, and was at %p", i, &to[i][0], &p[i][0])
		}
	}
	if got := testkit.MappingBytes(t, unsafe.Pointer(&to[1][hugeFloats]), "AnonHugePages"); got < 2<<20 {
		t.Errorf("got %d bytes of huge pages, want 6 MiB, or what of it the machine has", got)
	}
	second := Settle(file, p, Options{}, (*settler).use)
	for range settleAfter {
		second.Called()
	}
	for second.calls.Load() != hasSettled {
		runtime.Gosched()
	}
	if again := second.Now(m).p; &again[1][0] != &to[1][0] {
		t.Error("a second model has a copy of its own")
	}
	forget(p[1])
	if got := testkit.MappingBytes(t, unsafe.Pointer(&p[1][hugeFloats]), "Rss"); got > 256<<10 {
		t.Errorf("%d bytes of the file are in memory still", got)
	}
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > threads; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines are left, want %d", runtime.NumGoroutine(), threads)
		}
	}
	runtime.KeepAlive(to)
}

// TestSettlingStays: weights that belong to no file are not given back, since they would be
// zeros then; nor do those settle whose owner wants them shared, and few do.
func TestSettlingStays(t *testing.T) {
	file := make([]byte, 4*settlerFloats)
	for i := range file {
		file[i] = byte(i % 63)
	}
	p := tensorsForTest(file)
	m := &settler{p}
	s := Settle(file, p, Options{}, (*settler).use)
	callUntilSettled(t, m, s)
	if s.Now(m) != m {
		t.Error("weights in no file have moved")
	}
	o, err := Resolve([]Option{SharedWeights()})
	if err != nil {
		t.Fatal(err)
	}
	if s := Settle(file, p, o, (*settler).use); s != nil || s.Now(m) != m {
		t.Error("shared weights settle")
	}
	if s := Settle(file, [][]float32{p[0], make([]float32, settlerFloats)}, Options{}, (*settler).use); s != nil {
		t.Error("884 floats settle, or such as lie outside of the file")
	}
}

// TestSettlingOfMany: more weights than large pages are good for settle where vectors of
// AVX-512 would lie on two lines each.
func TestSettlingOfMany(t *testing.T) {
	file := Floats(settleMost + 17)
	for _, row := range []struct {
		name string
		p    []float32
		want bool
	}{
		{"whole lines", file[16:], false},
		{"half lines", file[8:], kernel.Selected() == kernel.AVX512},
		{"half lines, few", file[8 : 8+settleFrom], true},
		{"whole lines, few", file[:settleFrom], true},
	} {
		if s := Settle(bytesOf(file), [][]float32{row.p}, Options{}, (*settler).use); (s != nil) != row.want {
			t.Errorf("%s: settles is %t, want %t", row.name, s != nil, row.want)
		}
	}
	for _, isa := range []kernel.ISA{kernel.Generic, kernel.AVX2, kernel.AVX512} {
		if got, want := splits(file[8:], isa), isa == kernel.AVX512; got != want {
			t.Errorf("%s: half lines split is %t, want %t", isa, got, want)
		}
		if splits(file, isa) {
			t.Errorf("%s: whole lines split", isa)
		}
	}
}

// TestCalledAllocatesNothing also when it counts the call that begins the move.
func TestCalledAllocatesNothing(t *testing.T) {
	for _, s := range []*Settling[settler]{nil, {move: func() {}}} {
		if n := testing.AllocsPerRun(1, func() {
			for range 2 * settleAfter {
				s.Called()
			}
		}); n != 0 {
			t.Errorf("got %v allocations, want 0", n)
		}
	}
}

// hugePagesForTest skips where the machine gives an arena no huge page.
func hugePagesForTest(t *testing.T) {
	t.Helper()
	s := Floats(8 * hugeFloats)
	for i := range s {
		s[i] = math.Pi
	}
	if testkit.MappingBytes(t, unsafe.Pointer(&s[4*hugeFloats]), "AnonHugePages") < 8<<20 {
		t.Skip("the kernel gives no huge pages")
	}
}
