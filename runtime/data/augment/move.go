package augment

import "github.com/netc-lang/netc/runtime/vision"

func (r *Runner) picture(part *part, p *vision.Picture) {
	if part.geometric != nil {
		r.warp(p, part.moved(r.Source, p.W, p.H))
		return
	}
	r.change(&part.one, p)
}

// change applies o to a picture.
func (r *Runner) change(o *op, p *vision.Picture) {
	switch {
	case o.geometric != nil:
		r.warp(p, o.geometric(r.Source, p.W, p.H))
	case o.framing != nil:
		f := o.framing(r.Source, p.W, p.H)
		f.apply(p, &r.memory)
	case o.bend != nil:
		o.bend(r.Source, p.W, p.H, &r.memory)
		r.memory.a.Resize(p.W, p.H, p.C)
		vision.Displace(&r.memory.a, p, r.memory.field)
		swap(p, &r.memory.a)
	case o.project != nil:
		_, back := o.project(r.Source, p.W, p.H)
		if back == still {
			return
		}
		r.memory.a.Resize(p.W, p.H, p.C)
		vision.Project(&r.memory.a, p, back)
		swap(p, &r.memory.a)
	case o.choose != nil:
		for _, c := range r.chosen(o) {
			r.change(&c, p)
		}
	default:
		o.pixels(r.Source, p, &r.memory)
	}
}

// chosen draws the operations of a choice.
func (r *Runner) chosen(o *op) []op {
	r.memory.ops = o.choose(r.Source, r.memory.ops[:0])
	return r.memory.ops
}

func (r *Runner) mask(part *part, p *vision.Picture) {
	if part.geometric != nil {
		r.warpNearest(p, part.moved(r.Source, p.W, p.H))
		return
	}
	r.follow(&part.one, p)
}

// follow moves a mask as o moves its picture.
func (r *Runner) follow(o *op, p *vision.Picture) {
	switch {
	case o.geometric != nil:
		r.warpNearest(p, o.geometric(r.Source, p.W, p.H))
	case o.framing != nil:
		f := o.framing(r.Source, p.W, p.H)
		f.applyNearest(p, &r.memory)
	case o.bend != nil:
		o.bend(r.Source, p.W, p.H, &r.memory)
		r.memory.a.Resize(p.W, p.H, p.C)
		vision.DisplaceNearest(&r.memory.a, p, r.memory.field)
		swap(p, &r.memory.a)
	case o.project != nil:
		_, back := o.project(r.Source, p.W, p.H)
		if back == still {
			return
		}
		r.memory.a.Resize(p.W, p.H, p.C)
		vision.ProjectNearest(&r.memory.a, p, back)
		swap(p, &r.memory.a)
	case o.choose != nil:
		for _, c := range r.chosen(o) {
			r.follow(&c, p)
		}
	}
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

// warp moves the picture; plain mirror images need no resample.
func (r *Runner) warp(p *vision.Picture, m vision.Affine) {
	if r.mirror(p, m) {
		return
	}
	r.memory.a.Resize(p.W, p.H, p.C)
	vision.Warp(&r.memory.a, p, m)
	swap(p, &r.memory.a)
}

// warpNearest moves a mask.
func (r *Runner) warpNearest(p *vision.Picture, m vision.Affine) {
	if r.mirror(p, m) {
		return
	}
	r.memory.a.Resize(p.W, p.H, p.C)
	vision.WarpNearest(&r.memory.a, p, m)
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
