package memory

import (
	"math/rand/v2"
	"testing"
)

func TestWarmPlansAreValidAndWarmer(t *testing.T) {
	fired := 0
	for seed := range uint64(100) {
		blocks := randomBlocks(rand.New(rand.NewPCG(seed, 2)), 60)
		top := pack(blocks, scaledSize)
		before := newWarmth(blocks, scaledSize).total()
		fired += warm(blocks, top, scaledSize)
		if err := overlap(blocks, scaledSize); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for _, b := range blocks {
			if b.offset < 0 || b.offset+scaledSize(b) > top {
				t.Fatalf("seed %d: got a block from %d to %d, want it below %d", seed, b.offset, b.offset+scaledSize(b), top)
			}
		}
		if after := newWarmth(blocks, scaledSize).total(); after > before {
			t.Errorf("seed %d: got bytes untouched for %g, want at most the %g of before", seed, after, before)
		}
	}
	if fired == 0 {
		t.Error("got no block that moved in 100 plans")
	}
}

// TestWarmChain hands values on beside one that stays, as layers do. A plan by size has
// them in turn at the bottom and above each other; two places are enough, and warm.
func TestWarmChain(t *testing.T) {
	blocks := []*block{{size: linear{scaled: 64}, first: 0, last: 40, offset: 1 << 10}}
	for i := range 8 {
		blocks = append(blocks, &block{size: linear{scaled: 64}, first: 4 * i, last: 4*i + 5, offset: int64(64 * i)})
	}
	warm(blocks, 1<<11, scaledSize)
	places := map[int64]bool{}
	for _, b := range blocks[1:] {
		places[b.offset] = true
	}
	if len(places) != 2 {
		t.Errorf("got %d places, want 2", len(places))
	}
}

func TestAge(t *testing.T) {
	a := &block{size: linear{scaled: 64}, first: 0, last: 1}
	b := &block{size: linear{scaled: 64}, first: 1, last: 2, offset: 64}
	c := &block{size: linear{scaled: 128}, first: 4, last: 5}
	w := newWarmth([]*block{a, b, c}, scaledSize)
	// Since a died b did, of 64 bytes. Since then nothing has been touched.
	if got, want := w.age(c, w.dead(c), 0), float64(64*64); got != want {
		t.Errorf("got an age of %g, want %g", got, want)
	}
	// 128 bytes that nobody had are as old as the whole step, whose blocks are touched twice.
	if got, want := w.age(c, w.dead(c), 128), float64(128*2*256); got != want {
		t.Errorf("got an age of %g, want %g", got, want)
	}
}
