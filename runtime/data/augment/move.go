package augment

import "github.com/netc-lang/netc/runtime/vision"

// resampler is how values between the pixels are read.
type resampler struct {
	warp     func(dst, src *vision.Picture, m vision.Affine)
	displace func(dst, src *vision.Picture, field []float32)
	project  func(dst, src *vision.Picture, back vision.Projective)
	scale    func(p *vision.Picture, s *scratch, w, h int, f vision.Filter)
	colours  bool // values are colours, which steps may change
}

// Pixels of pictures are weighted; of masks the nearest one counts, since classes have no
// mean.
var (
	ofPictures = &resampler{vision.Warp, vision.Displace, vision.Project, resizeTo, true}
	ofMasks    = &resampler{vision.WarpNearest, vision.DisplaceNearest, vision.ProjectNearest, resizeNearest, false}
)

// resamplerOf returns that of a picture or a mask.
func resamplerOf(k Kind) *resampler {
	if k == Mask {
		return ofMasks
	}
	return ofPictures
}

// plane does a part of a chain to a picture or a mask.
func (r *Runner) plane(part *part, p *vision.Picture, by *resampler) {
	if part.geometric != nil {
		r.warp(p, part.moved(r.Source, p.W, p.H), by)
		return
	}
	r.change(&part.one, p, by)
}

// change applies o to a picture or a mask.
func (r *Runner) change(o *op, p *vision.Picture, by *resampler) {
	switch {
	case o.geometric != nil:
		r.warp(p, o.geometric(r.Source, p.W, p.H), by)
	case o.framing != nil:
		f := o.framing(r.Source, p.W, p.H)
		f.apply(p, &r.memory, by)
	case o.bend != nil:
		o.bend(r.Source, p.W, p.H, &r.memory)
		r.memory.a.Resize(p.W, p.H, p.C)
		by.displace(&r.memory.a, p, r.memory.field)
		swap(p, &r.memory.a)
	case o.project != nil:
		_, back := o.project(r.Source, p.W, p.H)
		if back == still {
			return
		}
		r.memory.a.Resize(p.W, p.H, p.C)
		by.project(&r.memory.a, p, back)
		swap(p, &r.memory.a)
	case o.choose != nil:
		for _, c := range r.chosen(o) {
			r.change(&c, p, by)
		}
	case by.colours:
		o.pixels(r.Source, p, &r.memory)
	}
}

// chosen draws the operations of a choice.
func (r *Runner) chosen(o *op) []op {
	r.memory.ops = o.choose(r.Source, r.memory.ops[:0])
	return r.memory.ops
}

// boxes moves boxes as the picture of w by h pixels moves.
func (r *Runner) boxes(part *part, boxes []Box, w, h int) []Box {
	if part.geometric != nil {
		return cut(move(boxes, part.moved(r.Source, w, h).At), w, h)
	}
	return r.frame(&part.one, boxes, w, h)
}

// frame moves boxes as o moves their picture of w by h pixels.
func (r *Runner) frame(o *op, boxes []Box, w, h int) []Box {
	switch {
	case o.geometric != nil:
		return cut(move(boxes, o.geometric(r.Source, w, h).At), w, h)
	case o.framing != nil:
		f := o.framing(r.Source, w, h)
		m, w, h := f.plane(w, h)
		return cut(move(boxes, m.At), w, h)
	case o.bend != nil:
		o.bend(r.Source, w, h, &r.memory)
		return cut(bent(boxes, r.memory.field, w, h), w, h)
	case o.project != nil:
		there, _ := o.project(r.Source, w, h)
		return cut(move(boxes, there.At), w, h)
	case o.choose != nil: // whose operations change no size
		for _, c := range r.chosen(o) {
			boxes = r.frame(&c, boxes, w, h)
		}
	}
	return boxes
}

// warp moves a plane; plain mirror images need no resample.
func (r *Runner) warp(p *vision.Picture, m vision.Affine, by *resampler) {
	if r.mirror(p, m) {
		return
	}
	r.memory.a.Resize(p.W, p.H, p.C)
	by.warp(&r.memory.a, p, m)
	swap(p, &r.memory.a)
}

// mirror makes the moves that need no resample; it reports whether m is one.
func (r *Runner) mirror(p *vision.Picture, m vision.Affine) bool {
	w, h := float64(p.W), float64(p.H)
	switch m {
	case vision.Identity:
	case vision.Affine{A: -1, C: w, E: 1}:
		vision.FlipH(p)
	case vision.Affine{A: 1, E: -1, F: h}:
		vision.FlipV(p)
	default:
		return false
	}
	return true
}
