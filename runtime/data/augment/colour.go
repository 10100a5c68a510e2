package augment

import (
	"math"

	"github.com/netc-lang/netc/runtime/vision"
)

// factor reads an argument that stands for a factor around 1 and is never
// negative.
func factor(a *Args, name string, missing [2]float64) [2]float64 {
	iv := a.Interval(name, 1, missing)
	return [2]float64{max(iv[0], 0), max(iv[1], 0)}
}

var unchanged = [2]float64{1, 1}

func brightness(a *Args) op {
	by := factor(a, "by", unchanged)
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) { vision.Brightness(p, r.between(by)) }}
}

func contrast(a *Args) op {
	by := factor(a, "by", unchanged)
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) { vision.Contrast(p, r.between(by)) }}
}

func saturation(a *Args) op {
	by := factor(a, "by", unchanged)
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) { vision.Saturation(p, r.between(by)) }}
}

// colorJitter is color_jitter(brightness, contrast, saturation), in an order that
// is drawn too, as in torchvision. What is not given follows the first.
func colorJitter(a *Args) op {
	b := factor(a, "brightness", unchanged)
	c := factor(a, "contrast", b)
	s := factor(a, "saturation", b)
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) {
		by := [3]float64{r.between(b), r.between(c), r.between(s)}
		order := [3]int{0, 1, 2}
		r.Shuffle(3, func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, k := range order {
			switch k {
			case 0:
				vision.Brightness(p, by[0])
			case 1:
				vision.Contrast(p, by[1])
			default:
				vision.Saturation(p, by[2])
			}
		}
	}}
}

// gray(p=1) takes the colour away with probability p; the picture keeps its
// channels.
func gray(a *Args) op {
	prob := a.Probability("p", 1)
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) {
		if r.Float64() < prob {
			vision.Saturation(p, 0)
		}
	}}
}

func invert(a *Args) op {
	prob := a.Probability("p", 1)
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) {
		if r.Float64() < prob {
			vision.Invert(p)
		}
	}}
}

func posterize(a *Args) op {
	bits := a.Int("bits", 1, 4)
	if bits > 8 {
		a.fail("bits is %d, and a channel has 8", bits)
	}
	return op{pixels: func(_ *Source, p *vision.Picture, _ *scratch) { vision.Posterize(p, bits) }}
}

func solarize(a *Args) op {
	threshold := a.Int("threshold", 0, 128)
	return op{pixels: func(_ *Source, p *vision.Picture, _ *scratch) { vision.Solarize(p, threshold) }}
}

func equalize(a *Args) op {
	prob := a.Probability("p", 1)
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) {
		if r.Float64() < prob {
			vision.Equalize(p)
		}
	}}
}

// swapSet is swap(RGB) or swap(BGR): the other order of the colours. The checker
// has made sure that the picture has the order that is left.
func swapSet(a *Args) op {
	Choice(a, "set", "", map[string]bool{"RGB": true, "BGR": true})
	return op{pixels: func(_ *Source, p *vision.Picture, _ *scratch) { vision.SwapRGB(p) }}
}

// noise(std) adds normal noise; std counts the range of a channel as 1.
func noise(a *Args) op {
	std := a.Float("std", 0) * 255
	if !(std >= 0) {
		a.fail("std is %v, and should not be negative", std/255)
	}
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) {
		for i, v := range p.Pix {
			p.Pix[i] = byte(min(max(math.RoundToEven(float64(v)+float64(std*r.NormFloat64())), 0), 255))
		}
	}}
}

// erase(p=0.5, scale=0.02..0.33, ratio=0.3..3.3) blackens a random window with
// probability p.
//
// Source: Zhong et al. 2017, arXiv:1708.04896; torchvision.transforms.RandomErasing.
func erase(a *Args) op {
	prob := a.Probability("p", 0.5)
	area := a.Interval("scale", 0, [2]float64{0.02, 0.33})
	ratio := a.Interval("ratio", 1, [2]float64{0.3, 3.3})
	if ratio[0] <= 0 || area[0] < 0 {
		a.fail("ratio should begin above 0 and scale at 0")
	}
	logs := [2]float64{math.Log(ratio[0]), math.Log(ratio[1])}
	return op{pixels: func(r *Source, p *vision.Picture, _ *scratch) {
		if r.Float64() >= prob {
			return
		}
		for range 10 {
			target := float64(p.W*p.H) * r.between(area)
			aspect := math.Exp(r.between(logs))
			h, w := int(math.RoundToEven(math.Sqrt(target*aspect))), int(math.RoundToEven(math.Sqrt(target/aspect)))
			if w >= p.W || h >= p.H {
				continue
			}
			x, y := r.IntN(p.W-w+1), r.IntN(p.H-h+1)
			for j := range h {
				clear(p.Row(y + j)[x*p.C : (x+w)*p.C])
			}
			return
		}
	}}
}
