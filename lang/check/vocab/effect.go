package vocab

import "fmt"

// Size is the height or width of a picture: a number, the symbol of a sample
// type, or, as the zero value, not known before the picture is.
type Size struct {
	N      int64
	Symbol string
}

// Pixels returns a known size.
func Pixels(n int64) Size { return Size{N: n} }

// Image is the type of a picture on its way through the steps: u8[H, W, Set], and
// behind `chw` f32[Set, H, W].
type Image struct {
	H, W   Size
	Set    string // index set of the channels, such as "RGB"
	Planar bool   // behind chw
	Mask   bool   // a label for each pixel: it has no channels
}

// Open reports whether height or width are known only with the picture.
func (p Image) Open() bool { return p.H.N == 0 || p.W.N == 0 }

// Channels returns the number of channels of a built-in set, 0 for others.
func (p Image) Channels() int {
	switch p.Set {
	case "Gray":
		return 1
	case "RGB", "BGR":
		return 3
	case "RGBA":
		return 4
	}
	return 0
}

// effect is what a step does to the type of a picture.
type effect uint8

const (
	keeps     effect = iota // nothing
	frames                  // h and w, which defaults to h
	shortSide               // h alone sets the short side, h and w both
	grows                   // n pixels on each side
	toTensor                // u8[H, W, S] to f32[S, H, W]
	renames                 // the set becomes that of the argument "set"
)

// Apply returns the type of a picture behind a step. The problem is "" when the
// step can follow what was before it.
func (r *Row) Apply(p Image, args map[string]any) (out Image, problem string) {
	if r.Planar != p.Planar && !p.Mask {
		if p.Planar {
			return p, fmt.Sprintf("`%s` works on pixels u8[H, W, %s], and `chw` has made this f32[%s, H, W]", r.Name, p.Set, p.Set)
		}
		return p, fmt.Sprintf("`%s` works on f32[C, H, W], and this is still u8[H, W, %s]: put `chw` before it", r.Name, p.Set)
	}
	switch r.effect {
	case frames, shortSide:
		h := args["h"].(int64)
		w, both := args["w"].(int64)
		switch {
		case both:
			p.H, p.W = Pixels(h), Pixels(w)
		case r.effect == frames:
			p.H, p.W = Pixels(h), Pixels(h)
		default:
			p.H, p.W = scaleShort(p.H, p.W, h)
		}
	case grows:
		n := args["n"].(int64)
		p.H, p.W = grow(p.H, 2*n), grow(p.W, 2*n)
	case toTensor:
		p.Planar = true
	case renames:
		set := args["set"].(string)
		if set == p.Set {
			return p, fmt.Sprintf("the channels are %s already", set)
		}
		if p.Channels() != 3 {
			return p, fmt.Sprintf("`%s` exchanges RGB and BGR, and the channels are %s", r.Name, p.Set)
		}
		p.Set = set
	}
	if r.typing != nil {
		return r.typing(p, args)
	}
	return p, ""
}

// scaleShort returns h and w scaled so that the short side is n; the long one is
// rounded down, as torchvision's Resize does. An unknown proportion leaves an
// unknown size.
func scaleShort(h, w Size, n int64) (Size, Size) {
	switch {
	case h.N == 0 || w.N == 0:
		if h.Symbol != "" && h == w {
			return Pixels(n), Pixels(n)
		}
		return Size{}, Size{}
	case w.N <= h.N:
		return Pixels(n * h.N / w.N), Pixels(n)
	}
	return Pixels(n), Pixels(n * w.N / h.N)
}

func grow(s Size, n int64) Size {
	if s.N == 0 {
		return Size{}
	}
	return Pixels(s.N + n)
}

// perChannel checks lists that hold one number for each channel.
func perChannel(names ...string) func(Image, map[string]any) (Image, string) {
	return func(p Image, args map[string]any) (Image, string) {
		c := p.Channels()
		for _, name := range names {
			list, _ := args[name].([]float64)
			if c > 0 && len(list) != 1 && len(list) != c {
				return p, fmt.Sprintf("`%s` holds %s, and %s has %s", name, count(len(list), "number"), p.Set, count(c, "channel"))
			}
		}
		return p, ""
	}
}
