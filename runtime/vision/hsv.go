package vision

import "math"

// HSV turns the colours of p: hue moves by h of the circle, saturation and value are
// multiplied by s and v. A picture without colours keeps its levels but for v.
//
// Source: the hexcone of Smith 1978.
func HSV(p *Picture, h, s, v float64) {
	if p.C < 3 {
		for i, x := range p.Pix {
			p.Pix[i] = level(float64(x) * v)
		}
		return
	}
	for i := 0; i+2 < len(p.Pix); i += p.C {
		hue, sat, val := toHSV(float64(p.Pix[i]), float64(p.Pix[i+1]), float64(p.Pix[i+2]))
		hue += h
		hue -= math.Floor(hue)
		r, g, b := fromHSV(hue, min(sat*s, 1), min(val*v, 255))
		p.Pix[i], p.Pix[i+1], p.Pix[i+2] = level(r), level(g), level(b)
	}
}

func level(x float64) byte { return byte(min(max(math.RoundToEven(x), 0), 255)) }

// toHSV returns hue and saturation in 0..1 and value in the unit of the colours.
func toHSV(r, g, b float64) (h, s, v float64) {
	v = max(r, g, b)
	d := v - min(r, g, b)
	if d == 0 {
		return 0, 0, v
	}
	switch v {
	case r:
		h = (g - b) / d
	case g:
		h = 2 + (b-r)/d
	default:
		h = 4 + (r-g)/d
	}
	h /= 6
	return h - math.Floor(h), d / v, v
}

func fromHSV(h, s, v float64) (r, g, b float64) {
	channel := func(n float64) float64 {
		k := math.Mod(n+6*h, 6)
		return v - float64(v*s*max(0, min(k, 4-k, 1)))
	}
	return channel(5), channel(3), channel(1)
}

// Blur smooths p by a Gaussian of the given standard deviation, cut at three of them;
// the border repeats. tmp is scratch.
func Blur(p, tmp *Picture, sigma float64) {
	if !(sigma > 0) {
		return
	}
	n := int(math.Ceil(3 * sigma))
	weights := make([]float64, n+1)
	total := 0.0
	for i := range weights {
		weights[i] = math.Exp(-float64(i*i) / (2 * sigma * sigma))
		total += weights[i]
		if i > 0 {
			total += weights[i]
		}
	}
	tmp.Resize(p.W, p.H, p.C)
	blurAlong(tmp, p, weights, total, 1, 0)
	blurAlong(p, tmp, weights, total, 0, 1)
}

// blurAlong writes the weighted means of src along one direction.
func blurAlong(dst, src *Picture, weights []float64, total float64, dx, dy int) {
	at := func(x, y, c int) float64 {
		x, y = min(max(x, 0), src.W-1), min(max(y, 0), src.H-1)
		return float64(src.Pix[(y*src.W+x)*src.C+c])
	}
	for y := range dst.H {
		for x := range dst.W {
			for c := range dst.C {
				sum := weights[0] * at(x, y, c)
				for i := 1; i < len(weights); i++ {
					sum += float64(weights[i] * (at(x-i*dx, y-i*dy, c) + at(x+i*dx, y+i*dy, c)))
				}
				dst.Pix[(y*dst.W+x)*dst.C+c] = level(sum / total)
			}
		}
	}
}
