package augment

import "github.com/netc-lang/netc/runtime/vision"

// frame is a change of the window that is seen: up to two moves in turn.
type frame [2]reframe

// reframe is a scaling to x by y pixels, a window w by h at (x, y), or x pixels more on
// each side.
type reframe struct {
	kind       moveKind
	x, y, w, h int
	filter     vision.Filter
	border     vision.Border
}

type moveKind uint8

const (
	staying moveKind = iota
	scaling
	cropping
	padding
)

func resized(w, h int, f vision.Filter) reframe { return reframe{kind: scaling, w: w, h: h, filter: f} }

func cropped(x, y, w, h int) reframe { return reframe{kind: cropping, x: x, y: y, w: w, h: h} }

// apply moves a picture or a mask.
func (f *frame) apply(p *vision.Picture, s *scratch, by *resampler) {
	for _, m := range f {
		switch m.kind {
		case scaling:
			by.scale(p, s, m.w, m.h, m.filter)
		default:
			m.cut(p, s)
		}
	}
}

// cut is a move that copies pixels.
func (m *reframe) cut(p *vision.Picture, s *scratch) {
	switch m.kind {
	case cropping:
		vision.Crop(&s.a, p, m.x, m.y, m.w, m.h)
		swap(p, &s.a)
	case padding:
		vision.Pad(&s.a, p, m.x, m.border)
		swap(p, &s.a)
	}
}

// plane returns the map that f makes of a picture of w by h pixels, and its new size.
func (f *frame) plane(w, h int) (m vision.Affine, nw, nh int) {
	m = vision.Identity
	for _, o := range f {
		switch o.kind {
		case scaling:
			m = m.Then(vision.Zoom(float64(o.w)/float64(w), float64(o.h)/float64(h)))
			w, h = o.w, o.h
		case cropping:
			m = m.Then(vision.Shift(float64(-o.x), float64(-o.y)))
			w, h = o.w, o.h
		case padding:
			m = m.Then(vision.Shift(float64(o.x), float64(o.x)))
			w, h = w+2*o.x, h+2*o.x
		}
	}
	return m, w, h
}
