package augment

import (
	"math"

	"github.com/netc-lang/netc/runtime/vision"
)

var filters = map[string]vision.Filter{
	"bilinear": vision.Bilinear, "box": vision.Box, "hamming": vision.Hamming, "bicubic": vision.Bicubic, "lanczos": vision.Lanczos,
}

// resizeTo scales p with scratch memory.
func resizeTo(p *vision.Picture, s *scratch, w, h int, f vision.Filter) {
	if p.W == w && p.H == h {
		return
	}
	s.a.Resize(w, h, p.C)
	vision.Resample(&s.a, &s.b, p, f)
	swap(p, &s.a)
}

// resizeNearest scales a mask; the filter is for pictures.
func resizeNearest(p *vision.Picture, s *scratch, w, h int, _ vision.Filter) {
	if p.W == w && p.H == h {
		return
	}
	s.a.Resize(w, h, p.C)
	vision.WarpNearest(&s.a, p, vision.Zoom(float64(w)/float64(p.W), float64(h)/float64(p.H)))
	swap(p, &s.a)
}

// size reads h and w; with h alone the result is a square.
func size(a *Args) (h, w int) {
	h = a.Int("h", 1, 0)
	if h == 0 {
		a.fail("h is missing")
	}
	return h, a.Int("w", 1, h)
}

// resize(h) scales the short side to h and the long one in proportion, rounded
// down as in torchvision; resize(h, w) sets both.
func resize(a *Args) op {
	both := a.Has("w")
	h, w := size(a)
	f := Choice(a, "mode", "bilinear", filters)
	return op{framing: func(_ *Source, pw, ph int) frame {
		switch {
		case both:
			return frame{resized(w, h, f)}
		case pw <= ph:
			return frame{resized(h, max(1, h*ph/pw), f)}
		}
		return frame{resized(max(1, h*pw/ph), h, f)}
	}}
}

// centerCrop is center_crop(h, w): the middle, with black around smaller
// pictures.
func centerCrop(a *Args) op {
	h, w := size(a)
	return op{framing: func(_ *Source, pw, ph int) frame {
		// An odd rest goes as torchvision's round() sends it.
		x := int(math.RoundToEven(float64(pw-w) / 2))
		y := int(math.RoundToEven(float64(ph-h) / 2))
		return frame{cropped(x, y, w, h)}
	}}
}

// randomCrop is random_crop(h, w, pad=0): a window anywhere within the picture
// grown by pad black pixels.
func randomCrop(a *Args) op {
	h, w := size(a)
	grow := a.Int("pad", 0, 0)
	return op{framing: func(r *Source, pw, ph int) frame {
		u, v := r.Float64(), r.Float64()
		x := int(u*float64(max(pw+2*grow-w, 0)+1)) - grow
		y := int(v*float64(max(ph+2*grow-h, 0)+1)) - grow
		return frame{cropped(x, y, w, h)}
	}}
}

// randomResizedCrop is random_resized_crop(h, w, scale=0.08..1, ratio=3/4..4/3):
// a window of random area and proportion, scaled to h by w.
//
// Source: torchvision.transforms.RandomResizedCrop.
func randomResizedCrop(a *Args) op {
	h, w := size(a)
	area := a.Interval("scale", 1, [2]float64{0.08, 1})
	ratio := a.Interval("ratio", 1, [2]float64{3.0 / 4, 4.0 / 3})
	f := Choice(a, "mode", "bilinear", filters)
	if area[0] <= 0 || ratio[0] <= 0 {
		a.fail("scale and ratio should begin above 0")
	}
	logs := [2]float64{math.Log(ratio[0]), math.Log(ratio[1])}
	return op{framing: func(r *Source, pw, ph int) frame {
		x, y, cw, ch := window(r, pw, ph, area, logs)
		return frame{cropped(x, y, cw, ch), resized(w, h, f)}
	}}
}

// window draws up to ten times, then takes the largest middle part whose
// proportion is allowed.
func window(r *Source, pw, ph int, area, logs [2]float64) (x, y, w, h int) {
	for range 10 {
		target := float64(pw*ph) * r.between(area)
		aspect := math.Exp(r.between(logs))
		w, h = int(math.RoundToEven(math.Sqrt(target*aspect))), int(math.RoundToEven(math.Sqrt(target/aspect)))
		if 0 < w && w <= pw && 0 < h && h <= ph {
			return r.IntN(pw - w + 1), r.IntN(ph - h + 1), w, h
		}
	}
	w, h = pw, ph
	if lo, hi, own := math.Exp(logs[0]), math.Exp(logs[1]), float64(pw)/float64(ph); own < lo {
		h = max(1, int(math.RoundToEven(float64(w)/lo)))
	} else if own > hi {
		w = max(1, int(math.RoundToEven(float64(h)*hi)))
	}
	return (pw - w) / 2, (ph - h) / 2, w, h
}

var borders = map[string]vision.Border{"constant": vision.Black, "edge": vision.Edge, "reflect": vision.Reflect}

// pad(n, mode=constant) adds n pixels on every side.
func pad(a *Args) op {
	n := a.Int("n", 0, 0)
	border := Choice(a, "mode", "constant", borders)
	return op{framing: func(_ *Source, w, h int) frame {
		b := border
		if n >= min(w, h) && b == vision.Reflect {
			b = vision.Edge // a mirror shows no more than the picture has
		}
		return frame{reframe{kind: padding, x: n, border: b}}
	}}
}

// letterbox(h, w) scales the picture to fit into h by w and puts it into the middle,
// with black on both sides.
func letterbox(a *Args) op {
	h, w := size(a)
	return op{framing: func(_ *Source, pw, ph int) frame {
		f := min(float64(w)/float64(pw), float64(h)/float64(ph))
		iw, ih := min(max(int(math.Round(float64(pw)*f)), 1), w), min(max(int(math.Round(float64(ph)*f)), 1), h)
		return frame{resized(iw, ih, vision.Bilinear), cropped((iw-w)/2, (ih-h)/2, w, h)}
	}}
}
