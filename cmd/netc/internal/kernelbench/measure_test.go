package kernelbench

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// scripted is a machine that is disturbed in some windows: the kernel takes longer then,
// and what is looked at beside it is not as it was.
func scripted(disturbed func(window int) bool, beside look) turn {
	window, looks := 0, 0
	return turn{
		run: func() {
			took := time.Millisecond
			if disturbed(window) {
				took *= 20
			}
			time.Sleep(took)
		},
		look: func() look { // before a window and after it
			defer func() { looks++; window = looks / 2 }()
			if disturbed(window) {
				return beside
			}
			return look{100, 0.5}
		},
		steady: 100,
	}
}

// Both virtual cores on one, and a neighbour that multiply-adds do not see.
var disturbances = map[string]look{"halved": {50, 1}, "neighbour": {100, 0.9}}

func TestDisturbedWindowsDoNotCount(t *testing.T) {
	for name, beside := range disturbances {
		fastest := 0.5
		m := method{windows: windowsFast, patience: patience}
		s := m.measure(&fastest, scripted(func(w int) bool { return w < 7 || w%2 == 0 }, beside))[0]
		if s.seconds > 0.01 || s.peakNow != 100 || s.undisturbed < 0.2 || s.undisturbed > 0.5 {
			t.Errorf("%s: got %+v, want the 1 ms of undisturbed windows beside 100, a third or so of all", name, s)
		}
	}
}

// Figures to compare with those of programs that count every window count every window.
func TestDisturbedWindowsCountWhereAsked(t *testing.T) {
	fastest := 0.5
	m := method{windows: windowsFast, patience: patience, disturbed: true}
	if s := m.measure(&fastest, scripted(func(w int) bool { return w < 4 }, disturbances["halved"]))[0]; s.seconds < 0.01 || s.undisturbed > 0.5 {
		t.Errorf("got %+v, want the 20 ms of most windows", s)
	}
}

func TestAMachineDisturbedThroughoutIsMeasured(t *testing.T) {
	for name, beside := range disturbances {
		fastest := 0.5
		m := method{windows: 2, patience: 10 * time.Millisecond}
		if s := m.measure(&fastest, scripted(func(int) bool { return true }, beside))[0]; s.seconds < 0.01 || s.peakNow != beside.peak || s.undisturbed != 0 {
			t.Errorf("%s: got %+v, want 20 ms a call beside a peak of %v", name, s, beside.peak)
		}
	}
}

// The fastest time of the reference kernel is learnt, so that the first windows of a
// process that starts beside a neighbour stop counting when the neighbour is gone.
func TestTheFastestReferenceIsLearnt(t *testing.T) {
	fastest := math.Inf(1)
	m := method{windows: windowsFast, patience: patience}
	s := m.measure(&fastest, scripted(func(w int) bool { return w < 3 }, disturbances["neighbour"]))[0]
	if fastest != 0.5 || s.seconds > 0.01 {
		t.Errorf("got %+v and a reference of %v us, want 1 ms a call and 0.5", s, fastest)
	}
}

func TestSteadyPeakIsNoDisturbedOne(t *testing.T) {
	for _, c := range []struct {
		name  string
		found []float64
		want  float64
		times int
	}{
		{"two that agree", []float64{116, 117}, 117, 2},
		{"a disturbed one first", []float64{104, 117, 116.5}, 117, 3},
		{"disturbed ones that differ", []float64{80, 104, 90, 117, 95, 116.5}, 117, 6},
		{"none", []float64{0}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			times := 0
			got := steadyPeak(func() float64 { times++; return c.found[times-1] })
			if got != c.want || times != c.times {
				t.Errorf("steadyPeak: got %v after %d times, want %v after %d", got, times, c.want, c.times)
			}
		})
	}
	if got := steadyPeak(func() float64 { return rand.Float64() }); got <= 0 {
		t.Errorf("a machine that never comes to rest: got a peak of %v", got)
	}
}
