package tensor

import (
	"reflect"
	"testing"
)

func TestView(t *testing.T) {
	arena := make([]float32, 8)
	ints := View[int32](arena[2:], 3)
	copy(ints, []int32{1, -2, 3})
	if got, want := View[int32](arena, 6), []int32{0, 0, 1, -2, 3, 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	bools := View[bool](arena[6:7], 4)
	bools[1] = true
	if got, want := View[uint8](arena[6:], 4), []uint8{0, 1, 0, 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := View[int64](nil, 0); got != nil {
		t.Errorf("got %v, want nil", got)
	}
	mustPanic(t, "too long", func() { View[int32](arena, 9) })
	mustPanic(t, "too long for int64", func() { View[int64](arena[:7], 4) })
}

func TestRows(t *testing.T) {
	flat := []float32{1, 2, 3, 4, 5, 6}
	rows := Rows[[2]float32](flat)
	if got, want := rows, [][2]float32{{1, 2}, {3, 4}, {5, 6}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	flat[3] = 9
	if got := rows[1][1]; got != 9 {
		t.Errorf("got %v after a write to the slice, want 9: rows must share storage", got)
	}
	if got := Rows[[1][2]float32](flat[:4]); len(got) != 2 {
		t.Errorf("got %d rows, want 2", len(got))
	}
	mustPanic(t, "ragged", func() { Rows[[4]float32](flat) })
}

func mustPanic(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: got no panic, want one", name)
		}
	}()
	f()
}
