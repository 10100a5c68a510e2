package augment

import (
	"math"

	"github.com/netc-lang/netc/runtime/vision"
)

// centred returns m applied around the middle of a w by h picture.
func centred(m vision.Affine, w, h int) vision.Affine {
	return m.About(float64(w)/2, float64(h)/2)
}

// rotate(degrees) turns counter-clockwise by an angle of the interval.
func rotate(a *Args) op {
	degrees := a.Interval("degrees", 0, [2]float64{})
	return op{geometric: func(r *Source, w, h int) vision.Affine {
		return centred(vision.Rotation(r.between(degrees)), w, h)
	}}
}

// translate(by) moves by a share of the width and one of the height, each a whole
// number of pixels as in torchvision's RandomAffine.
func translate(a *Args) op {
	by := a.Interval("by", 0, [2]float64{})
	return op{geometric: func(r *Source, w, h int) vision.Affine {
		x, y := r.between(by), r.between(by)
		return vision.Shift(math.RoundToEven(x*float64(w)), math.RoundToEven(y*float64(h)))
	}}
}

// scale(by) enlarges by a factor of the interval about the middle.
func scale(a *Args) op {
	by := a.Interval("by", 1, [2]float64{1, 1})
	if by[0] <= 0 {
		a.fail("by begins at %v, and a picture shrinks by a factor above 0", by[0])
	}
	return op{geometric: func(r *Source, w, h int) vision.Affine {
		f := r.between(by)
		return centred(vision.Zoom(f, f), w, h)
	}}
}

// shear(degrees) slants rows by an angle of the interval about the middle.
func shear(a *Args) op {
	degrees := a.Interval("degrees", 0, [2]float64{})
	if degrees[0] <= -90 || degrees[1] >= 90 {
		a.fail("degrees is %v..%v, and should lie within -90..90", degrees[0], degrees[1])
	}
	return op{geometric: func(r *Source, w, h int) vision.Affine {
		return centred(vision.Slant(r.between(degrees), 0), w, h)
	}}
}

// hflip(p) mirrors left and right with probability p.
func hflip(a *Args) op {
	p := a.Probability("p", 0.5)
	return op{geometric: func(r *Source, w, _ int) vision.Affine {
		if r.Float64() < p {
			return vision.Affine{A: -1, C: float64(w), E: 1}
		}
		return vision.Identity
	}}
}

// vflip(p) mirrors top and bottom with probability p.
func vflip(a *Args) op {
	p := a.Probability("p", 0.5)
	return op{geometric: func(r *Source, _, h int) vision.Affine {
		if r.Float64() < p {
			return vision.Affine{A: 1, E: -1, F: float64(h)}
		}
		return vision.Identity
	}}
}

// randomPerspective is random_perspective(degrees=0..0, translate=-0.1..0.1,
// scale=0.5..1.5, shear=0..0): one draw of each, about the middle.
func randomPerspective(a *Args) op {
	degrees := a.Interval("degrees", 0, [2]float64{})
	by := a.Interval("translate", 0, [2]float64{-0.1, 0.1})
	zoom := a.Interval("scale", 1, [2]float64{0.5, 1.5})
	slant := a.Interval("shear", 0, [2]float64{})
	if zoom[0] <= 0 {
		a.fail("scale begins at %v, and a picture shrinks by a factor above 0", zoom[0])
	}
	if slant[0] <= -90 || slant[1] >= 90 {
		a.fail("shear is %v..%v, and should lie within -90..90", slant[0], slant[1])
	}
	return op{geometric: func(r *Source, w, h int) vision.Affine {
		turn, f, sx, sy := r.between(degrees), r.between(zoom), r.between(slant), r.between(slant)
		x, y := r.between(by), r.between(by)
		m := vision.Zoom(f, f).Then(vision.Rotation(turn)).Then(vision.Slant(sx, sy))
		return centred(m, w, h).Then(vision.Shift(x*float64(w), y*float64(h)))
	}}
}

// still is the view that changes nothing.
var still = vision.Projective{A: 1, E: 1}

// perspective(distortion=0.5, p=0.5) tilts the picture in space with probability p: each
// corner moves inwards by up to half of distortion of the size.
//
// Source: torchvision.transforms.RandomPerspective.
func perspective(a *Args) op {
	d, p := a.Probability("distortion", 0.5), a.Probability("p", 0.5)
	return op{project: func(r *Source, w, h int) (there, back vision.Projective) {
		dx, dy := int(d*float64(w/2)), int(d*float64(h/2))
		if r.Float64() >= p || dx+dy == 0 {
			return still, still
		}
		right, bottom := float64(w-1), float64(h-1)
		left := func() float64 { return float64(r.IntN(dx + 1)) }
		top := func() float64 { return float64(r.IntN(dy + 1)) }
		from := [4][2]float64{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}}
		to := [4][2]float64{{left(), top()}, {right - left(), top()}, {right - left(), bottom - top()}, {left(), bottom - top()}}
		there, ok := vision.Quad(from, to)
		back, ok2 := vision.Quad(to, from)
		if !ok || !ok2 {
			return still, still // a picture of one row or column has no corners to move
		}
		return there, back
	}}
}
