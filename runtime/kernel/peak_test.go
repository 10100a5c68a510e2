package kernel

import "testing"

// The peak bounds every kernel: it must be there when kernels have vectors, and
// above what a core could do with one lane. Its exact size is the machine's.
func TestPeakGFLOPS(t *testing.T) {
	defer func(v bool) { vector = v }(vector)
	if hasAVX2 {
		vector = true
		got := PeakGFLOPS(isa, 1)
		t.Logf("%.1f GFLOP/s", got)
		if got < 10 || got > 1000 {
			t.Errorf("got a peak of %.1f GFLOP/s, want that of an AVX2 core", got)
		}
	}
	vector = false
	if got := PeakGFLOPS(Generic, 2); got != 0 {
		t.Errorf("without vectors: got %v, want 0", got)
	}
}
