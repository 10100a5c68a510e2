package data

import (
	"slices"
	"testing"
)

func TestRandomBatch(t *testing.T) {
	spec := &Spec{Name: "Digits", Fields: []Field{
		{Name: "image", Kind: Picture}, {Name: "label", Kind: Label, Labels: []string{"a", "b", "c"}}, {Name: "size", Kind: Label},
	}}
	shapes := map[string][3]int{"image": {2, 3, 5}}
	b, err := RandomBatch(spec, shapes, 40, 1)
	if err != nil {
		t.Fatal(err)
	}
	pixels, labels := b.Float32("image"), b.Int32("label")
	if b.N != 40 || len(pixels) != 40*30 || len(labels) != 40 {
		t.Fatalf("got %d records, %d numbers, %d labels, want 40, 1200, 40", b.N, len(pixels), len(labels))
	}
	if lo, hi := slices.Min(pixels), slices.Max(pixels); lo < -1 || hi >= 1 || hi-lo < 1.8 {
		t.Errorf("pictures range from %v to %v, want [-1, 1)", lo, hi)
	}
	seen := map[int32]bool{}
	for _, l := range labels {
		seen[l] = true
	}
	if len(seen) != 3 || !seen[0] || !seen[1] || !seen[2] {
		t.Errorf("got labels %v, want each of three", seen)
	}
	if got := slices.Max(b.Int32("size")); got != 0 {
		t.Errorf("labels without a set: got %d, want 0", got)
	}
	again, _ := RandomBatch(spec, shapes, 40, 1)
	if !slices.Equal(again.Float32("image"), pixels) {
		t.Error("the same seed gave other pictures")
	}
	if other, _ := RandomBatch(spec, shapes, 40, 2); slices.Equal(other.Float32("image"), pixels) {
		t.Error("another seed gave the same pictures")
	}
	if _, err := RandomBatch(spec, nil, 1, 1); err == nil {
		t.Error("a picture without a shape was accepted")
	}
	if _, err := RandomBatch(spec, shapes, 0, 1); err == nil {
		t.Error("an empty batch was accepted")
	}
}
