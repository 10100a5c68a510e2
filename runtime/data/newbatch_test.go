package data

import "testing"

func TestNewBatch(t *testing.T) {
	b := NewBatch(3)
	pixels, labels := b.AddPicture("image", 2, 4, 5), b.AddLabel("label")
	pixels[2*40+7], labels[1] = 0.5, 9
	if got := b.Float32("image"); len(got) != 120 || got[87] != 0.5 {
		t.Errorf("got %d pixels and %v, want 120 and 0.5: the field must be what AddPicture returned", len(got), got[87])
	}
	if got := b.Int32("label"); len(got) != 3 || got[1] != 9 {
		t.Errorf("got %v, want 3 labels, the second 9", got)
	}
	if c, h, w := b.Shape("image"); c != 2 || h != 4 || w != 5 {
		t.Errorf("got %d %d %d, want 2 4 5", c, h, w)
	}
}
