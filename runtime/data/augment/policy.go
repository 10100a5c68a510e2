package augment

import (
	"math"

	"github.com/netc-lang/netc/runtime/vision"
)

// The policies draw from operations that torchvision's augmentation classes share:
// each has a strength, and some a sign.
//
// Source: torchvision.transforms.AutoAugment, RandAugment and TrivialAugmentWide, with
// bilinear resampling and the strengths of their tables.

// strengths are the greatest ones of a policy: of shear, translation (a share of the
// size, or pixels), rotation in degrees, colours, and bits that posterize takes.
type strengths struct {
	shear, share, pixels, degrees, colour, bits float64
}

var (
	learned = strengths{shear: 0.3, share: 150.0 / 331, degrees: 30, colour: 0.9, bits: 4}
	wide    = strengths{shear: 0.99, pixels: 32, degrees: 135, colour: 0.99, bits: 6}
)

// kindOf is what an operation of a policy does.
type kindOf uint8

const (
	identityOp kindOf = iota
	shearX
	shearY
	translateX
	translateY
	rotateOp
	brightnessOp
	colourOp
	contrastOp
	sharpnessOp
	posterizeOp
	solarizeOp
	autoContrastOp
	equalizeOp
	invertOp
	kindsOf
)

// signed tells that the strength of k may count both ways.
func (k kindOf) signed() bool { return k >= shearX && k <= sharpnessOp }

// policyOp returns operation k with the share t of its greatest strength; t is negative
// for the other way.
func (s strengths) policyOp(k kindOf, t float64) op {
	geometric := func(m func(w, h int) vision.Affine) op {
		return op{geometric: func(_ *Source, w, h int) vision.Affine { return m(w, h) }}
	}
	pixels := func(change func(p *vision.Picture)) op {
		return op{pixels: func(_ *Source, p *vision.Picture, _ *scratch) { change(p) }}
	}
	reach := func(n int) float64 { return math.Trunc(t * (s.share*float64(n) + s.pixels)) }
	switch k {
	case shearX:
		return geometric(func(int, int) vision.Affine { return vision.Affine{A: 1, B: t * s.shear, E: 1} })
	case shearY:
		return geometric(func(int, int) vision.Affine { return vision.Affine{A: 1, D: t * s.shear, E: 1} })
	case translateX:
		return geometric(func(w, _ int) vision.Affine { return vision.Shift(reach(w), 0) })
	case translateY:
		return geometric(func(_, h int) vision.Affine { return vision.Shift(0, reach(h)) })
	case rotateOp:
		return geometric(func(w, h int) vision.Affine { return centred(vision.Rotation(t*s.degrees), w, h) })
	case brightnessOp:
		return pixels(func(p *vision.Picture) { vision.Brightness(p, 1+t*s.colour) })
	case colourOp:
		return pixels(func(p *vision.Picture) { vision.Saturation(p, 1+t*s.colour) })
	case contrastOp:
		return pixels(func(p *vision.Picture) { vision.Contrast(p, 1+t*s.colour) })
	case sharpnessOp:
		return op{pixels: func(_ *Source, p *vision.Picture, m *scratch) { vision.Sharpness(p, &m.a, 1+t*s.colour) }}
	case posterizeOp:
		bits := 8 - int(math.RoundToEven(t*s.bits))
		return pixels(func(p *vision.Picture) { vision.Posterize(p, bits) })
	case solarizeOp:
		threshold := int(math.Ceil(255 * (1 - t)))
		return pixels(func(p *vision.Picture) { vision.Solarize(p, threshold) })
	case autoContrastOp:
		return pixels(vision.AutoContrast)
	case equalizeOp:
		return pixels(vision.Equalize)
	case invertOp:
		return pixels(vision.Invert)
	}
	return pixels(func(*vision.Picture) {})
}

// bothWays returns every operation of a strength and of its opposite.
func (s strengths) bothWays(t float64) (ops [kindsOf][2]op) {
	for k := range kindsOf {
		ops[k] = [2]op{s.policyOp(k, t), s.policyOp(k, t)}
		if k.signed() {
			ops[k][1] = s.policyOp(k, -t)
		}
	}
	return ops
}

