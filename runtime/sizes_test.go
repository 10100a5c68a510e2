package nrt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/netc-lang/netc/runtime/kernel"
	"github.com/netc-lang/netc/runtime/tensor"
)

func TestCheckSizes(t *testing.T) {
	for _, row := range []struct {
		n, h, w int
		want    string
	}{
		{1, 16, 48, ""}, {4, 64, 32, ""},
		{1, 500, 384, "found N = 1, H = 500, W = 384; expected H % 16 == 0, such as 496 or 512"},
		{1, 32, 90, "expected W % 16 == 0, such as 80"},
		{0, 16, 16, "found N = 0, H = 16, W = 16; expected N from 1 to 8"},
		{9, 16, 16, "expected N from 1 to 8"},
		{1, -16, 16, "expected H from 16 to 4096"},
		{8, 4096, 80, "more than any memory holds"},
	} {
		err := CheckSizes(1<<20, Size{"N", row.n, 1, 8, 1}, Size{"H", row.h, 16, 4096, 16}, Size{"W", row.w, 16, 95, 16})
		if got := fmt.Sprint(err); row.want == "" && err != nil || row.want != "" && !strings.Contains(got, row.want) {
			t.Errorf("%d, %d, %d: got %s, want %q", row.n, row.h, row.w, got, row.want)
		}
	}
}

func TestFloorDiv(t *testing.T) {
	for _, row := range [][3]int{{7, 2, 3}, {-7, 2, -4}, {-8, 2, -4}, {0, 3, 0}, {-1, 5, -1}} {
		if got := FloorDiv(row[0], row[1]); got != row[2] {
			t.Errorf("%d / %d: got %d, want %d", row[0], row[1], got, row[2])
		}
	}
}

// TestBlocks: blocks in use together do not share bytes, others may, and all are
// aligned.
func TestBlocks(t *testing.T) {
	b := Blocks(kernel.NewCtx(nil), []tensor.Block{{Bytes: 400, First: 0, Last: 1}, {Bytes: 30, First: 1, Last: 2}, {Bytes: 400, First: 2, Last: 2}})
	for i, n := range []int{100, 8, 100} {
		if len(b[i]) != n || uintptr(unsafe.Pointer(&b[i][0]))%Alignment != 0 {
			t.Errorf("block %d: got %d floats at %p, want %d at a multiple of %d", i, len(b[i]), &b[i][0], n, Alignment)
		}
	}
	if &b[0][0] != &b[2][0] {
		t.Error("got apart the first and the last block, want them in one place")
	}
	for i := range b[0] {
		b[0][i] = 1
	}
	if slices.Max(b[1]) != 0 {
		t.Error("got the first block in the second, want them apart")
	}
}

func TestArray(t *testing.T) {
	a := Array[int]{Shape: []int{2, 3}, Values: []int{0, 1, 2, 10, 11, 12}}
	if got := a.At(1, 2); got != 12 {
		t.Errorf("got %d at (1, 2), want 12", got)
	}
	for _, index := range [][]int{{0, 3}, {-1, 0}, {1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v: got an element, want a panic", index)
				}
			}()
			a.At(index...)
		}()
	}
}

func TestIdle(t *testing.T) {
	var ended []int
	q := NewIdle[string](2, func(v int) { ended = append(ended, v) })
	q.Put("a", 1, 10)
	q.Put("b", 2, 10)
	if v, ok := q.Take("a"); !ok || v != 1 {
		t.Errorf("got %d, %t, want the value of a", v, ok)
	}
	if _, ok := q.Take("a"); ok {
		t.Error("got the value of a twice")
	}
	q.Put("a", 3, 10)
	q.Put("a", 4, 10)
	if v, _ := q.Take("a"); v != 4 {
		t.Errorf("got %d, want the latest value of a", v)
	}
	if !slices.Equal(ended, []int{2}) {
		t.Errorf("got %v ended, want the one that waited longest", ended)
	}
	ended = nil
	large := NewIdle[string](4, func(v int) { ended = append(ended, v) })
	large.Put("a", 1, 10)
	large.Put("b", 2, idleBytes)
	large.Put("c", 3, idleBytes/2)
	large.Put("c", 4, idleBytes)
	large.Put("c", 5, idleBytes)
	if !slices.Equal(ended, []int{1, 2}) {
		t.Errorf("got %v ended, want those of other keys than the latest", ended)
	}
	large.Take("c")
	large.Take("c")
	large.Put("a", 6, 10)
	if v, ok := large.Take("c"); !ok || v != 3 {
		t.Errorf("got %d, %t, want what there is room for", v, ok)
	}
}
