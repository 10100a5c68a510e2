package train

import (
	"math"
	"strings"
	"testing"
)

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		at   float64
		want float64
	}{
		{Schedule{}, 17, 1},
		{Schedule{Name: "constant", Args: map[string]any{"warmup": 0.0}}, 0, 1},
		{Schedule{Name: "constant", Args: map[string]any{"warmup": 1.0}}, 0, 1.0 / 11},
		{Schedule{Name: "constant", Args: map[string]any{"warmup": 1.0}}, 9, 10.0 / 11},
		{Schedule{Name: "constant", Args: map[string]any{"warmup": 1.0}}, 10, 1},
		{Schedule{Name: "step", Args: map[string]any{"every": int64(2), "gamma": 0.1}}, 19, 1},
		{Schedule{Name: "step", Args: map[string]any{"every": int64(2), "gamma": 0.1}}, 20, 0.1},
		{Schedule{Name: "step", Args: map[string]any{"every": 2.0, "gamma": 0.5}}, 65, 0.125},
		{Schedule{Name: "cosine"}, 0, 1},
		{Schedule{Name: "cosine"}, 50, 0.5},
		{Schedule{Name: "cosine"}, 100, 0},
		{Schedule{Name: "cosine", Args: map[string]any{"min": 0.02}}, 100, 0.1},
		{Schedule{Name: "cosine", Args: map[string]any{"warmup": 2.0}}, 60, 0.5},
		{Schedule{Name: "cosine", Args: map[string]any{"warmup": int64(2)}}, 20, 1},
		{Schedule{Name: "poly", Args: map[string]any{"power": 2.0}}, 50, 0.25},
		{Schedule{Name: "one_cycle", Args: map[string]any{"peak": 0.3}}, 0, 1.0 / 25},
		{Schedule{Name: "one_cycle", Args: map[string]any{"peak": 0.3}}, 29, 1},
		{Schedule{Name: "one_cycle", Args: map[string]any{"peak": 0.3}}, 99, 1.0 / 25 / 1e4},
	} {
		f, err := c.s.rates(0.2, 10, 10)
		if err != nil {
			t.Errorf("%v: %v", c.s, err)
			continue
		}
		if got := f(c.at); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v at step %v: got %v, want %v", c.s, c.at, got, c.want)
		}
	}
}

// TestSchedulesMove wants no jump but where step has one, and no rate outside
// 0..1.
func TestSchedulesMove(t *testing.T) {
	for _, s := range []Schedule{
		{Name: "cosine", Args: map[string]any{"warmup": 1.0}}, {Name: "poly", Args: map[string]any{"power": 0.9, "warmup": 0.5}}, {Name: "one_cycle"},
	} {
		f, err := s.rates(0.1, 10, 100)
		if err != nil {
			t.Fatal(err)
		}
		last := f(0)
		for step := 1.0; step < 1000; step++ {
			v := f(step)
			if v < 0 || v > 1 || math.Abs(v-last) > 0.021 {
				t.Errorf("%s: got %v at step %v after %v", s.Name, v, step, last)
			}
			last = v
		}
	}
}

func TestSchedulesRefuse(t *testing.T) {
	for want, s := range map[string]Schedule{
		"cyclic":      {Name: "cyclic"},
		"warmups":     {Name: "cosine", Args: map[string]any{"warmups": 1.0}},
		"warmup":      {Name: "cosine", Args: map[string]any{"warmup": -1.0}},
		"every":       {Name: "step", Args: map[string]any{"every": 0.0, "gamma": 0.1}},
		"in 0..1":     {Name: "one_cycle", Args: map[string]any{"peak": 1.5}},
		"be a number": {Name: "poly", Args: map[string]any{"power": "two"}},
	} {
		if _, err := s.rates(0.1, 2, 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want an error with %q", s, err, want)
		}
	}
}
