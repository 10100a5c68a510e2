package kernelbench

import (
	"testing"
	"time"
)

// scripted is a machine that is disturbed in some windows: the kernel takes longer then,
// and multiply-adds beside it are slow.
func scripted(disturbed func(window int) bool) turn {
	window, looks := 0, 0
	return turn{
		run: func() {
			took := time.Millisecond
			if disturbed(window) {
				took *= 20
			}
			time.Sleep(took)
		},
		peak: func() float64 { // looked at before a window and after it
			defer func() { looks++; window = looks / 2 }()
			if disturbed(window) {
				return 50
			}
			return 100
		},
		steady: 100,
	}
}

func TestDisturbedWindowsDoNotCount(t *testing.T) {
	s := measure(windowsFast, scripted(func(w int) bool { return w < 7 || w%2 == 0 }))[0]
	if s.seconds > 0.01 || s.peakNow != 100 {
		t.Errorf("got %v s a call beside a peak of %v, want the 1 ms of undisturbed windows beside 100", s.seconds, s.peakNow)
	}
}

func TestAMachineDisturbedThroughoutIsMeasured(t *testing.T) {
	s := measure(2, scripted(func(int) bool { return true }))[0]
	if s.seconds < 0.01 || s.peakNow != 50 {
		t.Errorf("got %v s a call beside a peak of %v, want 20 ms beside 50", s.seconds, s.peakNow)
	}
}
