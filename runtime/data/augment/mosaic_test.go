package augment

import (
	"testing"

	"github.com/netc-lang/netc/runtime/vision"
)

// TestMosaic joins four pictures of one level each, with a box around all of each.
func TestMosaic(t *testing.T) {
	m, err := NewMosaic(Step{Fields: []int{1, 0}, Kinds: []Kind{Boxes, Picture}, Call: call("mosaic", "p", 1.0)})
	if err != nil {
		t.Fatal(err)
	}
	plain := func(level byte, w, h int) *Sample {
		s := NewSample(2)
		s.Pictures[0] = *vision.New(w, h, 1)
		for i := range s.Pictures[0].Pix {
			s.Pictures[0].Pix[i] = level
		}
		s.Boxes[1] = []Box{{0, 0, float32(w), float32(h), int32(level)}}
		return s
	}
	s := plain(10, 40, 20)
	r := NewRunner()
	r.Source.Seed(1, 2, 3)
	if _, joined := m.Draw(r.Source, 5); !joined {
		t.Fatal("a probability of 1 joined nothing")
	}
	m.Join(r, s, &[3]*Sample{plain(20, 7, 9), plain(30, 80, 80), plain(40, 40, 20)})
	p := &s.Pictures[0]
	if p.W != 40 || p.H != 20 || len(s.Boxes[1]) != 4 {
		t.Fatalf("got %v with %d boxes, want 40 by 20 with 4", p, len(s.Boxes[1]))
	}
	area := float32(0)
	for _, b := range s.Boxes[1] {
		area += (b.X2 - b.X1) * (b.Y2 - b.Y1)
		for y := int(b.Y1); y < int(b.Y2); y++ {
			for x := int(b.X1); x < int(b.X2); x++ {
				if p.Pix[y*40+x] != byte(b.Class) {
					t.Fatalf("at %d, %d is %d, and the box says %d", x, y, p.Pix[y*40+x], b.Class)
				}
			}
		}
	}
	if area != 800 {
		t.Errorf("the boxes cover %g pixels of 800", area)
	}
	none, _ := NewMosaic(Step{Fields: []int{0}, Kinds: []Kind{Picture}, Call: call("mosaic", "p", 0.0)})
	if _, joined := none.Draw(r.Source, 5); joined {
		t.Error("a probability of 0 joined pictures")
	}
}
