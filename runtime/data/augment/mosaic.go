package augment

import "github.com/netc-lang/netc/runtime/vision"

// Mosaic is the step mosaic(p): with probability p four samples share one picture. It
// needs other samples, so it is no part of a [Chain]: it runs before one.
type Mosaic struct {
	p      float64
	fields []int
	kinds  []Kind
}

// NewMosaic reads the arguments of the step.
func NewMosaic(s Step) (*Mosaic, error) {
	a := Read(s.Call)
	m := &Mosaic{p: a.Probability("p", 0.5), fields: s.Fields, kinds: s.Kinds}
	return m, a.Err()
}

// Draw tells whether the sample of the source's seed is joined with others, and with
// which of n.
func (m *Mosaic) Draw(r *Source, n int) (others [3]int, joined bool) {
	if r.Float64() >= m.p {
		return others, false
	}
	for i := range others {
		others[i] = r.IntN(n)
	}
	return others, true
}

// Join scales the pictures of s and of three others into the quarters around a random
// point of a picture of the size of s; masks and boxes go with them.
func (m *Mosaic) Join(r *Runner, s *Sample, others *[3]*Sample) {
	u, v := r.Source.between([2]float64{0.3, 0.7}), r.Source.between([2]float64{0.3, 0.7})
	var boxes []Box
	w, h := m.size(s)
	for k, f := range m.fields {
		x, y := min(max(int(u*float64(w)), 1), w-1), min(max(int(v*float64(h)), 1), h-1)
		quarters := [4][4]int{{0, 0, x, y}, {x, 0, w - x, y}, {0, y, x, h - y}, {x, y, w - x, h - y}}
		if m.kinds[k] == Boxes {
			boxes = boxes[:0]
			for i, q := range quarters {
				from := s
				if i > 0 {
					from = others[i-1]
				}
				fw, fh := m.size(from) // that of s stays
				to := vision.Zoom(float64(q[2])/float64(fw), float64(q[3])/float64(fh)).Then(vision.Shift(float64(q[0]), float64(q[1])))
				boxes = append(boxes, move(from.Boxes[f], to.At)...)
			}
			s.Boxes[f] = append(s.Boxes[f][:0], cut(boxes, w, h)...)
			continue
		}
		canvas := vision.New(w, h, s.Pictures[f].C)
		for i, q := range quarters {
			p := &s.Pictures[f]
			if i > 0 {
				p = &others[i-1].Pictures[f]
			}
			part := frame{resized(q[2], q[3], vision.Bilinear)}
			var own vision.Picture
			own.CopyFrom(p)
			part.apply(&own, &r.memory, resamplerOf(m.kinds[k]))
			for j := range q[3] {
				copy(canvas.Row(q[1] + j)[q[0]*canvas.C:], own.Row(j))
			}
		}
		s.Pictures[f] = *canvas
	}
}

// size is that of the picture that everything else moves with.
func (m *Mosaic) size(s *Sample) (w, h int) {
	for k, f := range m.fields {
		if m.kinds[k] != Boxes {
			return s.Pictures[f].W, s.Pictures[f].H
		}
	}
	return 0, 0
}