// randAugment(n, m) is n operations in turn, each any of 14, of the strength m of 30.
func randAugment(a *Args) op {
	n, m := a.Int("n", 1, 2), a.Int("m", 0, 9)
	if m > 30 {
		a.fail("m is %d, and should lie in 0..30", m)
	}
	ops := learned.bothWays(float64(m) / 30)
	return op{choose: func(r *Source, to []op) []op {
		for range n {
			to = append(to, ops[r.IntN(int(invertOp))][r.IntN(2)])
		}
		return to
	}}
}

// trivialAugment is one operation, any of 14, of any of 31 strengths.
func trivialAugment(*Args) op {
	var ops [31][kindsOf][2]op
	for i := range ops {
		ops[i] = wide.bothWays(float64(i) / 30)
	}
	return op{choose: func(r *Source, to []op) []op {
		k, strength, sign := r.IntN(int(invertOp)), r.IntN(31), r.IntN(2)
		return append(to, ops[strength][k][sign])
	}}
}

// policy is two operations in turn, each with its probability and its strength of 9.
type policy [2]struct {
	kind     kindOf
	p        float64
	strength int
}

// imageNetPolicy is what AutoAugment learned on ImageNet.
var imageNetPolicy = [...]policy{
	{{posterizeOp, 0.4, 8}, {rotateOp, 0.6, 9}},
	{{solarizeOp, 0.6, 5}, {autoContrastOp, 0.6, 0}},
	{{equalizeOp, 0.8, 0}, {equalizeOp, 0.6, 0}},
	{{posterizeOp, 0.6, 7}, {posterizeOp, 0.6, 6}},
	{{equalizeOp, 0.4, 0}, {solarizeOp, 0.2, 4}},
	{{equalizeOp, 0.4, 0}, {rotateOp, 0.8, 8}},
	{{solarizeOp, 0.6, 3}, {equalizeOp, 0.6, 0}},
	{{posterizeOp, 0.8, 5}, {equalizeOp, 1, 0}},
	{{rotateOp, 0.2, 3}, {solarizeOp, 0.6, 8}},
	{{equalizeOp, 0.6, 0}, {posterizeOp, 0.4, 6}},
	{{rotateOp, 0.8, 8}, {colourOp, 0.4, 0}},
	{{rotateOp, 0.4, 9}, {equalizeOp, 0.6, 0}},
	{{equalizeOp, 0, 0}, {equalizeOp, 0.8, 0}},
	{{invertOp, 0.6, 0}, {equalizeOp, 1, 0}},
	{{colourOp, 0.6, 4}, {contrastOp, 1, 8}},
	{{rotateOp, 0.8, 8}, {colourOp, 1, 2}},
	{{colourOp, 0.8, 8}, {solarizeOp, 0.8, 7}},
	{{sharpnessOp, 0.4, 7}, {invertOp, 0.6, 0}},
	{{shearX, 0.6, 5}, {equalizeOp, 1, 0}},
	{{colourOp, 0.4, 0}, {equalizeOp, 0.6, 0}},
	{{equalizeOp, 0.4, 0}, {solarizeOp, 0.2, 4}},
	{{solarizeOp, 0.6, 5}, {autoContrastOp, 0.6, 0}},
	{{invertOp, 0.6, 0}, {equalizeOp, 1, 0}},
	{{colourOp, 0.6, 4}, {contrastOp, 1, 8}},
	{{equalizeOp, 0.8, 0}, {equalizeOp, 0.6, 0}},
}

// autoAugment is one of the 25 policies.
func autoAugment(*Args) op {
	var ops [10][kindsOf][2]op
	for i := range ops {
		ops[i] = learned.bothWays(float64(i) / 9)
	}
	return op{choose: func(r *Source, to []op) []op {
		drawn := imageNetPolicy[r.IntN(len(imageNetPolicy))]
		for _, o := range drawn {
			does, sign := r.Float64() < o.p, r.IntN(2)
			if does {
				to = append(to, ops[o.strength][o.kind][sign])
			}
		}
		return to
	}}
}
