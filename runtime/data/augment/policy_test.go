package augment

import (
	"math"
	"testing"

	"github.com/netc-lang/netc/runtime/vision"
)

// TestStrengths compares operations of the policies with what they are made of, at the
// strengths of torchvision's tables: bin 9 of 31 and of 10.
func TestStrengths(t *testing.T) {
	run := func(o op) *vision.Picture {
		p := picture(66, 40, 3)
		NewRunner().change(&o, p, ofPictures)
		return p
	}
	moved := func(m vision.Affine) *vision.Picture {
		dst := vision.New(66, 40, 3)
		vision.Warp(dst, picture(66, 40, 3), m)
		return dst
	}
	coloured := func(f func(p *vision.Picture)) *vision.Picture {
		p := picture(66, 40, 3)
		f(p)
		return p
	}
	for _, c := range []struct {
		what string
		got  op
		want *vision.Picture
	}{
		{"rand shear", learned.policyOp(shearX, 9.0/30), moved(vision.Affine{A: 1, B: 0.09, E: 1})},
		{"rand translate", learned.policyOp(translateX, -9.0/30), moved(vision.Shift(-8, 0))},
		{"rand translate", learned.policyOp(translateY, 9.0/30), moved(vision.Shift(0, 5))},
		{"rand rotate", learned.policyOp(rotateOp, 9.0/30), moved(vision.Rotation(9).About(33, 20))},
		{"auto rotate", learned.policyOp(rotateOp, 1), moved(vision.Rotation(30).About(33, 20))},
		{"auto posterize 8", learned.policyOp(posterizeOp, 8.0/9), coloured(func(p *vision.Picture) { vision.Posterize(p, 4) })},
		{"auto posterize 5", learned.policyOp(posterizeOp, 5.0/9), coloured(func(p *vision.Picture) { vision.Posterize(p, 6) })},
		{"auto solarize 5", learned.policyOp(solarizeOp, 5.0/9), coloured(func(p *vision.Picture) { vision.Solarize(p, 114) })},
		{"auto colour 8", learned.policyOp(colourOp, -8.0/9), coloured(func(p *vision.Picture) { vision.Saturation(p, 0.2) })},
		{"wide translate", wide.policyOp(translateX, 0.5), moved(vision.Shift(16, 0))},
		{"wide rotate", wide.policyOp(rotateOp, -1), moved(vision.Rotation(-135).About(33, 20))},
		{"wide posterize", wide.policyOp(posterizeOp, 1), coloured(func(p *vision.Picture) { vision.Posterize(p, 2) })},
		{"wide contrast", wide.policyOp(contrastOp, 1), coloured(func(p *vision.Picture) { vision.Contrast(p, 1.99) })},
		{"identity", wide.policyOp(identityOp, 1), picture(66, 40, 3)},
	} {
		if !same(run(c.got), c.want) {
			t.Errorf("%s gives another picture", c.what)
		}
	}
}

// TestPolicies wants every operation as often as the papers say, and masks and boxes to
// move with pictures.
func TestPolicies(t *testing.T) {
	const draws = 4000
	for _, c := range []struct {
		call Call
		mean float64 // operations of a draw
	}{{call("rand_augment", "n", int64(3), "m", int64(30)), 3}, {call("trivial_augment"), 1}, {call("auto_augment"), 1.24}} {
		a := Read(c.call)
		o := table[c.call.Name](a)
		if err := a.Err(); err != nil {
			t.Fatal(err)
		}
		r := NewRunner()
		total, geometric := 0, 0
		for i := range draws {
			r.Source.Seed(3, 0, i)
			for _, x := range r.chosen(&o) {
				total++
				if x.geometric != nil {
					geometric++
				}
			}
		}
		if got := float64(total) / draws; math.Abs(got-c.mean) > 0.05 {
			t.Errorf("%s makes %.3f operations a picture, want %.3f", c.call.Name, got, c.mean)
		}
		if share := float64(geometric) / float64(total); c.call.Name != "auto_augment" && math.Abs(share-5.0/14) > 0.03 {
			t.Errorf("%s: %.3f of the operations move the picture, want 5 of 14", c.call.Name, share)
		}
		chain, err := Compile([]Step{{Fields: []int{0, 1, 2}, Kinds: []Kind{Picture, Mask, Boxes}, Call: c.call}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			s := NewSample(3)
			s.Pictures[0], s.Pictures[1] = *picture(80, 80, 3), *vision.New(80, 80, 1)
			for y := 34; y < 46; y++ {
				for x := 34; x < 46; x++ {
					s.Pictures[1].Row(y)[x] = 1
				}
			}
			s.Boxes[2] = []Box{{34, 34, 46, 46, 0}}
			r.Source.Seed(3, 1, i)
			r.Run(chain, s)
			m := &s.Pictures[1]
			x1, y1, x2, y2 := 80, 80, 0, 0
			for at, v := range m.Pix {
				if v > 0 {
					x1, y1, x2, y2 = min(x1, at%80), min(y1, at/80), max(x2, at%80+1), max(y2, at/80+1)
				}
			}
			if x1 == 0 || y1 == 0 || x2 == 80 || y2 == 80 || x1 >= x2 {
				continue // cut
			}
			// A box grows each time it is turned, and never loses what it frames.
			if b := s.Boxes[2]; len(b) != 1 || b[0].X1 > float32(x1)+1 || b[0].Y1 > float32(y1)+1 || b[0].X2 < float32(x2)-1 || b[0].Y2 < float32(y2)-1 {
				t.Errorf("%s of record %d: the boxes are %v, and the mask spans %d..%d, %d..%d", c.call.Name, i, b, x1, x2, y1, y2)
			}
		}
	}
}
