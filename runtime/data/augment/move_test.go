package augment

import (
	"testing"

	"github.com/netc-lang/netc/runtime/vision"
)

// TestTogether paints a rectangle into a picture and a mask and frames it with a box:
// after any step that moves pixels, the mask still covers the rectangle, and the box
// still frames it.
func TestTogether(t *testing.T) {
	moving := map[string]bool{"elastic": true}
	for _, c := range every {
		chain, err := Compile([]Step{{Fields: []int{0, 1, 2}, Kinds: []Kind{Picture, Mask, Boxes}, Call: c}})
		if err != nil {
			t.Fatal(err)
		}
		o := chain.parts[0]
		if o.one.pixels != nil || o.one.choose != nil { // see TestPolicies
			continue
		}
		moving[c.Name] = true
		s := NewSample(3)
		s.Pictures[0], s.Pictures[1] = *vision.New(60, 48, 3), *vision.New(60, 48, 1)
		for y := 16; y < 36; y++ {
			for x := 20; x < 44; x++ {
				copy(s.Pictures[0].Row(y)[3*x:], []byte{200, 200, 200})
				s.Pictures[1].Row(y)[x] = 200
			}
		}
		s.Boxes[2] = []Box{{20, 16, 44, 36, 7}, {-9, -9, -2, -2, 1}}
		r := NewRunner()
		r.Source.Seed(1, 2, 3)
		r.Run(chain, s)
		p, m := &s.Pictures[0], &s.Pictures[1]
		if p.W != m.W || p.H != m.H {
			t.Errorf("%s: the mask is %v, and the picture %v", c.Name, m, p)
			continue
		}
		apart, x1, y1, x2, y2 := 0, p.W, p.H, 0, 0
		for y := range p.H {
			for x := range p.W {
				v := m.Pix[y*m.W+x]
				if v != 0 && v != 200 {
					t.Fatalf("%s: the mask has the class %d, which was mixed", c.Name, v)
				}
				if (p.Pix[3*(y*p.W+x)] > 100) != (v > 0) {
					apart++
				}
				if v > 0 {
					x1, y1, x2, y2 = min(x1, x), min(y1, y), max(x2, x+1), max(y2, y+1)
				}
			}
		}
		if apart > (p.W+p.H)/4 {
			t.Errorf("%s: %d pixels of the mask have left the picture", c.Name, apart)
		}
		if c.Name == "pad" {
			continue // a mirror shows the rectangle twice
		}
		if x1 >= x2 {
			continue // out of sight
		}
		if (x2-x1)*(y2-y1) < 24*20/4 {
			continue // too little of it is left for a box
		}
		if len(s.Boxes[2]) != 1 {
			t.Errorf("%s: got the boxes %v, want one", c.Name, s.Boxes[2])
			continue
		}
		b := s.Boxes[2][0]
		slack := float32(2)
		if c.Name == "elastic" {
			slack = 4
		}
		for _, d := range []float32{b.X1 - float32(x1), b.Y1 - float32(y1), b.X2 - float32(x2), b.Y2 - float32(y2)} {
			if d > slack || d < -slack {
				t.Errorf("%s: the box is %v, and the mask spans %d..%d, %d..%d", c.Name, b, x1, x2, y1, y2)
				break
			}
		}
	}
	if len(moving) < 12 {
		t.Errorf("only %v move pixels", moving)
	}
}
