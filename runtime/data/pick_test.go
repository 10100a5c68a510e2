package data

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// people is a set whose records are their class.
type people struct{ classes []int32 }

func (p people) Len() int         { return len(p.classes) }
func (p people) Name(int) string  { return "somebody" }
func (p people) Classes() []int32 { return p.classes }
func (p people) Read(i int, s *Sample) error {
	s.Labels[0] = p.classes[i]
	return nil
}

// TestPick wants p classes of k records in every batch, other ones in each epoch, and
// the same ones for the same seed.
func TestPick(t *testing.T) {
	var classes []int32
	for c := range 7 {
		for range 2 + c { // the first ones have less than k
			classes = append(classes, int32(c))
		}
	}
	spec := &Spec{Name: "People", Fields: []Field{{Name: "who", Kind: Label}}}
	run := func(seed int64, epoch int) (out [][]int32) {
		l, err := NewLoader(spec, people{classes}, LoaderOptions{Batch: 99, Seed: seed, Train: true, Pick: Pick{3, 4}})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Stop()
		l.Start(epoch, 0)
		for range l.Batches() {
			b, err := l.Next()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, slices.Clone(b.Int32("who")))
		}
		return out
	}
	first := run(1, 0)
	if len(first) != len(classes)/12 {
		t.Errorf("got %d batches of 35 records, want 2", len(first))
	}
	for _, b := range first {
		count := map[int32]int{}
		for _, c := range b {
			count[c]++
		}
		if len(b) != 12 || len(count) != 3 {
			t.Errorf("the batch %v has not 3 classes of 4", b)
		}
		for c, n := range count {
			if n != 4 {
				t.Errorf("the batch %v has %d of class %d", b, n, c)
			}
		}
	}
	same := func(a, b [][]int32) bool { return slices.EqualFunc(a, b, slices.Equal) }
	if !same(first, run(1, 0)) || same(first, run(1, 1)) || same(first, run(2, 0)) {
		t.Error("batches do not follow from seed and epoch")
	}
	_, err := NewLoader(spec, people{classes}, LoaderOptions{Batch: 1, Train: true, Pick: Pick{9, 2}})
	if !errors.Is(err, ErrData) || !strings.Contains(err.Error(), "has 7") {
		t.Errorf("got %v, want that there are 7 classes", err)
	}
}
