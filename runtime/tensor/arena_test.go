package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPackArena(t *testing.T) {
	met := 0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var blocks []Block
		for i := range 40 {
			blocks = append(blocks, Block{int64(rng.IntN(2000)), i, i + 1 + rng.IntN(5)*rng.IntN(4)})
		}
		offsets, arena, bound := PackArena(blocks, 64)
		for i, a := range blocks {
			if offsets[i]%64 != 0 || offsets[i]+a.Bytes > arena {
				t.Fatalf("seed %d: block %d: got offset %d, want a multiple of 64 inside %d bytes", seed, i, offsets[i], arena)
			}
			for j, b := range blocks[:i] {
				if a.meets(b) && offsets[i] < offsets[j]+b.Bytes && offsets[j] < offsets[i]+a.Bytes {
					t.Fatalf("seed %d: blocks %d and %d overlap", seed, i, j)
				}
			}
		}
		if arena < bound || float64(arena) > 1.25*float64(bound) {
			t.Errorf("seed %d: got %d bytes, want %d to %.0f", seed, arena, bound, 1.25*float64(bound))
		}
		if arena == bound {
			met++
		}
		again, _, _ := PackArena(blocks, 64)
		if !slices.Equal(offsets, again) {
			t.Fatalf("seed %d: got other offsets for the same blocks", seed)
		}
	}
	if met < 160 {
		t.Errorf("got %d of 200 plans at their bound, want 160 or more", met)
	}
}

// TestPackArenaBound: a plan no smaller than what is in use at once, and the sum
// only where all blocks meet.
func TestPackArenaBound(t *testing.T) {
	for _, row := range []struct {
		name   string
		blocks []Block
		arena  int64
	}{
		{"none", nil, 0},
		{"one", []Block{{65, 0, 0}}, 128},
		{"chain", []Block{{64, 0, 1}, {128, 1, 2}, {64, 2, 3}}, 192},
		{"skip", []Block{{64, 0, 9}, {256, 1, 2}, {256, 2, 3}, {256, 3, 4}}, 576},
	} {
		if _, arena, bound := PackArena(row.blocks, 64); arena != row.arena || bound != row.arena {
			t.Errorf("%s: got an arena of %d and a bound of %d, want %d", row.name, arena, bound, row.arena)
		}
	}
}
