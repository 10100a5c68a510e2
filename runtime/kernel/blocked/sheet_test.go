package blocked

import (
	"sync"
	"testing"
)

// TestSheetsAreCutOnce writes tables that goroutines cut at the same time, and looks whether
// one has changed another.
func TestSheetsAreCutOnce(t *testing.T) {
	s := sheet[int]{size: 100 * 8}
	const goroutines, tables = 8, 200
	var all [goroutines][tables][]int
	var wait sync.WaitGroup
	for g := range goroutines {
		wait.Go(func() {
			for i := range tables {
				n := (7*g + 13*i) % 120 // some are longer than a sheet
				table := s.cut(n)
				if len(table) != 0 || cap(table) != n {
					t.Errorf("got length %d and capacity %d, want 0 and %d", len(table), cap(table), n)
				}
				for range n {
					table = append(table, tables*g+i)
				}
				all[g][i] = table
			}
		})
	}
	wait.Wait()
	for g := range all {
		for i, table := range all[g] {
			for _, got := range table {
				if want := tables*g + i; got != want {
					t.Fatalf("table %d of goroutine %d: got %d, want %d", i, g, got, want)
				}
			}
		}
	}
}

func TestSheetsAreFilled(t *testing.T) {
	s := sheet[int]{size: 100 * 8}
	first, second := s.cut(40), s.cut(60)
	if a, b := &first[:40][39], &second[:1][0]; len(s.rest) != 0 || a == b {
		t.Errorf("got %d elements left, want none", len(s.rest))
	}
	if n := testing.AllocsPerRun(100, func() { s.cut(5) }); n > 0.06 {
		t.Errorf("got %v allocations a table of a twentieth, want one for twenty", n)
	}
}
