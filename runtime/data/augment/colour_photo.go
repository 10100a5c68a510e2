package augment

import (
	"bytes"
	"image/jpeg"

	"github.com/netc-lang/netc/runtime/vision"
)

// hue(by) turns the circle of colours by a share of the interval.
func hue(a *Args) op {
	by := a.Interval("by", 0, [2]float64{})
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) { vision.HSV(p, r.between(by), 1, 1) }}
}

// hsv(h, s, v) turns the circle by up to h each way, and multiplies saturation and
// value by 1-s..1+s and 1-v..1+v.
func hsv(a *Args) op {
	h, s, v := a.Probability("h", 0), a.Probability("s", 0), a.Probability("v", 0)
	around := func(r *Source, by float64) float64 { return r.between([2]float64{-by, by}) }
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) {
		dh, ds, dv := around(r, h), around(r, s), around(r, v)
		vision.HSV(p, dh, 1+ds, 1+dv)
	}}
}

// blur(sigma) smooths by a Gaussian of a deviation of the interval.
func blur(a *Args) op {
	sigma := a.Interval("sigma", 0, [2]float64{})
	if sigma[0] < 0 {
		a.fail("sigma begins at %v, and should not be negative", sigma[0])
	}
	return op{pixels: func(r *Source, p *vision.Picture, s *scratch) { vision.Blur(p, &s.a, r.between(sigma)) }}
}

// jpegStep is jpeg(quality): the picture as JPEG of a quality of the interval shows it.
func jpegStep(a *Args) op {
	quality := a.Interval("quality", 0, [2]float64{75, 75})
	if quality[0] < 1 || quality[1] > 100 {
		a.fail("quality is %v..%v, and should lie in 1..100", quality[0], quality[1])
	}
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) {
		q := int(r.between([2]float64{quality[0], quality[1] + 1}))
		var b bytes.Buffer
		// Pictures of the pipeline have sizes that JPEG can hold, and memory does not
		// fail to be written: should it ever, the picture stays as it is.
		if jpeg.Encode(&b, p.Image(), &jpeg.Options{Quality: min(q, int(quality[1]))}) != nil {
			return
		}
		if img, err := jpeg.Decode(&b); err == nil {
			_ = p.SetImage(img, p.C)
		}
	}}
}
